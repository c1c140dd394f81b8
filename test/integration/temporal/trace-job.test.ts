// traceJob on a real server with fake activities: order, window, continue-as-new, control, ends.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type {
  BatchInput,
  JobCursor,
  JobInput,
  JobProgress,
  JobResult,
} from '../../../src/contract/job.ts';
import { batchAt } from '../../../src/core/dispatch.ts';
import { fakeJob, gate, sealed } from '../../support/fake-activities.ts';
import type { FakeJob } from '../../support/fake-activities.ts';
import { jobInput, startTemporal, withWorkers } from '../../support/temporal-server.ts';
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

async function start(input: JobInput): Promise<WorkflowHandle> {
  return await server.client.workflow.start('traceJob', {
    taskQueue: `${input.queuePrefix}job`,
    workflowId: `test-${randomUUID()}`,
    args: [input],
  });
}

async function withJob<T>(
  job: FakeJob,
  input: JobInput,
  work: (handle: WorkflowHandle) => Promise<T>,
): Promise<T> {
  const { queuePrefix } = input;
  return await withWorkers(server, { queuePrefix, activities: job.activities }, async () =>
    work(await start(input)),
  );
}

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

const progressOf = (handle: WorkflowHandle): Promise<JobProgress> =>
  handle.query<JobProgress>('progress');

async function failureOf(handle: WorkflowHandle): Promise<unknown> {
  try {
    await handle.result();
  } catch (error) {
    if (error instanceof WorkflowFailedError) return error.cause;
    throw error;
  }
  throw new Error('the workflow did not fail');
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const sorted = (list: readonly number[] | undefined): number[] =>
  [...(list ?? [])].sort((a, b) => a - b);

/** Batches of an activity in the order in which the workflow gave them out. */
function scheduled(history: History, activity: string): number[] {
  return (history.events ?? []).flatMap((event) => {
    const given = event.activityTaskScheduledEventAttributes;
    const data = given?.input?.payloads?.[0]?.data;
    if (given?.activityType?.name !== activity || data == null) return [];
    return [(JSON.parse(Buffer.from(data).toString()) as BatchInput).batchIndex];
  });
}

it('a job runs each batch of each pass once, pass after pass, and returns what commit made', async () => {
  const job = fakeJob({ batchCount: 5, publishCount: 3 });
  const { result, progress } = await withJob(job, jobInput(), async (handle) => ({
    result: (await handle.result()) as JobResult,
    progress: await progressOf(handle),
  }));
  expect(result).toMatchObject({ revision: 1, counts: { parts: 3 } });
  expect([...job.begun.keys()]).toEqual(['ingest', 'unique', 'trace', 'refine', 'publish']);
  expect([...job.begun.values()].map(sorted)).toEqual([5, 1, 5, 5, 3].map(range));
  expect(progress.state).toBe('published');
  expect(progress.passes.map(({ batchesDone }) => batchesDone)).toEqual([5, 1, 5, 5, 3]);
  expect(progress.passes[2]?.counts).toEqual({ done: 5, 'batches-sealed': 5 });
});

it('a large job gathers before it publishes, and plans both once', async () => {
  const job = fakeJob({ batchCount: 5, publishCount: 3, gatherCount: 4 });
  const input = jobInput({ historyEventsMax: 40, window: 2 });
  const progress = await withJob(job, input, async (handle) => {
    await handle.result();
    return await progressOf(handle);
  });
  expect([...job.begun.keys()].slice(-2)).toEqual(['gather', 'publish']);
  expect([...job.begun.values()].map(sorted)).toEqual([5, 1, 5, 5, 4, 3].map(range));
  expect(progress.passes.map(({ batchesDone }) => batchesDone)).toEqual([5, 1, 5, 5, 4, 3]);
});

it('a batch costs six events at most, and no history grows beyond its window', async () => {
  const job = fakeJob({ batchCount: 60 });
  const [max, window] = [150, 8];
  const input = jobInput({ window, historyEventsMax: max });
  const runs = await withJob(job, input, async (handle) => {
    await handle.result();
    const events: number[] = [];
    const [started] = (await handle.fetchHistory()).events ?? [];
    const first = started?.workflowExecutionStartedEventAttributes?.firstExecutionRunId;
    for (let runId = first ?? null; runId !== null;) {
      const of = server.client.workflow.getHandle(handle.workflowId, runId);
      const history: History = await of.fetchHistory();
      events.push(history.events?.length ?? 0);
      const last = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes;
      runId = last?.newExecutionRunId ?? null;
    }
    return events;
  });
  expect(runs.length).toBeGreaterThan(3);
  expect(Math.max(...runs)).toBeLessThanOrEqual(max + 3 * window * 6);
  const batches = 3 * 60 + 1 + 2;
  expect(runs.reduce((sum, each) => sum + each, 0) / batches).toBeLessThanOrEqual(6);
});

it('a window of three never has more than three batches in flight and a seed sets their order', async () => {
  // No batch of the first pass ends before three are in flight, so that however slowly they are given out, three are.
  const full = gate();
  const job: FakeJob = fakeJob({
    batchCount: 20,
    onBatch: async (input) => {
      if (job.inFlightMax() >= 3) full.open();
      await full.opened;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return sealed(input);
    },
  });
  const input = jobInput({ window: 3, dispatchSeed: 7 });
  const history = await withJob(job, input, async (handle) => {
    await handle.result();
    return await handle.fetchHistory();
  });
  expect(job.inFlightMax()).toBe(3);
  expect(sorted(job.begun.get('trace'))).toEqual(range(20));
  const order = range(20).map((position) => batchAt(position, 20, 7));
  expect(order).not.toEqual(range(20));
  expect(scheduled(history, 'traceBatch')).toEqual(order);
});

it('a job that continues as new keeps its place, its window and its counts', async () => {
  const job = fakeJob({ batchCount: 12 });
  const input = jobInput({ window: 4, historyEventsMax: 40 });
  const { progress, runs } = await withJob(job, input, async (handle) => {
    const first = await handle.describe();
    await handle.result();
    const last = await server.client.workflow.getHandle(handle.workflowId).describe();
    return { progress: await progressOf(handle), runs: [first.runId, last.runId] };
  });
  expect(new Set(runs).size).toBe(2);
  expect(sorted(job.begun.get('ingest'))).toEqual(range(12));
  expect(sorted(job.begun.get('trace'))).toEqual(range(12));
  expect(progress).toMatchObject({ state: 'published', window: 4 });
  expect(progress.passes.map(({ counts }) => counts['done'])).toEqual([12, 1, 12, 12, 2]);
});

it('a job that takes up a paused cursor waits, and goes on from its position', async () => {
  const job = fakeJob({ batchCount: 5 });
  const cursor: JobCursor = {
    pass: 'trace',
    batchCount: 5,
    next: 3,
    environment: 'e'.repeat(64),
    planDigest: 'f'.repeat(64),
    planBatchCount: 5,
    paused: true,
  };
  await withJob(job, jobInput({ cursor }), async (handle) => {
    expect((await progressOf(handle)).paused).toBe(true);
    await handle.executeUpdate('setWindow', { args: [{ window: 2 }] });
    expect(job.begun.size).toBe(0);
    await handle.executeUpdate('resume');
    await handle.result();
  });
  expect([...job.begun.keys()]).toEqual(['trace', 'refine', 'publish']);
  expect(sorted(job.begun.get('trace'))).toEqual([3, 4]);
});

it('a history limit below what a run begins with still lets every run do a batch', async () => {
  const job = fakeJob({ batchCount: 3 });
  await withJob(job, jobInput({ historyEventsMax: 1, window: 2 }), (handle) => handle.result());
  expect([...job.begun.values()].map(sorted)).toEqual([3, 1, 3, 3, 2].map(range));
});

it('a paused job gives out no batch until it is resumed, and a wider window takes effect at once', async () => {
  const held = gate();
  const job = fakeJob({
    batchCount: 12,
    onBatch: async (input) => {
      await held.opened;
      return sealed(input);
    },
  });
  await withJob(job, jobInput({ window: 2 }), async (handle) => {
    await expect.poll(() => job.begun.get('ingest')?.length, SOON).toBe(2);
    const paused = await handle.executeUpdate<JobProgress, []>('pause');
    expect(paused.paused).toBe(true);
    held.open();
    await expect.poll(async () => (await progressOf(handle)).passes[0]?.batchesDone, SOON).toBe(2);
    const wider = await handle.executeUpdate<JobProgress, [{ window: number }]>('setWindow', {
      args: [{ window: 5 }],
    });
    expect(wider).toMatchObject({ paused: true, window: 5 });
    expect(job.begun.get('ingest')).toHaveLength(2);
    await handle.executeUpdate('resume');
    await handle.result();
  });
  expect(sorted(job.begun.get('ingest'))).toEqual(range(12));
});

it('a window out of range is refused before it reaches the history', async () => {
  const held = gate();
  const job = fakeJob({
    batchCount: 1,
    onBatch: async (input) => {
      await held.opened;
      return sealed(input);
    },
  });
  await withJob(job, jobInput(), async (handle) => {
    const wide = handle.executeUpdate('setWindow', { args: [{ window: 8_001 }] });
    await expect(wide).rejects.toMatchObject({
      cause: { message: expect.stringContaining('8000') as string },
    });
    held.open();
    await handle.result();
  });
});

it('a cancelled job reaches its busy batches in under five seconds and leaves a marker', async () => {
  const stopped: number[] = [];
  const job = fakeJob({
    batchCount: 4,
    onBatch: async () => {
      const context = Context.current();
      const timer = setInterval(() => {
        context.heartbeat();
      }, 100);
      try {
        return await context.cancelled;
      } finally {
        stopped.push(Date.now());
        clearInterval(timer);
      }
    },
  });
  await withJob(job, jobInput({ window: 2 }), async (handle) => {
    await expect.poll(() => job.begun.get('ingest')?.length, SOON).toBe(2);
    const askedAt = Date.now();
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    expect(Math.max(...stopped) - askedAt).toBeLessThan(5_000);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect((await progressOf(handle)).state).toBe('cancelled');
  });
  expect(stopped).toHaveLength(2);
  expect(job.ends).toMatchObject([{ end: 'cancelled', revision: 1, code: null }]);
});

it('a fault that is not retried ends the job with its code and a marker, after what was in flight', async () => {
  const job = fakeJob({
    batchCount: 6,
    onBatch: async (input) => {
      if (input.pass === 'trace' && input.batchIndex === 1) {
        throw ApplicationFailure.nonRetryable('object "k" holds other bytes', 'shard-conflict');
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      return sealed(input);
    },
  });
  await withJob(job, jobInput({ window: 3 }), async (handle) => {
    const failure = await failureOf(handle);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({
      type: 'shard-conflict',
      message: 'object "k" holds other bytes',
      details: [{ activity: 'traceBatch' }],
    });
    expect((await progressOf(handle)).lastFault).toBe(
      'shard-conflict: object "k" holds other bytes',
    );
  });
  expect(job.begun.has('refine')).toBe(false);
  expect(job.ends).toMatchObject([{ end: 'failed', code: 'shard-conflict' }]);
});

it('a batch that a draining worker hands back is given out again and costs no attempt', async () => {
  const tries = new Map<number, number[]>();
  const job = fakeJob({
    batchCount: 3,
    onBatch: (input: BatchInput) => {
      const seen = tries.get(input.batchIndex) ?? [];
      if (input.pass === 'trace') {
        tries.set(input.batchIndex, [...seen, Context.current().info.attempt]);
      }
      const yields = input.pass === 'trace' && seen.length < 2;
      return Promise.resolve({ ...sealed(input), how: yields ? 'yielded' : 'sealed' });
    },
  });
  await withJob(job, jobInput(), (handle) => handle.result());
  expect([...tries.values()]).toEqual([1, 1, 1].map(() => [1, 1, 1]));
});

it('each activity carries a summary that names its pass and its place', async () => {
  const job = fakeJob({ batchCount: 3 });
  const history = await withJob(job, jobInput({ window: 1 }), async (handle) => {
    await handle.result();
    return await handle.fetchHistory();
  });
  const summaries = (history.events ?? []).flatMap((event) => {
    const data = event.userMetadata?.summary?.data;
    return data == null ? [] : [JSON.parse(Buffer.from(data).toString()) as string];
  });
  expect(summaries.slice(0, 4)).toEqual([
    'probe the environment',
    'cut the corpus into batches',
    'ingest 1/3',
    'ingest 2/3',
  ]);
  expect(summaries.at(-1)).toBe('write the manifest');
});
