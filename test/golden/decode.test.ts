// The stream that the tracer wrote decodes to the events beside it: the same files as tracer/tests/test_golden.py.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeTrace } from '../../src/wire/trace-stream.ts';

const FOLDER = import.meta.dirname;
const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.stream.bin'))
  .map((name) => name.slice(0, -'.stream.bin'.length))
  .sort();

/** The golden form: one event a line, so that a change can be read. */
function readable(bytes: Uint8Array): string {
  const trace = decodeTrace(bytes);
  const events: unknown[] = JSON.parse(trace.eventsJson) as unknown[];
  const lines = events.map((event) => JSON.stringify(event)).join(',\n');
  return `{"granularity":"${String(trace.granularity)}","events":[\n${lines}\n],"end":${JSON.stringify(trace.end)}}\n`;
}

describe('golden streams', () => {
  it('are there', () => {
    expect(NAMES.length).toBeGreaterThanOrEqual(50);
  });

  it.each(NAMES)('%s decodes to its events', (name) => {
    const bytes = readFileSync(join(FOLDER, `${name}.stream.bin`));
    expect(readable(bytes)).toBe(readFileSync(join(FOLDER, `${name}.json`), 'utf8'));
  });

  it.each(NAMES)('%s has the counts of its events', (name) => {
    const trace = decodeTrace(readFileSync(join(FOLDER, `${name}.stream.bin`)));
    const events = JSON.parse(trace.eventsJson) as { kind: string; depth: number }[];
    expect(trace.nEvents).toBe(events.length);
    expect(trace.nLines).toBe(events.filter((event) => event.kind === 'line').length);
    expect(trace.nCalls).toBe(events.filter((event) => event.kind === 'call').length);
    expect(trace.depthMax).toBe(Math.max(...events.map((event) => event.depth)));
    expect(trace.path.split('\n')).toHaveLength(events.length);
  });
});
