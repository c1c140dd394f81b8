// What a retry finds in a finished job: its invocations by fate, its next revision and the next version of its set.
import { expect, it } from 'vitest';
import { explainCauses } from '../../../activities/explain-causes.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import type { RetrySelection } from '../../../src/contract/spec.ts';
import { revisionEndKey, setManifestKey } from '../../../src/core/keys.ts';
import { parseLimitOverrides } from '../../../src/schema/limit-overrides.ts';
import { planRetry } from '../../../src/temporal/retry-job.ts';
import type { RetryRequest } from '../../../src/temporal/retry-job.ts';
import { RECORDS } from '../../support/fake-corpus.ts';
import { ENVIRONMENT, PUBLISHED_JOB, prepareJob, runJob } from '../../support/fake-job.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const NOTHING: RetrySelection = { faulted: false, outcomes: [], reasons: [] };

function request(store: MemoryStore, change: Partial<RetryRequest> = {}): RetryRequest {
  return {
    job: PUBLISHED_JOB,
    store,
    selection: { ...NOTHING, faulted: true },
    limits: {},
    queuePrefix: 'test-',
    slots: 1,
    dispatchSeed: null,
    ...change,
  };
}

async function published(): Promise<MemoryStore> {
  const store = new MemoryStore();
  await runJob({ store, records: RECORDS, batchSize: 3 });
  return store;
}

it('a retry of what faulted is the next revision with the next free version of the set', async () => {
  const store = await published();
  await store.putIfAbsent(setManifestKey('fake@v2'), Buffer.from('{}'));
  const planned = await planRetry(request(store, { limits: { fuel: 7 } }));
  expect(planned).toMatchObject({
    revision: 2,
    from: { revision: 1, batchSize: 3, plan: { environment: ENVIRONMENT, batches: 3 } },
    preview: { invocations: 1, functions: 1, batches: 1, byOutcome: { 'sandbox-died': 1 } },
  });
  expect(planned.spec.output.set).toBe('fake@v3');
  expect(planned.spec.retry).toEqual({
    ...NOTHING,
    faulted: true,
    from: 1,
    limits: { ...DEFAULT_LIMITS, fuel: 7 },
  });
  // The job's own limits stay: rows that are kept were made under them.
  expect(planned.spec.limits).toEqual(DEFAULT_LIMITS);
});

it.each([
  [{ ...NOTHING, reasons: ['sandbox-died'] }, { 'sandbox-died': 1 }],
  [{ ...NOTHING, reasons: ['nondeterministic'] }, { returned: 1 }],
  [
    { ...NOTHING, reasons: ['fuel-exceeded', 'sandbox-died'] },
    { 'fuel-exceeded': 1, 'sandbox-died': 1 },
  ],
] as const)('a selection of %j finds %j', async (selection, byOutcome) => {
  const { preview } = await planRetry(request(await published(), { selection }));
  expect(preview.byOutcome).toEqual(byOutcome);
});

it('a job that runs, or has no such invocation, is not retried', async () => {
  const store = await published();
  const none = request(store, { selection: { ...NOTHING, outcomes: ['crashed'] } });
  await expect(planRetry(none)).rejects.toMatchObject({ code: 'usage' });
  const { job } = request(store);
  const running = request(store, { job: { ...job, state: 'running' } });
  await expect(planRetry(running)).rejects.toMatchObject({ code: 'usage' });
});

it('a job that failed is retried from what it had planned when it ended', async () => {
  const store = new MemoryStore();
  const at = await prepareJob({ store, records: RECORDS, batchSize: 3 });
  const plan = { environment: ENVIRONMENT, digest: at.planDigest, batches: at.planBatchCount };
  const end = revisionEndKey(at.jobId, 1, 'failed');
  await store.putIfAbsent(end, Buffer.from(JSON.stringify({ v: 1, plan })));
  const planned = await planRetry(request(store));
  expect(planned).toMatchObject({ revision: 2, from: { revision: 1, plan } });
});

it('limits are given by the names and in the units of the job spec', () => {
  expect(parseLimitOverrides(['fuel=400000', 'memory=512MiB', 'cpu=10s'])).toEqual({
    fuel: 400_000,
    memoryBytes: 512 * 1024 * 1024,
    cpuMs: 10_000,
  });
  expect(() => parseLimitOverrides(['speed=3'])).toThrow('is not NAME=VALUE');
  expect(() => parseLimitOverrides(['memory=lots'])).toThrow('limits.memory');
});

it('the causes of a failed job are counted over its trace objects, with examples', async () => {
  const store = new MemoryStore();
  const at = await prepareJob({ store, records: RECORDS, batchSize: 3 });
  const report = await explainCauses(at.deps, at);
  expect(report.invocations).toBe(13);
  expect(report.causes.map(({ cause, count }) => [cause, count])).toEqual([
    ['fuel-exceeded', 1],
    ['nondeterministic', 1],
    ['sandbox-died', 1],
  ]);
  expect(report.causes[0]?.examples).toEqual(['fake.jsonl::twice#2']);
});
