// Publishing by way of runs: the same bytes as without them, few requests, and nothing left that blocks a next revision.
import { describe, expect, it } from 'vitest';
import { commitJob } from '../../../activities/commit-job.ts';
import { gatherRuns } from '../../../activities/gather-runs.ts';
import { publishPart } from '../../../activities/publish-part.ts';
import { recordEnd } from '../../../activities/record-end.ts';
import { claimSet } from '../../../src/store/set-claim.ts';
import { publishBatches } from '../../../src/core/publish-cut.ts';
import type { Gathering } from '../../../src/core/publish-cut.ts';
import { shelvesOf, writePublishPlan } from '../../../src/store/publish-plan.ts';
import { verifySet } from '../../../src/store/verify.ts';
import { RECORDS } from '../../support/fake-corpus.ts';
import { prepareJob, publishJob } from '../../support/fake-job.ts';
import type { FakeRecord } from '../../support/fake-corpus.ts';
import type { PreparedJob } from '../../support/fake-job.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const FOLDER = 'sets/fake/v1/';

async function bytesOf(store: MemoryStore): Promise<Map<string, string>> {
  const objects = new Map<string, string>();
  for await (const { key } of store.list(FOLDER)) {
    if (key.endsWith('manifest.json')) continue;
    objects.set(key, Buffer.from(await store.get(key)).toString('base64'));
  }
  return objects;
}

/** Records like those of the small corpus, under other names: every fate in many batches. */
function manyRecords(times: number): FakeRecord[] {
  return Array.from({ length: times }, (_, round) =>
    RECORDS.map((record, index): FakeRecord => {
      const renamed = (text: string): string =>
        text === 'merged' ? text : `${text}_${String(round)}`;
      return {
        ...record,
        label: `fake.jsonl:${String(round * RECORDS.length + index + 1)}`,
        functions: (record.functions ?? []).map((made) => ({
          ...made,
          name: renamed(made.name),
          ...(made.tree === undefined ? {} : { tree: renamed(made.tree) }),
        })),
      };
    }),
  ).flat();
}

interface Cut {
  readonly parts: { readonly traces: number; readonly rejected: number; readonly ledger: number };
  readonly gathering: Gathering | null;
}

/** Publishes by a cut of the test's own, where one of the corpus would have fewer files. */
async function publishBy(at: PreparedJob, store: MemoryStore, cut: Cut): Promise<void> {
  await writePublishPlan(store, at, { v: 3, set: 'fake@v1', searchPass: null, ...cut });
  for (let batchIndex = 0; batchIndex < (cut.gathering?.groups ?? 0); batchIndex += 1) {
    await gatherRuns(at.deps, { ...at, pass: 'gather', batchIndex });
  }
  const { length } = publishBatches(shelvesOf(cut), cut.gathering);
  for (let batchIndex = 0; batchIndex < length; batchIndex += 1) {
    await publishPart(at.deps, { ...at, pass: 'publish', batchIndex });
  }
  await commitJob(at.deps, { ...at, publishBatchCount: length, startedAtMs: 1 });
}

describe('a set that is published by way of runs', () => {
  it('has the bytes of one that is published from its batches', async () => {
    const records = manyRecords(5);
    const few = new MemoryStore();
    await publishJob(await prepareJob({ store: few, records, batchSize: 10 }));
    const many = new MemoryStore();
    const at = await prepareJob({ store: many, records, batchSize: 1 });
    expect(at.planBatchCount).toBe(40);
    await publishJob(at);
    expect(await bytesOf(many)).toEqual(await bytesOf(few));
    const { checks } = await verifySet(many, 'fake@v1');
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
  });

  it.each([
    { traces: 16, rejected: 1, ledger: 2 },
    { traces: 1, rejected: 2, ledger: 16 },
    { traces: 8, rejected: 16, ledger: 4 },
  ])('has them for %o files, and its ledger names every row', async (parts) => {
    const store = new MemoryStore();
    const at = await prepareJob({ store, records: manyRecords(3), batchSize: 3 });
    const direct = store.copy();
    const copied = { ...at, deps: { storeOf: () => direct } };
    await publishBy(copied, direct, { parts, gathering: null });
    await publishBy(at, store, { parts, gathering: { groupSize: 3, groups: 3, buckets: 8 } });
    expect(await bytesOf(store)).toEqual(await bytesOf(direct));
    const { checks } = await verifySet(store, 'fake@v1');
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
  });

  it('is the same where a gather and a publish batch run twice', async () => {
    const store = new MemoryStore();
    const at = await prepareJob({ store, records: manyRecords(5), batchSize: 1 });
    const first = await publishJob(at);
    expect(await publishJob(at)).toEqual(first);
  });
});

it('four times the batches and files cost about four times the requests, and not sixteen times the bytes', async () => {
  const cost = async (times: number, gathering: Gathering): Promise<number[]> => {
    const store = new MemoryStore();
    const at = await prepareJob({ store, records: manyRecords(times), batchSize: 1 });
    const before = [store.requests, store.bytesRead] as const;
    const parts = { traces: times * 4, rejected: times, ledger: times };
    await publishBy(at, store, { parts, gathering });
    return [store.requests - before[0], store.bytesRead - before[1]];
  };
  // 8 and 32 batches; groups and buckets grow as the square root, as gatheringOf has it for more than 1,024.
  const [requests = 0, bytes = 0] = await cost(1, { groupSize: 3, groups: 3, buckets: 2 });
  const [requestsOfMore = 0, bytesOfMore = 0] = await cost(4, {
    groupSize: 6,
    groups: 6,
    buckets: 4,
  });
  expect(requestsOfMore / requests).toBeLessThan(4.4);
  // Each group reads the decisions whole while they are below 4 MiB, which counts where rows are as small as these.
  expect(bytesOfMore / bytes).toBeLessThan(6);
});

describe('a name', () => {
  const other = 'f'.repeat(64);

  async function brokenOff(store: MemoryStore): Promise<PreparedJob> {
    const at = await prepareJob({ store, records: RECORDS, batchSize: 3 });
    await claimSet(store, 'fake@v1', at);
    // What this revision would not write again, and what it would write with other bytes.
    await store.putIfAbsent(`${FOLDER}traces/train-00003-of-00004.parquet`, new Uint8Array([1]));
    await store.putIfAbsent(`${FOLDER}traces/train-00000-of-00001.parquet`, new Uint8Array([2]));
    await store.putIfAbsent(`${FOLDER}README.md`, new Uint8Array([3]));
    return at;
  }

  it('is free again for the next revision of a job that ended while it published', async () => {
    const store = new MemoryStore();
    const at = await brokenOff(store);
    await publishJob(await prepareJob({ store, records: RECORDS, batchSize: 3, revision: 2 }));
    const { checks } = await verifySet(store, 'fake@v1');
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(at.revision).toBe(1);
  });

  it('is free for another job once the end of its holder is marked, and not before', async () => {
    const store = new MemoryStore();
    const at = await brokenOff(store);
    const next = await prepareJob({ store, records: RECORDS, batchSize: 3, jobId: other });
    await expect(publishJob(next)).rejects.toMatchObject({ code: 'set-exists' });
    expect(await store.head(`${FOLDER}README.md`)).not.toBeNull();
    const { jobId, revision, bucket } = at;
    const end = { end: 'cancelled', code: null, message: null, plan: null, causes: null } as const;
    await recordEnd(at.deps as never, { v: 1, jobId, revision, bucket, ...end });
    await publishJob(next);
    const { checks } = await verifySet(store, 'fake@v1');
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
  });

  it('goes to one of many that ask for it at once', async () => {
    const store = new MemoryStore();
    const ids = Array.from({ length: 8 }, (_, index) => String(index).repeat(64));
    for (const jobId of ids) await store.putIfAbsent(`jobs/${jobId}/spec.json`, new Uint8Array());
    const claims = ids.map((jobId) => claimSet(store, 'fake@v1', { jobId, revision: 1 }));
    const ends = await Promise.allSettled(claims);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});
