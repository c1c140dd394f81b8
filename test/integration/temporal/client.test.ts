// What launching, looking and steering mean on a real server; the store is in memory.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApplicationFailure } from '@temporalio/common';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import type { JobEnd } from '../../../src/contract/job.ts';
import type { ResolvedSpec } from '../../../src/contract/spec.ts';
import {
  revisionEndKey,
  revisionManifestKey,
  revisionSpecKey,
  specKey,
} from '../../../src/core/keys.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import {
  cancelJob,
  describeJob,
  failureOf,
  findJob,
  forgetJob,
  listJobs,
  queryProgress,
  runningJobIds,
  steerJob,
  workflowIdOf,
} from '../../../src/temporal/client.ts';
import type { JobDescription } from '../../../src/temporal/client.ts';
import { connectClient } from '../../../src/temporal/connection.ts';
import { describeFleet } from '../../../src/temporal/fleet.ts';
import { slotsOfIdentity, workerIdentity } from '../../../src/temporal/identity.ts';
import { planRetry, startRetry } from '../../../src/temporal/retry-job.ts';
import type { RetryRequest } from '../../../src/temporal/retry-job.ts';
import { startJob } from '../../../src/temporal/start-job.ts';
import type { StartRequest } from '../../../src/temporal/start-job.ts';
import { fakeJob, gate, sealed } from '../../support/fake-activities.ts';
import type { FakeBatch, FakeJob } from '../../support/fake-activities.ts';
import { RECORDS } from '../../support/fake-corpus.ts';
import { runJob } from '../../support/fake-job.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { startTemporal, withWorkers } from '../../support/temporal-server.ts';
import type { TemporalServer } from '../../support/temporal-server.ts';

/** A busy machine takes its time between two tasks; nothing here waits this long. */
const SOON = { timeout: 30_000 };

let server: TemporalServer;
beforeAll(async () => {
  server = await startTemporal();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const SPEC: ResolvedSpec = {
  specVersion: 1,
  name: 'pilot',
  corpus: [{ kind: 'jsonl', name: 'a.jsonl', digest: 'c'.repeat(64), map: {} }],
  unique: { exact: 'ast', near: null },
  inputs: { keep: 6, from: ['given'] },
  trace: { python: '3.13', granularity: 'line', scope: 'record', sourceBytesMax: 20_000 },
  limits: DEFAULT_LIMITS,
  confirm: { invocations: 'all' },
  policy: 'default@1',
  require: { acceptedMin: null, faultsMax: null },
  output: { bucket: 'tracemill', set: 'pilot@v1' },
};

function request(store: MemoryStore): StartRequest {
  const tag = randomUUID();
  return {
    jobId: sha256(tag),
    spec: SPEC,
    store,
    queuePrefix: `test-${tag}-`,
    batchSize: 250,
    slots: 1,
    dispatchSeed: null,
    notify: null,
  };
}

/** Fakes whose ends are written to the store, as the real activities do. */
function jobOn(store: MemoryStore, jobId: string, onBatch?: FakeBatch): FakeJob {
  const job = fakeJob({ batchCount: 2, ...(onBatch === undefined ? {} : { onBatch }) });
  const write = async (key: string): Promise<void> => {
    await store.putIfAbsent(key, Buffer.from('{}'));
  };
  return {
    ...job,
    activities: {
      ...job.activities,
      recordEnd: async (end: JobEnd) => {
        await write(revisionEndKey(jobId, end.revision, end.end));
      },
      commitJob: async (input) => {
        await write(revisionManifestKey(jobId, input.revision));
        return await job.activities.commitJob(input);
      },
    },
  };
}

it('launching twice finds the job while it runs and after it is published', async () => {
  const store = new MemoryStore();
  const asked = request(store);
  const held = gate();
  const job = jobOn(store, asked.jobId, async (input) => {
    await held.opened;
    return sealed(input);
  });
  const first = await startJob(server.client, asked);
  expect(first).toMatchObject({
    how: 'started',
    job: { name: 'pilot', revision: 1, state: 'running', set: 'pilot@v1', bucket: 'tracemill' },
  });
  expect(first.job.workflowId).toBe(`pilot-${asked.jobId.slice(0, 12)}`);
  expect(JSON.parse(Buffer.from(await store.get(specKey(asked.jobId))).toString())).toEqual(SPEC);
  const second = await startJob(server.client, asked);
  expect(second).toEqual({ how: 'found', job: first.job });
  await withWorkers(server, { ...asked, activities: job.activities }, async () => {
    held.open();
    await server.client.workflow.result(first.job.workflowId);
  });
  const third = await startJob(server.client, asked);
  expect(third).toMatchObject({ how: 'found', job: { state: 'published', revision: 1 } });
});

it('a cancelled job continues as revision 2 and a failed one as revision 3', async () => {
  const store = new MemoryStore();
  const asked = request(store);
  const held = gate();
  const waits = jobOn(store, asked.jobId, async (input) => {
    await held.opened;
    return sealed(input);
  });
  const { workflowId } = (await startJob(server.client, asked)).job;
  await withWorkers(server, { ...asked, activities: waits.activities }, async () => {
    await expect.poll(() => waits.begun.get('ingest')?.length, SOON).toBe(2);
    await cancelJob(server.client, workflowId);
    held.open();
    await server.client.workflow.result(workflowId).catch(() => undefined);
  });
  expect(await describeJob(server.client, workflowId)).toMatchObject({ state: 'cancelled' });
  const fails = jobOn(store, asked.jobId, () =>
    Promise.reject(ApplicationFailure.nonRetryable('bucket "b" is not ours', 'store-denied')),
  );
  const second = await startJob(server.client, asked);
  expect(second).toMatchObject({ how: 'continued', job: { revision: 2, workflowId } });
  await withWorkers(server, { ...asked, activities: fails.activities }, async () => {
    await server.client.workflow.result(workflowId).catch(() => undefined);
  });
  expect(await failureOf(server.client, workflowId)).toEqual({
    message: 'store-denied: bucket "b" is not ours',
    causes: null,
  });
  expect((await startJob(server.client, asked)).job.revision).toBe(3);
});

it('a job that Temporal has forgotten is found by its manifest', async () => {
  const store = new MemoryStore();
  const asked = request(store);
  await store.putIfAbsent(revisionManifestKey(asked.jobId, 2), Buffer.from('{}'));
  expect(await startJob(server.client, asked)).toMatchObject({
    how: 'found',
    job: { state: 'published', revision: 2 },
  });
});

it('launches at the same time start one job', async () => {
  const store = new MemoryStore();
  const asked = request(store);
  const started = await Promise.all(
    Array.from({ length: 4 }, () => startJob(server.client, asked)),
  );
  expect(started.map(({ how }) => how).sort()).toEqual(['found', 'found', 'found', 'started']);
});

it('a running job is listed, tells its progress and takes a pause from its operator', async () => {
  const store = new MemoryStore();
  const asked = request(store);
  const held = gate();
  const job = jobOn(store, asked.jobId, async (input) => {
    await held.opened;
    return sealed(input);
  });
  const { workflowId } = (await startJob(server.client, asked)).job;
  const { queuePrefix } = asked;
  await expect
    .poll(() => listJobs(server.client, { queuePrefix, limit: 10 }), SOON)
    .toMatchObject([{ workflowId, jobId: asked.jobId, state: 'running', revision: 1 }]);
  await withWorkers(server, { ...asked, activities: job.activities }, async () => {
    await expect
      .poll(async () => (await queryProgress(server.client, workflowId))?.passes.length, SOON)
      .toBe(1);
    const paused = await steerJob(server.client, workflowId, { kind: 'pause' });
    expect(paused).toMatchObject({ paused: true, state: 'running' });
    await steerJob(server.client, workflowId, { kind: 'setWindow', window: 3 });
    await steerJob(server.client, workflowId, { kind: 'resume' });
    held.open();
    await server.client.workflow.result(workflowId);
    expect(await queryProgress(server.client, workflowId)).toMatchObject({
      state: 'published',
      window: 3,
    });
  });
});

it('a job that nobody launched and a server that is not there get a sentence and a code', async () => {
  await expect(describeJob(server.client, 'no-such-job')).rejects.toMatchObject({
    code: 'job-not-found',
    message: expect.stringContaining('"no-such-job"') as string,
  });
  const nowhere = { address: '127.0.0.1:1', namespace: 'default', security: null };
  await expect(connectClient(nowhere)).rejects.toMatchObject({
    code: 'temporal-unreachable',
    message: expect.stringContaining('127.0.0.1:1') as string,
  });
});

it('without a worker a job has no progress to tell', async () => {
  const asked = request(new MemoryStore());
  const { workflowId } = (await startJob(server.client, asked)).job;
  expect(await queryProgress(server.client, workflowId)).toBeNull();
  await server.client.workflow.getHandle(workflowId).terminate();
});

it('the fleet tells its workers with their slots and what waits, and a deleted job is forgotten', async () => {
  const store = new MemoryStore();
  const asked = request(store);
  const { queuePrefix } = asked;
  const job = jobOn(store, asked.jobId);
  const { workflowId } = (await startJob(server.client, asked)).job;
  const ids = (): Promise<ReadonlySet<string>> => runningJobIds(server.client, queuePrefix);
  await expect.poll(async () => [...(await ids())], SOON).toEqual([asked.jobId]);
  await withWorkers(server, { queuePrefix, activities: job.activities }, async () => {
    await server.client.workflow.result(workflowId);
    // A worker that had nothing to do may ask for the first time after the job has ended, and counts lag behind.
    const seen = async () => {
      const fleet = await describeFleet(server.client, queuePrefix);
      return fleet.map(({ queue, workers, backlog }) => [queue, workers.length, backlog]);
    };
    await expect.poll(seen, SOON).toEqual([
      ['job', 1, 0],
      ['trace', 1, 0],
      ['llm', 1, 0],
      ['refine', 1, 0],
    ]);
    const [, trace] = await describeFleet(server.client, queuePrefix);
    expect(trace?.workers[0]?.polledAtMs).toBeGreaterThan(Date.now() - 120_000);
  });
  await forgetJob(server.client, workflowId);
  const found = () => findJob(server.client, workflowId);
  // The server deletes once it has indexed the end of the run, which takes it up to a minute.
  await expect.poll(found, { timeout: 120_000, interval: 500 }).toBeNull();
  expect(slotsOfIdentity(workerIdentity(4))).toBe(4);
  expect(slotsOfIdentity('4711@host')).toBeNull();
});

it('a retry starts the next revision with its own spec, and waits for no other environment', async () => {
  const store = new MemoryStore();
  const jobId = sha256(randomUUID());
  const spec = { name: `retried-${jobId.slice(0, 6)}`, output: { bucket: 'memory', set: 'r@v1' } };
  await runJob({ store, records: RECORDS, batchSize: 3, jobId, spec });
  const asked = request(store);
  const { queuePrefix } = asked;
  const fake = jobOn(store, jobId);
  const known: JobDescription = {
    ...{ jobId, workflowId: workflowIdOf(spec.name, jobId), name: spec.name, revision: 1 },
    ...{ state: 'published', bucket: 'memory', set: 'r@v1', startedAtMs: 0, endedAtMs: 1 },
  };
  const retry: RetryRequest = {
    ...{ job: known, store, queuePrefix, slots: 1, dispatchSeed: null, limits: {} },
    selection: { faulted: true, outcomes: [], reasons: [] },
  };
  const planned = await planRetry(retry);
  const started = await startRetry(server.client, retry, planned);
  expect(started).toMatchObject({ revision: 2, set: 'r@v2', state: 'running' });
  const own = JSON.parse(
    Buffer.from(await store.get(revisionSpecKey(jobId, 2))).toString(),
  ) as unknown;
  expect(own).toEqual(planned.spec);
  await expect(startRetry(server.client, retry, planned)).rejects.toMatchObject({ code: 'usage' });
  // The fakes probe another environment than the one that the revision was made in.
  await withWorkers(server, { queuePrefix, activities: fake.activities }, async () => {
    await server.client.workflow.result(known.workflowId).catch(() => undefined);
  });
  const failure = await failureOf(server.client, known.workflowId);
  expect(failure?.message).toContain(
    'environment-mismatch: the revision that is retried had another',
  );
});
