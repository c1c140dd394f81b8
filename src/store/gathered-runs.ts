// Runs: the rows of a group of batches, sorted and cut by buckets of the id space. Scratch between refine and publish, so
// that publishing a bucket reads one object of each group instead of one of each batch.
import type { StepInput } from '../contract/job.ts';
import type { LedgerRow, TraceRow } from '../contract/row.ts';
import { invariant } from '../core/assert.ts';
import { gatheredKey } from '../core/keys.ts';
import { mergeSorted } from '../core/merge-sorted.ts';
import { partOfId, rangeOfPart } from '../core/part-count.ts';
import type { IdRange } from '../core/part-count.ts';
import type { Shelf } from '../core/publish-cut.ts';
import { AppError } from '../errors.ts';
import { anchoredRow, byAnchor } from './ledger-rows.ts';
import type { Anchored } from './ledger-rows.ts';
import { readPages } from './ledger-pages.ts';
import type { ObjectStore } from './object-store.ts';
import { TableWriter, RowGroups } from './parquet.ts';
import type { PublishPlan } from './publish-plan.ts';
import { splitsOf } from './publish-source.ts';
import type { PublishSource } from './publish-source.ts';
import { readJson, sealObject } from './seal.ts';
import { openStored } from './stored-table.ts';
import { LEDGER, REJECTED, TRACES, asRun, byFunctionThenInput } from './tables.ts';
import type { Table } from './tables.ts';

/** The page of a gather batch names a document of this shape. */
export interface RunIndex {
  readonly v: 1;
  readonly contentKey: string;
  /** By name of a run, rows of each bucket; a bucket without rows has no object. */
  readonly rows: Readonly<Record<string, readonly number[]>>;
}

/** The run of a table, or of a split of it. */
export function runName({ table, split }: Pick<Shelf, 'table' | 'split'>): string {
  return split === 'train' ? table : `${table}-${split}`;
}

interface RunAt {
  readonly jobId: string;
  readonly contentKey: string;
  readonly run: string;
}

/** Takes rows in id order and seals one object for each bucket that has any. Holds one of them. */
export class RunWriter<Row extends object> {
  readonly rows: number[];
  readonly #store: ObjectStore;
  readonly #at: RunAt;
  readonly #table: Table<Row>;
  #bucket = 0;
  #writer: TableWriter<Row> | null = null;
  readonly #groups: RowGroups<Row>;

  constructor(to: { store: ObjectStore; at: RunAt; buckets: number }, table: Table<Row>) {
    this.#store = to.store;
    this.#at = to.at;
    this.#table = asRun(table);
    this.#groups = new RowGroups(this.#table);
    this.rows = Array.from({ length: to.buckets }, () => 0);
  }

  async add(id: string, row: Row): Promise<void> {
    const bucket = partOfId(id, this.rows.length);
    if (bucket !== this.#bucket) await this.finish();
    this.#bucket = bucket;
    this.rows[bucket] = (this.rows[bucket] ?? 0) + 1;
    this.#append(this.#groups.add(row));
  }

  /** Seals the bucket at hand. */
  async finish(): Promise<void> {
    this.#append(this.#groups.finish());
    const writer = this.#writer;
    this.#writer = null;
    if (writer === null) return;
    await sealObject(this.#store, gatheredKey(this.#at, this.#bucket), writer.finish());
  }

  #append(group: readonly Row[] | null): void {
    if (group === null) return;
    this.#writer ??= new TableWriter(this.#table);
    this.#writer.append(group);
  }
}

async function readIndexes(store: ObjectStore, at: StepInput, groups: number): Promise<RunIndex[]> {
  const pages = await readPages(store, at, { pass: 'gather', first: 0, batchCount: groups });
  const indexes: RunIndex[] = [];
  for (const { key } of pages) {
    const index = (await readJson(store, key)) as Partial<RunIndex> | null;
    if (index?.v !== 1) {
      throw new AppError('object-damaged', `object ${JSON.stringify(key)} is no index of runs`, {
        context: { key },
      });
    }
    indexes.push(index as RunIndex);
  }
  return indexes;
}

/** The buckets that a range consists of. */
function bucketsIn(ids: IdRange, buckets: number): number[] {
  const all = Array.from({ length: buckets }, (_, bucket) => bucket);
  return all.filter((bucket) => {
    const { from, to } = rangeOfPart(bucket, buckets);
    return from >= ids.from && (ids.to === null || (to !== null && to <= ids.to));
  });
}

/** For a job of many batches. Ranges are whole buckets. */
export async function gatheredSource(
  store: ObjectStore,
  at: StepInput,
  plan: PublishPlan,
): Promise<PublishSource> {
  invariant(plan.gathering !== null, 'rows were gathered');
  const { groups, buckets } = plan.gathering;
  const indexes = await readIndexes(store, at, groups);
  const { jobId } = at;
  const runs = <Row>(table: Table<Row>, run: string, bucket: number) =>
    indexes
      .filter(({ rows }) => (rows[run]?.[bucket] ?? 0) > 0)
      .map(({ contentKey }) =>
        chunksOf(store, asRun(table), gatheredKey({ jobId, contentKey, run }, bucket)),
      );
  return {
    async *rows(shelf, ids) {
      const table = shelf.table === 'traces' ? TRACES : REJECTED;
      for (const bucket of bucketsIn(ids, buckets)) {
        const sorted = runs(table, runName(shelf), bucket);
        yield* mergeSorted<TraceRow>(sorted, byFunctionThenInput);
      }
    },
    async *ledger(ids) {
      for (const bucket of bucketsIn(ids, buckets)) {
        const anchored = runs(LEDGER, 'ledger', bucket).map(withAnchors);
        for await (const { row } of mergeSorted<Anchored>(anchored, byAnchor)) yield row;
      }
    },
    splits: (ids) => splitsOf(store, at, { ids, isSplit: plan.heldOut !== undefined }),
    count(shelf, ids) {
      const wanted = bucketsIn(ids, buckets);
      const run = runName(shelf);
      const rows = indexes.flatMap((index) => wanted.map((each) => index.rows[run]?.[each] ?? 0));
      return Promise.resolve(rows.reduce((sum, each) => sum + each, 0));
    },
  };
}

async function* chunksOf<Row>(
  store: ObjectStore,
  table: Table<Row>,
  key: string,
): AsyncGenerator<readonly Row[]> {
  yield* (await openStored(store, table, key)).chunks();
}

async function* withAnchors(
  pieces: AsyncIterable<readonly LedgerRow[]>,
): AsyncGenerator<readonly Anchored[]> {
  for await (const piece of pieces) yield piece.map(anchoredRow);
}
