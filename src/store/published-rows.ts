// The rows of one published file of traces or rejected, taken from the trace objects by verdict.
import type { TraceRow } from '../contract/row.ts';
import type { RefineRow, SealedTraceRow } from '../contract/sealed-rows.ts';
import { invariant } from '../core/assert.ts';
import { rangeOfPart } from '../core/part-count.ts';
import type { IdRange } from '../core/part-count.ts';
import { rowDigestOf } from '../identity/row-digest.ts';
import type { ObjectStore } from './object-store.ts';
import type { PartFile, PublishPlan } from './publish-plan.ts';
import { lowerBound, openStored } from './stored-table.ts';
import type { RowRange } from './table-file.ts';
import { REFINED, SEALED_TRACES, byFunctionThenInput } from './tables.ts';

/** The published form of a sealed row: with its reasons and the digest over all of it. */
export function publishedRow(sealed: SealedTraceRow, reasons: readonly string[]): TraceRow {
  const { fault_code, confirm_differs: _confirm, outcome, ...columns } = sealed;
  invariant(outcome !== 'faulted' && fault_code === null, 'a faulted invocation has no row');
  const row = { ...columns, outcome, reasons };
  return { ...row, row_digest: rowDigestOf(row) };
}

export interface RefineSlice {
  readonly range: RowRange;
  readonly rows: readonly RefineRow[];
}

/** The verdicts of a batch on functions of an id range, and their place in refine and trace object alike. */
export async function refineSlice(
  store: ObjectStore,
  key: string,
  ids: IdRange,
): Promise<RefineSlice> {
  const file = await openStored(store, REFINED, key);
  const functionIds = (await file.readColumns(['function_id'])).map((row) => row.function_id);
  const range = {
    from: lowerBound(functionIds, ids.from),
    to: ids.to === null ? functionIds.length : lowerBound(functionIds, ids.to),
  };
  return { range, rows: await file.read(range) };
}

const VERDICT = { traces: 'accepted', rejected: 'rejected' } as const;

/** Sorted by function_id, then input_index. Holds the rows of one file. */
export async function readPublishedRows(
  store: ObjectStore,
  plan: PublishPlan,
  file: PartFile & { readonly table: 'traces' | 'rejected' },
): Promise<TraceRow[]> {
  const ids = rangeOfPart(file.part, file.parts);
  const rows: TraceRow[] = [];
  for (const [batch, refineKey] of plan.objects.refine.entries()) {
    const slice = await refineSlice(store, refineKey, ids);
    if (!slice.rows.some((row) => row.verdict === VERDICT[file.table])) continue;
    const traceKey = plan.objects.trace[batch];
    invariant(traceKey !== undefined, 'each refine object has its trace object');
    const traces = await (await openStored(store, SEALED_TRACES, traceKey)).read(slice.range);
    for (const [index, verdict] of slice.rows.entries()) {
      const trace = traces[index];
      invariant(trace?.id === verdict.id, 'verdicts lie at the places of their traces');
      if (verdict.verdict === VERDICT[file.table]) rows.push(publishedRow(trace, verdict.reasons));
    }
  }
  return rows.sort(byFunctionThenInput);
}
