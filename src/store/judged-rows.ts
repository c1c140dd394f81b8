// The invocations of a trace object with the reasons against them, read without the columns that nobody asks for.
import type { Policy } from '../contract/policy.ts';
import type { SealedTraceRow } from '../contract/sealed-rows.ts';
import { fateColumns, reasonsOf } from '../quality/fate.ts';
import type { TableFile } from './table-file.ts';

/** Columns of numbers and short texts: some 200 bytes a row. */
const LIGHT_ROWS = 65_536;
/** With events and outputs a row may have megabytes. */
const HEAVY_ROWS = 64;
const HEAVY: ReadonlySet<string> = new Set([
  'events',
  'source',
  'stdout',
  'stderr',
  'return_value',
]);

export interface Judged<Name extends keyof SealedTraceRow> {
  readonly row: Pick<SealedTraceRow, Name | 'outcome' | 'fault_code'>;
  readonly reasons: readonly string[];
}

/** In the order of the object. */
export async function* judgedInvocations<Name extends keyof SealedTraceRow>(
  file: TableFile<SealedTraceRow>,
  policy: Policy,
  columns: readonly Name[],
): AsyncGenerator<Judged<Name>> {
  const asked = [...new Set([...fateColumns(policy), ...columns])];
  const window = asked.some((name) => HEAVY.has(name)) ? HEAVY_ROWS : LIGHT_ROWS;
  for (let from = 0; from < file.rows; from += window) {
    for (const row of await file.readColumns(asked, { from, to: from + window })) {
      yield { row, reasons: reasonsOf(row, policy) };
    }
  }
}
