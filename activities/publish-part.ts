// The pass publish: each batch writes one file of the set, or the files of one bucket, as planPublish cut it.
import type { BatchInput, BatchResult, CardPart } from '../src/contract/job.ts';
import { invariant } from '../src/core/assert.ts';
import { setPrefix } from '../src/core/keys.ts';
import { partOfId, rangeOfPart } from '../src/core/part-count.ts';
import { StatisticsCount } from '../src/core/set-statistics.ts';
import { publishBatches } from '../src/core/publish-cut.ts';
import type { FileRange } from '../src/core/publish-cut.ts';
import type { ObjectEntry } from '../src/contract/row.ts';
import { ExampleDraw } from '../src/store/card/examples.ts';
import { gatheredSource } from '../src/store/gathered-runs.ts';
import { writePage } from '../src/store/ledger-pages.ts';
import { placedRows } from '../src/store/ledger-places.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { fileOf, readPublishPlan, shelvesOf } from '../src/store/publish-plan.ts';
import type { PublishPlan } from '../src/store/publish-plan.ts';
import { batchSource } from '../src/store/publish-source.ts';
import type { PublishSource } from '../src/store/publish-source.ts';
import { PublishedFile } from '../src/store/published-table.ts';
import { sealObject } from '../src/store/seal.ts';
import { doneBatch } from '../src/store/sealed-batch.ts';
import { LEDGER, REJECTED, TRACES } from '../src/store/tables.ts';
import type { Table } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';

interface Anchored<Row> {
  /** The id that decides the file. */
  readonly anchor: string;
  readonly row: Row;
}

/** Writes every file of the range from rows in the order of their anchors, one file at a time. */
async function writeFiles<Row extends object>(
  to: { readonly store: ObjectStore; readonly plan: PublishPlan; readonly range: FileRange },
  table: Table<Row>,
  of: { readonly rows: AsyncIterable<Anchored<Row>>; readonly see: (row: Row) => void },
): Promise<ObjectEntry[]> {
  const { store, plan, range } = to;
  const entries: ObjectEntry[] = [];
  let file = new PublishedFile(table);
  const seal = async (): Promise<void> => {
    const key = fileOf(range, range.from + entries.length);
    const { body, ...facts } = file.finish();
    await sealObject(store, `${setPrefix(plan.set)}${key}`, body);
    entries.push({ key, ...facts });
    file = new PublishedFile(table);
  };
  for await (const { anchor, row } of of.rows) {
    const part = partOfId(anchor, range.files);
    while (range.from + entries.length < part) await seal();
    of.see(row);
    file.add(row);
  }
  while (range.from + entries.length < range.to) await seal();
  return entries;
}

async function sourceOf(
  store: ObjectStore,
  input: BatchInput,
  plan: PublishPlan,
): Promise<PublishSource> {
  if (plan.gathering === null) return await batchSource(store, input, plan);
  return await gatheredSource(store, input, plan);
}

async function* byFunction<Row extends { readonly function_id: string }>(
  rows: AsyncIterable<Row>,
): AsyncGenerator<Anchored<Row>> {
  for await (const row of rows) yield { anchor: row.function_id, row };
}

async function makeFiles(
  store: ObjectStore,
  input: BatchInput,
  of: { readonly plan: PublishPlan; readonly range: FileRange },
): Promise<{ readonly files: ObjectEntry[]; readonly card: CardPart }> {
  const { plan, range } = of;
  const source = await sourceOf(store, input, plan);
  const ids = {
    from: rangeOfPart(range.from, range.files).from,
    to: rangeOfPart(range.to - 1, range.files).to,
  };
  const to = { store, plan, range };
  if (range.table === 'ledger') {
    const draw = new ExampleDraw();
    const rows = placedRows(source, plan, ids);
    const files = await writeFiles(to, LEDGER, {
      rows,
      see: (row) => {
        draw.add(row);
      },
    });
    return { files, card: { statistics: null, examples: draw.finish() } };
  }
  const { table: name, split } = range;
  const table = name === 'traces' ? TRACES : REJECTED;
  const count = new StatisticsCount();
  const rows = byFunction(source.rows({ table: name, split }, ids));
  const files = await writeFiles(to, table, {
    rows,
    see: (row) => {
      count.add(row);
    },
  });
  return { files, card: { statistics: count.finish(), examples: [] } };
}

/**
 * Writes its files strictly: the same bytes are success. Throws AppError `shard-conflict` where a file is there with
 * others, as where another job published under this name and version.
 */
export async function publishPart(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: BatchInput,
): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  const { batchIndex } = input;
  const done = await doneBatch(store, input);
  if (done !== null) return done;
  const plan = await readPublishPlan(store, input);
  const range = publishBatches(shelvesOf(plan), plan.gathering)[batchIndex];
  invariant(range !== undefined, 'a publish batch is a range of files of the plan');
  const { files, card } = await makeFiles(store, input, { plan, range });
  const [first] = files;
  invariant(first !== undefined, 'a publish batch makes a file');
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const counts = { files: files.length, [`${range.table}Rows`]: rows };
  const key = `${setPrefix(plan.set)}${first.key}`;
  await writePage(store, input, { key, digest: first.digest, rows, counts, files, card });
  return { v: 1, batchIndex, how: 'sealed', counts };
}
