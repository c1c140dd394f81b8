// A finished job under another policy: what is foretold, what is published, and what is said of every row.
import { expect, it } from 'vitest';
import { adoptPages } from '../../../activities/adopt-pages.ts';
import { refineBatch } from '../../../activities/refine-batch.ts';
import type { Policy } from '../../../src/contract/policy.ts';
import { policyKey, revisionSpecKey, setPrefix } from '../../../src/core/keys.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { policyBytes } from '../../../src/quality/policy-ref.ts';
import { DEFAULT_1 } from '../../../src/quality/policy.ts';
import { choosePolicy } from '../../../src/store/judgement.ts';
import { judgeBatches } from '../../../src/store/judge-batches.ts';
import { diffSets } from '../../../src/store/diff-sets.ts';
import type { DiffRow } from '../../../src/store/diff-sets.ts';
import { readSetManifest } from '../../../src/store/manifest.ts';
import { sampleRows } from '../../../src/store/sample-rows.ts';
import { jsonBytes } from '../../../src/store/seal.ts';
import { verifySet } from '../../../src/store/verify.ts';
import { addVerdicts } from '../../../src/core/verdict-changes.ts';
import { planPublishAgain } from '../../../src/temporal/publish-job.ts';
import type { PublishRequest } from '../../../src/temporal/publish-job.ts';
import { RECORDS } from '../../support/fake-corpus.ts';
import { PUBLISHED_JOB, prepareJob, publishJob } from '../../support/fake-job.ts';
import type { PreparedJob } from '../../support/fake-job.ts';
import { MemoryStore } from '../../support/memory-store.ts';

/** Takes what faults of determinism left out, and refuses what raised. */
const OTHER: Policy = {
  ...DEFAULT_1,
  name: 'other@1',
  outcomes: ['returned', 'fuel-exceeded'],
  labels: [],
};

function request(store: MemoryStore, change: Partial<PublishRequest> = {}): PublishRequest {
  const base = { job: PUBLISHED_JOB, store, queuePrefix: 't-', slots: 1, dispatchSeed: null };
  return { ...base, set: null, policy: OTHER, ...change };
}

async function published(): Promise<{ readonly store: MemoryStore; readonly at: PreparedJob }> {
  const store = new MemoryStore();
  const at = await prepareJob({ store, records: RECORDS, batchSize: 3 });
  await publishJob(at);
  return { store, at };
}

/** What the workflow does for a revision that publishes anew. */
async function publishAgain(
  store: MemoryStore,
  at: PreparedJob,
  asked: PublishRequest,
): Promise<PreparedJob> {
  const { revision, spec, from } = await planPublishAgain(asked);
  const specKey = revisionSpecKey(at.jobId, revision);
  await store.putIfAbsent(specKey, jsonBytes(spec));
  if (asked.policy !== null && spec.policy !== 'default@1') {
    const key = policyKey(at.jobId, spec.policy.digest);
    await store.putIfAbsent(key, policyBytes(asked.policy));
  }
  const next = { ...at, revision, specKey };
  await adoptPages(at.deps, { ...next, from: from.revision });
  await adoptPages(at.deps, { ...next, from: from.revision });
  for (let batchIndex = 0; batchIndex < at.planBatchCount; batchIndex += 1) {
    await refineBatch(at.deps, { ...next, pass: 'refine', batchIndex });
  }
  await publishJob(next);
  return next;
}

async function diffOf(store: MemoryStore): Promise<{ rows: DiffRow[]; same: number }> {
  const sets = {
    before: await readSetManifest(store, 'fake@v1'),
    after: await readSetManifest(store, 'fake@v2'),
  };
  const summary = { same: 0 };
  const rows: DiffRow[] = [];
  for await (const row of diffSets(store, sets, summary)) rows.push(row);
  return { rows, same: summary.same };
}

it('another policy is the next revision and version, over the traces that are there', async () => {
  const { store, at } = await published();
  const { from } = await planPublishAgain(request(store));
  const range = (first: number, to: number) =>
    judgeBatches(store, {
      ...{ v: 1, bucket: store.bucket, jobId: at.jobId, revision: from.revision, policy: OTHER },
      ...{ planDigest: from.plan.digest, before: from.spec.policy, from: first, to },
    });
  const foretold = await range(0, from.plan.batches);
  const halves = [await range(0, 1), await range(1, from.plan.batches)];
  expect(addVerdicts(halves)).toEqual(foretold);
  const next = await publishAgain(store, at, request(store));
  expect(next.revision).toBe(2);
  const { checks } = await verifySet(store, 'fake@v2');
  expect(checks.filter(({ holds }) => !holds)).toEqual([]);
  const before = await readSetManifest(store, 'fake@v1');
  const after = await readSetManifest(store, 'fake@v2');
  expect(foretold.before).toEqual({
    accepted: before.counts.accepted,
    rejected: before.counts.rejected,
    duplicates: before.counts.duplicateTraces,
  });
  expect(foretold.after).toEqual({
    accepted: after.counts.accepted,
    rejected: after.counts.rejected,
    duplicates: after.counts.duplicateTraces,
  });
  expect(foretold).toMatchObject({ rowsIn: 2, rowsOut: 1, changed: 0 });
  expect(foretold.reasons).toContainEqual({ reason: 'raised', before: 0, after: 1 });
});

it('diff tells of every row that is not the same, and why', async () => {
  const { store, at } = await published();
  await publishAgain(store, at, request(store));
  const { rows, same } = await diffOf(store);
  expect(rows.map(({ change, why }) => `${change}: ${why}`).sort()).toEqual([
    'added: it was rejected: fuel-exceeded',
    'added: it was rejected: nondeterministic',
    'removed: it is rejected: raised',
  ]);
  const { counts } = await readSetManifest(store, 'fake@v1');
  expect(same + rows.length).toBe(counts.rowsPublished);
});

it('a version of the same policy has the same bytes, and diff finds nothing', async () => {
  const { store, at } = await published();
  await publishAgain(store, at, request(store, { policy: DEFAULT_1 }));
  const bytes = async (set: string): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of store.list(setPrefix(set))) {
      if (key.endsWith('manifest.json')) continue;
      found.push(`${key.slice(setPrefix(set).length)} ${sha256(await store.get(key))}`);
    }
    return found;
  };
  expect(await bytes('fake@v2')).toEqual(await bytes('fake@v1'));
  expect((await diffOf(store)).rows).toEqual([]);
});

it('without a policy of its own a publish goes by the one that judged the revision last', async () => {
  const { store, at } = await published();
  const asked = request(store, { policy: null });
  expect((await planPublishAgain(asked)).spec.policy).toBe('default@1');
  await choosePolicy(store, { jobId: at.jobId, revision: 1 }, { ...OTHER, name: 'first@1' });
  await choosePolicy(store, { jobId: at.jobId, revision: 1 }, OTHER);
  expect((await planPublishAgain(asked)).spec.policy).toMatchObject({ name: 'other@1' });
  await publishAgain(store, at, asked);
  // The choice was about the revision that it judged.
  await choosePolicy(store, { jobId: at.jobId, revision: 1 }, { ...OTHER, name: 'late@1' });
  expect((await planPublishAgain(asked)).spec.policy).toMatchObject({ name: 'other@1' });
});

it('a job that runs, has not traced all, or whose name is taken is not published', async () => {
  const { store, at } = await published();
  const running = { ...PUBLISHED_JOB, state: 'running' as const };
  const refused = async (change: Partial<PublishRequest>): Promise<unknown> =>
    await planPublishAgain(request(store, change)).catch((error: unknown) => error);
  expect(await refused({ job: running })).toMatchObject({ code: 'usage' });
  expect(await refused({ set: 'fake@v1' })).toMatchObject({ code: 'set-exists' });
  const pages: string[] = [];
  for await (const { key } of store.list(`jobs/${at.jobId}/ledger-pages/1/trace/`)) pages.push(key);
  await store.delete(pages[0] ?? '');
  expect(await refused({})).toMatchObject({ code: 'usage' });
  await expect(adoptPages(at.deps, { ...at, revision: 2, from: 1 })).rejects.toMatchObject({
    code: 'object-missing',
  });
});

it('a sample is the same for one seed, of rows and of what never ran', async () => {
  const { store } = await published();
  const of = async (reason: string | null, rows: number, seed = 1): Promise<string[]> => {
    const sample = await sampleRows(store, 'fake@v1', { reason, rows, seed });
    return sample.rows.map(({ link }) => link.id);
  };
  const all = await of(null, 100);
  const { counts } = await readSetManifest(store, 'fake@v1');
  expect(all).toHaveLength(counts.accepted);
  expect(await of(null, 3)).toEqual(all.slice(0, 3));
  expect(await of(null, 100, 2)).not.toEqual(all);
  const [raised] = (await sampleRows(store, 'fake@v1', { reason: 'raised', rows: 5, seed: 1 }))
    .rows;
  expect(raised?.row?.exception_type).toBe('ValueError');
  expect(await of('not-json', 5)).toEqual(['fake.jsonl:2']);
  expect(await of('sandbox-died', 5)).toHaveLength(1);
});
