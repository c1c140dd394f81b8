// Records whose tests are run: what is left of them where the job takes inputs of origin test, and where it does not.
import type { InputOrigin } from '../contract/function.ts';
import type { RecordReading } from '../schema/corpus-record.ts';

/** With the origin test the solution alone is the source, and its tests are no input of it. */
export function forOrigins(reading: RecordReading, origins: readonly InputOrigin[]): RecordReading {
  if (reading.kind === 'reject' || reading.record.testing === undefined) return reading;
  const { testing, ...record } = reading.record;
  if (!origins.includes('test')) return { kind: 'record', record };
  return { kind: 'record', record: { ...record, source: testing.solution, inputs: [], testing } };
}
