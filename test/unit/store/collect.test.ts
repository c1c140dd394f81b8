// What goes with a job, and what stays because somebody else needs it.
import { expect, it } from 'vitest';
import { corpusKey, jobPrefix, partKey } from '../../../src/core/keys.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { deleteJob, sweepStore } from '../../../src/store/collect.ts';
import { verifySet } from '../../../src/store/verify.ts';
import { RECORDS } from '../../support/fake-corpus.ts';
import { prepareJob, runJob } from '../../support/fake-job.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const OTHER = sha256('other job');

async function keys(store: MemoryStore, prefix = ''): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found;
}

/** Two jobs on overlapping corpora: the second has one record less, so some sealed objects are shared. */
async function twoJobs(): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.putIfAbsent(corpusKey(sha256('corpus')), Buffer.from('{}'));
  await runJob({ store, records: RECORDS, batchSize: 2 });
  const spec = { output: { bucket: 'memory', set: 'other@v1' } };
  await runJob({ store, records: RECORDS.slice(0, 6), batchSize: 2, jobId: OTHER, spec });
  return store;
}

it('deleting a job keeps its set and what other jobs name, and removes all else', async () => {
  const store = await twoJobs();
  const contentBefore = await keys(store, 'content/');
  const { sets, removed } = await deleteJob(store, sha256('job'), {
    withSets: false,
    collect: true,
  });
  expect(sets).toEqual(['fake@v1']);
  expect(removed.objects).toBeGreaterThan(10);
  expect(await keys(store, jobPrefix(sha256('job')))).toEqual([]);
  const left = await keys(store, 'content/');
  expect(left.length).toBeLessThan(contentBefore.length);
  expect(await keys(store, 'corpora/')).toHaveLength(1);
  for (const set of ['fake@v1', 'other@v1']) {
    expect((await verifySet(store, set)).checks.filter(({ holds }) => !holds)).toEqual([]);
  }
  // What is left serves the other job whole: launched again, it finds every batch.
  const nothing = await sweepStore(store, {
    nowMs: Date.now(),
    graceMs: 0,
    runningJobIds: new Set(),
    isDryRun: true,
  });
  expect(nothing.content.objects).toBe(0);
});

it('deleting the last job leaves an empty store when its sets go too', async () => {
  const store = await twoJobs();
  const all = { withSets: true, collect: true };
  await deleteJob(store, sha256('job'), all);
  await deleteJob(store, OTHER, all);
  expect(await keys(store)).toEqual([]);
});

it('while any job runs, deletion leaves sealed objects, and a later sweep removes them', async () => {
  const store = await twoJobs();
  await deleteJob(store, sha256('job'), { withSets: false, collect: false });
  const left = await keys(store, 'content/');
  const sweep = { nowMs: Date.now(), graceMs: 0, isDryRun: false };
  const early = await sweepStore(store, { ...sweep, runningJobIds: new Set([OTHER]) });
  expect(early).toMatchObject({ contentWasSwept: false, content: { objects: 0 } });
  expect(await keys(store, 'content/')).toEqual(left);
  const late = await sweepStore(store, { ...sweep, runningJobIds: new Set() });
  expect(late.content.objects).toBeGreaterThan(0);
  expect((await keys(store, 'content/')).length).toBe(left.length - late.content.objects);
});

it('a sweep removes parts of jobs that ended once they are older than the grace', async () => {
  const store = new MemoryStore();
  const part = (jobId: string): string =>
    partKey({ jobId, pass: 'trace', contentKey: sha256('content') }, 0);
  await store.putIfAbsent(part('ended'), Buffer.from('rows'));
  await store.putIfAbsent(part('running'), Buffer.from('rows'));
  const runningJobIds = new Set(['running']);
  const hour = 3_600_000;
  const young = { nowMs: Date.now(), graceMs: hour, runningJobIds, isDryRun: false };
  expect((await sweepStore(store, young)).parts.objects).toBe(0);
  const old = { ...young, nowMs: Date.now() + 2 * hour };
  expect((await sweepStore(store, { ...old, isDryRun: true })).parts.objects).toBe(1);
  expect(await keys(store)).toHaveLength(2);
  expect((await sweepStore(store, old)).parts.objects).toBe(1);
  expect(await keys(store)).toEqual([part('running')]);
});

it('a job that never published is removed as well', async () => {
  const store = new MemoryStore();
  await prepareJob({ store, records: RECORDS, batchSize: 4 });
  await deleteJob(store, sha256('job'), { withSets: false, collect: true });
  expect(await keys(store)).toEqual([]);
});
