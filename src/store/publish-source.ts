// Where the files of a set get their rows from: the objects of a few batches, or the runs that were gathered of many.
import type { StepInput } from '../contract/job.ts';
import type { LedgerRow, TraceRow } from '../contract/row.ts';
import type { Split } from '../contract/split.ts';
import { mergeSorted } from '../core/merge-sorted.ts';
import type { IdRange } from '../core/part-count.ts';
import type { SearchPass } from '../core/plan.ts';
import { openDecisions } from './decisions.ts';
import { byAnchor, ledgerOfBatch } from './ledger-rows.ts';
import type { Anchored } from './ledger-rows.ts';
import { readPages } from './ledger-pages.ts';
import type { ObjectStore } from './object-store.ts';
import type { PublishPlan } from './publish-plan.ts';
import { readPlacements } from './placements.ts';
import { judgedRows, refineSlice, tableOfVerdict } from './published-rows.ts';
import type { BatchObjects, JudgedRow, RowTable, WantedRows } from './published-rows.ts';
import { byFunctionThenInput } from './tables.ts';

/** A table of rows, and a split of it. */
export interface RowShelf {
  readonly table: RowTable;
  readonly split: Split;
}

export interface PublishSource {
  /** Sorted by function_id, then input_index. */
  rows(shelf: RowShelf, ids: IdRange): AsyncIterable<TraceRow>;
  /** In the order of the ledger, without the places of published rows. */
  ledger(ids: IdRange): AsyncIterable<LedgerRow>;
  /** How many rows a shelf has in a range. */
  count(shelf: RowShelf, ids: IdRange): Promise<number>;
  /** The splits of functions that are in a range. */
  splits(ids: IdRange): Promise<(functionId: string) => Split>;
}

/** Batches that lie side by side in the plan. */
export interface BatchRange {
  readonly first: number;
  readonly count: number;
  /** The pass that decided which inputs are kept, after unique; null where unique did. */
  readonly searchPass: SearchPass | null;
}

export interface GroupObjects extends BatchObjects {
  readonly batchIndex: number;
  readonly ingest: string;
  /** Null where inputs were not looked for. */
  readonly probe: string | null;
  /** Of the objects, for a content key. */
  readonly digests: readonly string[];
}

/** Keys of the objects of each batch. Throws AppError `object-missing` where a pass has not ended. */
export async function objectsOf(
  store: ObjectStore,
  at: StepInput,
  { first, count, searchPass }: BatchRange,
): Promise<GroupObjects[]> {
  const range = { first, batchCount: count };
  const ingest = await readPages(store, at, { pass: 'ingest', ...range });
  const trace = await readPages(store, at, { pass: 'trace', ...range });
  const refine = await readPages(store, at, { pass: 'refine', ...range });
  const probe =
    searchPass === null ? [] : await readPages(store, at, { pass: searchPass, ...range });
  return ingest.map((page, index) => ({
    batchIndex: first + index,
    ingest: page.key,
    trace: trace[index]?.key ?? '',
    refine: refine[index]?.key ?? '',
    probe: probe[index]?.key ?? null,
    digests: [page, trace[index], refine[index], probe[index]].map((each) => each?.digest ?? ''),
  }));
}

async function* lazily<Row>(make: () => Promise<readonly Row[]>): AsyncGenerator<readonly Row[]> {
  yield await make();
}

const byRow = (a: JudgedRow, b: JudgedRow): number => byFunctionThenInput(a.row, b.row);

/** Rows of these batches in order, each with its table. Holds a row group of each batch. */
export function judgedOf(
  store: ObjectStore,
  objects: readonly BatchObjects[],
  wanted: WantedRows,
): AsyncIterable<JudgedRow> {
  return mergeSorted(
    objects.map((batch) => judgedRows(store, batch, wanted)),
    byRow,
  );
}

/** Ledger rows of these batches in order. Holds the ledger rows of all of them that lie in the range. */
export async function* ledgerOf(
  store: ObjectStore,
  from: { readonly at: StepInput; readonly objects: readonly GroupObjects[] },
  ids: IdRange,
): AsyncGenerator<Anchored> {
  const decisions = await openDecisions(store, from.at);
  yield* mergeSorted(
    from.objects.map((batch) => lazily(() => ledgerOfBatch(store, { ...batch, decisions }, ids))),
    byAnchor,
  );
}

/** The splits of a range, of which all but train are held. */
export async function splitsOf(
  store: ObjectStore,
  at: StepInput,
  { ids, isSplit }: { readonly ids: IdRange; readonly isSplit: boolean },
): Promise<(functionId: string) => Split> {
  if (!isSplit) return () => 'train';
  const isWanted = ({ split }: { readonly split: Split }): boolean => split !== 'train';
  const heldOut = await readPlacements(store, at, { ids, isWanted });
  return (functionId) => heldOut.get(functionId)?.split ?? 'train';
}

/** For a job of few batches: each file reads all of their objects that it needs. */
export async function batchSource(
  store: ObjectStore,
  at: StepInput,
  { searchPass, placed, heldOut }: Pick<PublishPlan, 'searchPass' | 'placed' | 'heldOut'>,
): Promise<PublishSource> {
  const objects = await objectsOf(store, at, { first: 0, count: at.planBatchCount, searchPass });
  const isSplit = heldOut !== undefined;
  const placementsOf = async (split: Split, ids: IdRange): Promise<WantedRows['placements']> =>
    placed === true
      ? await readPlacements(store, at, { ids, isWanted: (row) => row.split === split })
      : null;
  return {
    async *rows({ table, split }, ids) {
      const placements = await placementsOf(split, ids);
      const wanted = { ids, tables: [table], placements };
      for await (const { row } of judgedOf(store, objects, wanted)) yield row;
    },
    async *ledger(ids) {
      for await (const { row } of ledgerOf(store, { at, objects }, ids)) yield row;
    },
    async count({ table, split }, ids) {
      const placements = await placementsOf(split, ids);
      let rows = 0;
      for (const { refine } of objects) {
        const slice = await refineSlice(store, refine, ids);
        rows += slice.rows.filter(
          ({ verdict, function_id }) =>
            tableOfVerdict(verdict) === table && (placements?.has(function_id) ?? true),
        ).length;
      }
      return rows;
    },
    splits: (ids) => splitsOf(store, at, { ids, isSplit }),
  };
}
