// Published rows of one batch: its sealed rows by verdict, a row group at a time.
import type { TraceRow } from '../contract/row.ts';
import type { RefineRow, SealedTraceRow } from '../contract/sealed-rows.ts';
import { invariant } from '../core/assert.ts';
import type { IdRange } from '../core/part-count.ts';
import { rowDigestOf } from '../identity/row-digest.ts';
import type { ObjectStore } from './object-store.ts';
import type { Placement } from './placements.ts';
import { lowerBound, openStored } from './stored-table.ts';
import type { RowRange } from './table-file.ts';
import { REFINED, SEALED_TRACES, asRun } from './tables.ts';

/** The tables of rows; the ledger is the third one of a set. */
export type RowTable = 'traces' | 'rejected';
export const ROW_TABLES: readonly RowTable[] = ['traces', 'rejected'];

interface Judged {
  readonly reasons: readonly string[];
  /** Null where functions are not split. */
  readonly placement: Placement | null;
}

/** The published form of a sealed row: with its reasons, its split and the digest over all of it. */
export function publishedRow(sealed: SealedTraceRow, { reasons, placement }: Judged): TraceRow {
  const { fault_code, confirm_differs: _confirm, outcome, ...columns } = sealed;
  invariant(outcome !== 'faulted' && fault_code === null, 'a faulted invocation has no row');
  const row = { ...columns, ...placement, outcome, reasons };
  return { ...row, row_digest: rowDigestOf(row) };
}

/** The table that a verdict puts its row into; null where the row is published nowhere. */
export function tableOfVerdict(verdict: RefineRow['verdict']): RowTable | null {
  if (verdict === 'accepted') return 'traces';
  return verdict === 'rejected' ? 'rejected' : null;
}

interface RefineSlice {
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

export interface JudgedRow {
  readonly table: RowTable;
  readonly row: TraceRow;
}

/** Keys of the sealed objects of one batch. */
export interface BatchObjects {
  readonly trace: string;
  readonly refine: string;
}

export interface WantedRows {
  readonly ids: IdRange;
  readonly tables: readonly RowTable[];
  /** Of the functions whose rows are wanted; null where functions are not split, and all are. */
  readonly placements: ReadonlyMap<string, Placement> | null;
}

/** Sorted by function_id, then input_index. Reads the trace object only where a row of these tables is in the range. */
export async function* judgedRows(
  store: ObjectStore,
  { trace, refine }: BatchObjects,
  wanted: WantedRows,
): AsyncGenerator<readonly JudgedRow[]> {
  const { range, rows } = await refineSlice(store, refine, wanted.ids);
  const { tables, placements } = wanted;
  const tableOf = ({ verdict, function_id }: RefineRow): RowTable | null => {
    const table = tableOfVerdict(verdict);
    if (table === null || !tables.includes(table)) return null;
    return placements === null || placements.has(function_id) ? table : null;
  };
  if (!rows.some((row) => tableOf(row) !== null)) return;
  const file = await openStored(store, asRun(SEALED_TRACES), trace);
  let at = 0;
  for await (const sealed of file.chunks(range)) {
    const judged: JudgedRow[] = [];
    for (const row of sealed) {
      const verdict = rows[at];
      invariant(row.id === verdict?.id, 'verdicts lie at the places of their traces');
      const table = tableOf(verdict);
      if (table !== null) {
        const placement = placements?.get(row.function_id) ?? null;
        judged.push({ table, row: publishedRow(row, { reasons: verdict.reasons, placement }) });
      }
      at += 1;
    }
    yield judged;
  }
}
