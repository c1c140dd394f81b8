// Jobs whose passes run in lanes, on a real server: everything that holds of a job without lanes holds of them. A small
// `laneBatches` stands for the thousands of batches above which a pass has lanes.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { BatchInput, JobInput, JobProgress } from '../../../src/contract/job.ts';
import { cancelJob, failureOf, queryProgress, steerJob } from '../../../src/temporal/client.ts';
import { pendingActivities } from '../../../src/temporal/pending.ts';
import { fakeJob, gate, sealed, untilCancelled } from '../../support/fake-activities.ts';
import type { FakeJob } from '../../support/fake-activities.ts';
import { jobInput, startTemporal, withWorkers } from '../../support/temporal-server.ts';
import type { TemporalServer } from '../../support/temporal-server.ts';

const SOON = { timeout: 30_000 };
const BATCHES = 41;

let server: TemporalServer;
beforeAll(async () => {
  server = await startTemporal();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** A job of 41 batches in each pass that follows the plan, in 5 lanes. */
async function inLanes(
  job: FakeJob,
  given: Partial<JobInput>,
  work: (handle: WorkflowHandle) => Promise<unknown>,
): Promise<void> {
  const input = jobInput({ window: 10, laneBatches: 9, ...given });
  const { queuePrefix } = input;
  await withWorkers(server, { queuePrefix, activities: job.activities }, async () => {
    const handle = await server.client.workflow.start('traceJob', {
      taskQueue: `${queuePrefix}job`,
      workflowId: `test-${randomUUID()}`,
      args: [input],
    });
    await work(handle);
  });
}

const all = Array.from({ length: BATCHES }, (_, index) => index);
const inOrder = (begun: readonly number[] | undefined): number[] =>
  [...(begun ?? [])].sort((a, b) => a - b);

function expectWhole({ begun }: FakeJob): void {
  for (const pass of ['ingest', 'trace', 'refine'] as const) {
    expect(inOrder(begun.get(pass))).toEqual(all);
  }
  expect([begun.get('unique'), inOrder(begun.get('publish'))]).toEqual([[0], [0, 1]]);
}

const passOf = (progress: JobProgress | null, name: string) =>
  progress?.passes.find(({ pass }) => pass === name);

interface Lane {
  readonly workflowId: string;
  readonly events: number;
}

/** Every lane that the runs of a job began, with the events of its first run. */
async function lanesOf(handle: WorkflowHandle): Promise<Lane[]> {
  const lanes: Lane[] = [];
  let runId: string | null | undefined = (await handle.describe()).raw.workflowExecutionInfo
    ?.firstRunId;
  while (runId) {
    const run = server.client.workflow.getHandle(handle.workflowId, runId);
    const { events } = await run.fetchHistory();
    for (const event of events ?? []) {
      const started = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution;
      if (started?.workflowId == null) continue;
      const lane = server.client.workflow.getHandle(started.workflowId, started.runId ?? '');
      const history = await lane.fetchHistory();
      lanes.push({ workflowId: started.workflowId, events: history.events?.length ?? 0 });
    }
    runId = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return lanes;
}

it('every batch runs once, within the window, and the counts of all lanes are the job’s', async () => {
  const job = fakeJob({ batchCount: BATCHES });
  await inLanes(job, { dispatchSeed: 7 }, async (handle) => {
    await handle.result();
    const progress = await queryProgress(server.client, handle.workflowId);
    for (const pass of ['ingest', 'trace', 'refine']) {
      expect(passOf(progress, pass)).toMatchObject({
        batchesDone: BATCHES,
        counts: { done: BATCHES, 'batches-sealed': BATCHES },
      });
      expect(passOf(progress, pass)?.endedAtMs).not.toBeNull();
    }
    expect(await lanesOf(handle)).toHaveLength(15);
  });
  expectWhole(job);
  expect(job.inFlightMax()).toBeLessThanOrEqual(10);
});

it('lanes and their job continue as new, lose no batch and repeat none', async () => {
  const job = fakeJob({ batchCount: BATCHES });
  await inLanes(job, { historyEventsMax: 24, window: 5 }, async (handle) => {
    await handle.result();
    const { raw } = await handle.describe();
    expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(
      raw.workflowExecutionInfo?.execution?.runId,
    );
    const lanes = await lanesOf(handle);
    // Each run of the job takes its lanes up where they were.
    expect(lanes.length).toBeGreaterThan(15);
    expect(Math.max(...lanes.map(({ events }) => events))).toBeLessThanOrEqual(24 + 3 * 5 * 6);
    const progress = await queryProgress(server.client, handle.workflowId);
    expect(passOf(progress, 'trace')).toMatchObject({ counts: { done: BATCHES } });
  });
  expectWhole(job);
});

it('a paused job gives out no batch in any lane, and a wider window reaches all of them', async () => {
  const held = gate();
  const again = gate();
  const job = fakeJob({
    batchCount: BATCHES,
    onBatch: async (input) => {
      await (input.pass === 'ingest' && input.batchIndex < 10 ? held : again).opened;
      return sealed(input);
    },
  });
  await inLanes(job, {}, async (handle) => {
    const { workflowId } = handle;
    const begun = (): number => job.begun.get('ingest')?.length ?? 0;
    await expect.poll(begun, SOON).toBe(10);
    expect(await pendingActivities(server.client, workflowId)).toHaveLength(10);
    expect((await steerJob(server.client, workflowId, { kind: 'pause' })).paused).toBe(true);
    // The lanes hear of it a moment after the operator: then what is in flight ends, and nothing follows.
    await expect.poll(() => steersOf(handle), SOON).toBe(5);
    held.open();
    await expect
      .poll(async () => (await pendingActivities(server.client, workflowId)).length, SOON)
      .toBe(0);
    expect(begun()).toBe(10);
    await steerJob(server.client, workflowId, { kind: 'setWindow', window: 20 });
    await steerJob(server.client, workflowId, { kind: 'resume' });
    await expect.poll(begun, SOON).toBe(30);
    again.open();
    await handle.result();
  });
  expectWhole(job);
  expect(job.inFlightMax()).toBe(20);
});

/** Signals of a job that its lanes were given. */
async function steersOf(handle: WorkflowHandle): Promise<number> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).filter((event) => event.externalWorkflowExecutionSignaledEventAttributes)
    .length;
}

it('a window beyond what one workflow may have in flight makes lanes in the middle of a pass', async () => {
  const held = gate();
  const job = fakeJob({
    batchCount: 520,
    onBatch: async (input) => {
      if (input.pass === 'unique') return await untilCancelled();
      await held.opened;
      return sealed(input);
    },
  });
  await inLanes(job, { window: 4, laneBatches: 10_000 }, async (handle) => {
    const { workflowId } = handle;
    await expect.poll(() => job.begun.get('ingest')?.length, SOON).toBe(4);
    await steerJob(server.client, workflowId, { kind: 'setWindow', window: 600 });
    held.open();
    await expect.poll(() => job.begun.get('unique')?.length, { timeout: 90_000 }).toBe(1);
    const ingest = passOf(await queryProgress(server.client, workflowId), 'ingest');
    expect(ingest).toMatchObject({ batchesDone: 520, counts: { done: 520 } });
    expect(await lanesOf(handle)).toHaveLength(2);
    await cancelJob(server.client, workflowId);
    await expect(handle.result()).rejects.toThrow();
  });
  expect(inOrder(job.begun.get('ingest'))).toEqual(Array.from({ length: 520 }, (_, i) => i));
});

it('a cancelled job reaches the busy batches of every lane in under five seconds', async () => {
  const job = fakeJob({
    batchCount: BATCHES,
    onBatch: untilCancelled,
  });
  await inLanes(job, {}, async (handle) => {
    await expect.poll(() => job.begun.get('ingest')?.length, SOON).toBe(10);
    await cancelJob(server.client, handle.workflowId);
    await expect(handle.result()).rejects.toThrow();
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    const { events } = await handle.fetchHistory();
    const timeOf = (name: string): number[] =>
      (events ?? []).flatMap((event) => {
        const has = (event as unknown as Readonly<Record<string, unknown>>)[name];
        if (has == null) return [];
        return [Number(event.eventTime?.seconds) * 1_000 + Number(event.eventTime?.nanos) / 1e6];
      });
    const [asked = 0] = timeOf('workflowExecutionCancelRequestedEventAttributes');
    const ended = timeOf('childWorkflowExecutionCanceledEventAttributes');
    expect(ended).toHaveLength(5);
    expect(Math.max(...ended) - asked).toBeLessThan(5_000);
  });
  expect(job.ends).toMatchObject([{ end: 'cancelled', code: null }]);
});

it('a batch that fails for good ends the job with its code, and the other lanes with it', async () => {
  const job = fakeJob({
    batchCount: BATCHES,
    onBatch: (input) =>
      input.pass === 'trace' && input.batchIndex === 12
        ? Promise.reject(ApplicationFailure.nonRetryable('other bytes', 'shard-conflict'))
        : Promise.resolve(sealed(input)),
  });
  await inLanes(job, {}, async (handle) => {
    await expect(handle.result()).rejects.toThrow();
    const failure = await failureOf(server.client, handle.workflowId);
    expect(failure?.message).toBe('shard-conflict: other bytes');
  });
  expect(job.ends).toMatchObject([{ end: 'failed', code: 'shard-conflict' }]);
  expect(job.begun.has('refine')).toBe(false);
});

it('the error budget counts over all lanes and stops them', async () => {
  const onBatch = (input: BatchInput) => {
    if (input.pass === 'trace' && input.batchIndex >= 25) return untilCancelled();
    const counts =
      input.pass === 'unique'
        ? { inputsKept: 10 * BATCHES }
        : { invocationsPlanned: 10, outcomes: 8, invocationsFaulted: 2, returned: 8 };
    return Promise.resolve({ ...sealed(input), counts });
  };
  const job = fakeJob({ batchCount: BATCHES, onBatch });
  const budget = { acceptedMin: null, faultsMax: 0.05, outcomesAccepted: ['returned'] };
  await inLanes(job, { budget, window: 5 }, async (handle) => {
    await expect(handle.result()).rejects.toThrow();
    const failure = await failureOf(server.client, handle.workflowId);
    // Of 410 planned, 20 may fault: the eleventh batch is one too many, whichever lanes they are of.
    expect(failure?.message).toMatch(/^require-not-met: 2\d of the first \d+ invocations faulted/);
  });
  expect(job.begun.get('trace')?.length).toBeLessThan(BATCHES);
  expect(job.begun.has('refine')).toBe(false);
});
