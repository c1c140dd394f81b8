// The invocations of a trace object with the reasons against them, read without the columns that nobody asks for.
import type { Policy } from '../contract/policy.ts';
import type { SealedTraceRow } from '../contract/sealed-rows.ts';
import { fateColumns, reasonsOf } from '../quality/fate.ts';
import type { TableFile } from './table-file.ts';

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
  for await (const { rows } of file.columnChunks(asked)) {
    for (const row of rows) yield { row, reasons: reasonsOf(row, policy) };
  }
}
