// The pass gather, of large jobs only: the rows of a group of batches become sorted runs, one for each bucket of ids and
// each table, from which the pass publish makes its files.
import type { BatchInput, BatchResult } from '../src/contract/job.ts';
import { invariant } from '../src/core/assert.ts';
import { gatheredIndexKey } from '../src/core/keys.ts';
import { contentKeyOf, sha256 } from '../src/identity/digest.ts';
import { RunWriter } from '../src/store/gathered-runs.ts';
import type { RunIndex } from '../src/store/gathered-runs.ts';
import { readPage, writePage } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { readPublishPlan } from '../src/store/publish-plan.ts';
import { judgedOf, ledgerOf, objectsOf } from '../src/store/publish-source.ts';
import type { GroupObjects } from '../src/store/publish-source.ts';
import { ROW_TABLES } from '../src/store/published-rows.ts';
import { jsonBytes, sealObject } from '../src/store/seal.ts';
import { doneBatch } from '../src/store/sealed-batch.ts';
import { LEDGER, REJECTED, TRACES } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';

/** Rises with every change of what this pass writes. */
const PASS_VERSION = 1;
const ALL_IDS = { from: '', to: null } as const;

interface Group {
  readonly store: ObjectStore;
  readonly input: BatchInput;
  readonly contentKey: string;
  readonly buckets: number;
  readonly objects: readonly GroupObjects[];
}

function writerTo({ store, input, contentKey, buckets }: Group) {
  return <Row extends object>(table: ConstructorParameters<typeof RunWriter<Row>>[1]) =>
    new RunWriter<Row>(
      { store, at: { jobId: input.jobId, contentKey, table: table.name as never }, buckets },
      table,
    );
}

/** Each trace object is read once, for both tables. */
async function gatherRows(group: Group) {
  const open = writerTo(group);
  const writers = { traces: open(TRACES), rejected: open(REJECTED) };
  const wanted = { ids: ALL_IDS, tables: ROW_TABLES };
  for await (const { table, row } of judgedOf(group.store, group.objects, wanted)) {
    await writers[table].add(row.function_id, row);
  }
  await writers.traces.finish();
  await writers.rejected.finish();
  return { traces: writers.traces.rows, rejected: writers.rejected.rows };
}

async function gatherLedger(group: Group): Promise<readonly number[]> {
  const writer = writerTo(group)(LEDGER);
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
  const { gathering, searchPass } = await readPublishPlan(store, input);
  invariant(gathering !== null, 'a job that gathers has planned to');
  const { groupSize, buckets } = gathering;
  const first = batchIndex * groupSize;
  const count = Math.min(groupSize, input.planBatchCount - first);
  const objects = await objectsOf(store, input, { first, count, searchPass });
  const decided = await readPage(store, input, { pass: 'unique', batchIndex: 0 });
  const contentKey = contentKeyOf({
    pass: 'gather',
    passVersion: PASS_VERSION,
    specPart: { buckets, first },
    environment: null,
    inputDigests: [decided.digest, ...objects.flatMap(({ digests }) => digests)],
  });
  const group: Group = { store, input, contentKey, buckets, objects };
  const rows = { ...(await gatherRows(group)), ledger: await gatherLedger(group) };
  const index: RunIndex = { v: 1, contentKey, rows };
  const key = gatheredIndexKey({ jobId: input.jobId, contentKey });
  const body = jsonBytes(index);
  await sealObject(store, key, body);
  const gathered = total(rows.traces) + total(rows.rejected) + total(rows.ledger);
  const counts = { rowsGathered: gathered };
  await writePage(store, input, { key, digest: sha256(body), rows: gathered, counts });
  return { v: 1, batchIndex, how: 'sealed', counts };
}
