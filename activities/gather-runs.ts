// The pass gather, of large jobs only: the rows of a group of batches become sorted runs, one for each bucket of ids and
// each table, from which the pass publish makes its files.
import type { BatchInput, BatchResult } from '../src/contract/job.ts';
import type { TraceRow } from '../src/contract/row.ts';
import type { Split } from '../src/contract/split.ts';
import { invariant } from '../src/core/assert.ts';
import { gatheredIndexKey } from '../src/core/keys.ts';
import { contentKeyOf, sha256 } from '../src/identity/digest.ts';
import { RunWriter, runName } from '../src/store/gathered-runs.ts';
import type { RunIndex } from '../src/store/gathered-runs.ts';
import { readPage, writePage } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { readPlacements } from '../src/store/placements.ts';
import { readPublishPlan } from '../src/store/publish-plan.ts';
import { judgedOf, ledgerOf, objectsOf } from '../src/store/publish-source.ts';
import type { GroupObjects } from '../src/store/publish-source.ts';
import { ROW_TABLES } from '../src/store/published-rows.ts';
import { jsonBytes, sealObject } from '../src/store/seal.ts';
import { doneBatch } from '../src/store/sealed-batch.ts';
import { openStored } from '../src/store/stored-table.ts';
import { LEDGER, REFINED, REJECTED, TRACES } from '../src/store/tables.ts';
import type { Table } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';

/** Rises with every change of what this pass writes. */
const PASS_VERSION = 2;
const ALL_IDS = { from: '', to: null } as const;

interface Group {
  readonly store: ObjectStore;
  readonly input: BatchInput;
  readonly contentKey: string;
  readonly buckets: number;
  readonly objects: readonly GroupObjects[];
  readonly isPlaced: boolean;
}

function writerTo<Row extends object>(
  { store, input, contentKey, buckets }: Group,
  table: Table<Row>,
  run: string,
): RunWriter<Row> {
  const at = { jobId: input.jobId, contentKey, run };
  return new RunWriter<Row>({ store, at, buckets }, table);
}

/** Of the functions that the group has rows of; null where functions are not split. */
async function placementsIn({ store, input, objects, isPlaced }: Group) {
  if (!isPlaced) return null;
  const functionIds = new Set<string>();
  for (const { refine } of objects) {
    const file = await openStored(store, REFINED, refine);
    for (const { function_id } of await file.readColumns(['function_id'])) {
      functionIds.add(function_id);
    }
  }
  const isWanted = ({ function_id }: { readonly function_id: string }): boolean =>
    functionIds.has(function_id);
  return await readPlacements(store, input, { ids: ALL_IDS, isWanted });
}

type RunRows = Record<string, readonly number[]>;

/** Each trace object is read once, for all tables and splits. */
async function gatherRows(group: Group): Promise<RunRows> {
  const placements = await placementsIn(group);
  const writers = new Map<string, RunWriter<TraceRow>>();
  const wanted = { ids: ALL_IDS, tables: ROW_TABLES, placements };
  for await (const { table, row } of judgedOf(group.store, group.objects, wanted)) {
    const run = runName({ table, split: row.split as Split });
    let writer = writers.get(run);
    if (writer === undefined) {
      writer = writerTo(group, table === 'traces' ? TRACES : REJECTED, run);
      writers.set(run, writer);
    }
    await writer.add(row.function_id, row);
  }
  const rows: RunRows = {};
  for (const [run, writer] of writers) {
    await writer.finish();
    rows[run] = writer.rows;
  }
  return rows;
}

async function gatherLedger(group: Group): Promise<readonly number[]> {
  const writer = writerTo(group, LEDGER, 'ledger');
  const from = { at: group.input, objects: group.objects };
  for await (const { anchor, row } of ledgerOf(group.store, from, ALL_IDS)) {
    await writer.add(anchor, row);
  }
  await writer.finish();
  return writer.rows;
}

const total = (rows: readonly number[]): number => rows.reduce((sum, each) => sum + each, 0);

/** Idempotent: runs are named by what they are made of, and the same bytes are success. */
export async function gatherRuns(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: BatchInput,
): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  const { batchIndex } = input;
  const done = await doneBatch(store, input);
  if (done !== null) return done;
  const { gathering, searchPass, placed } = await readPublishPlan(store, input);
  invariant(gathering !== null, 'a job that gathers has planned to');
  const { groupSize, buckets } = gathering;
  const first = batchIndex * groupSize;
  const count = Math.min(groupSize, input.planBatchCount - first);
  const objects = await objectsOf(store, input, { first, count, searchPass });
  const isPlaced = placed === true;
  const decided = await readPage(store, input, { pass: 'unique', batchIndex: 0 });
  const place = isPlaced
    ? [(await readPage(store, input, { pass: 'place', batchIndex: 0 })).digest]
    : [];
  const contentKey = contentKeyOf({
    pass: 'gather',
    passVersion: PASS_VERSION,
    specPart: { buckets, first },
    environment: null,
    inputDigests: [decided.digest, ...place, ...objects.flatMap(({ digests }) => digests)],
  });
  const group: Group = { store, input, contentKey, buckets, objects, isPlaced };
  const rows: RunRows = { ...(await gatherRows(group)), ledger: await gatherLedger(group) };
  const index: RunIndex = { v: 1, contentKey, rows };
  const key = gatheredIndexKey({ jobId: input.jobId, contentKey });
  const body = jsonBytes(index);
  await sealObject(store, key, body);
  const gathered = Object.values(rows).reduce((sum, each) => sum + total(each), 0);
  const counts = { rowsGathered: gathered };
  await writePage(store, input, { key, digest: sha256(body), rows: gathered, counts });
  return { v: 1, batchIndex, how: 'sealed', counts };
}
