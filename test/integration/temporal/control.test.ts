// How fast an operator's word reaches what is under way, as the server's own events tell it: with the worker and the beats
// of the product, and activities that stand for busy ones.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import { withHeartbeat } from '../../../activities/heartbeat.ts';
import { cancelJob, steerJob } from '../../../src/temporal/client.ts';
import { runWorker } from '../../../src/temporal/worker.ts';
import { fakeJob, gate, sealed } from '../../support/fake-activities.ts';
import type { FakeBatch, FakeJob } from '../../support/fake-activities.ts';
import { jobInput, startTemporal } from '../../support/temporal-server.ts';
import type { TemporalServer } from '../../support/temporal-server.ts';

/** A busy machine takes its time between two tasks; nothing here waits this long. */
const SOON = { timeout: 30_000 };
/** What docs/operating.md promises. */
const REACHES_MS = 5_000;

let server: TemporalServer;
beforeAll(async () => {
  server = await startTemporal();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** A job on a worker as src/main/worker.ts runs one, with two slots. */
async function withProduct(
  job: FakeJob,
  work: (handle: WorkflowHandle) => Promise<void>,
): Promise<void> {
  const input = jobInput({ window: 4 });
  const { queuePrefix } = input;
  const stop = new AbortController();
  const { activities } = job;
  const running = runWorker({
    connection: server.connection,
    namespace: server.namespace,
    queuePrefix,
    roles: ['job', 'trace', 'refine'],
    slots: 2,
    activities: { job: activities, trace: activities, refine: activities },
    workflows: { kind: 'code', code: server.bundle },
    stop: stop.signal,
    shutdownGraceMs: 5_000,
    onReady: () => Promise.resolve(),
  });
  try {
    const handle = await server.client.workflow.start('traceJob', {
      taskQueue: `${queuePrefix}job`,
      workflowId: `test-${randomUUID()}`,
      args: [input],
    });
    await work(handle);
  } finally {
    stop.abort();
    await running;
  }
}

interface Stamp {
  readonly seconds?: { toString(): string } | number | null;
  readonly nanos?: number | null;
}

/** Milliseconds of the server's clock, by the kind of event. */
async function timesOf(handle: WorkflowHandle, attributes: string): Promise<readonly number[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap((event) => {
    const has = (event as unknown as Readonly<Record<string, unknown>>)[attributes];
    const stamp = event.eventTime as Stamp | null | undefined;
    if (has == null || stamp == null) return [];
    return [Number(stamp.seconds?.toString() ?? 0) * 1_000 + (stamp.nanos ?? 0) / 1e6];
  });
}

/** Busy until it is cancelled, as a batch of slow functions is. */
const busy: FakeBatch = (input) =>
  withHeartbeat(
    () => ({ v: 1, done: 0, total: 1, durable: 0 }),
    (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error(`batch ${String(input.batchIndex)} broke off`));
        });
      }),
  );

it('a cancellation reaches busy batches within five seconds', async () => {
  const job = fakeJob({ batchCount: 4, onBatch: busy });
  await withProduct(job, async (handle) => {
    await expect.poll(() => job.begun.get('ingest')?.length, SOON).toBe(2);
    await cancelJob(server.client, handle.workflowId);
    await expect(handle.result()).rejects.toThrow();
    const [asked = 0] = await timesOf(handle, 'workflowExecutionCancelRequestedEventAttributes');
    const ended = await timesOf(handle, 'activityTaskCanceledEventAttributes');
    // Four were given out: two were busy, two waited for a slot.
    expect(ended).toHaveLength(4);
    expect(asked).toBeGreaterThan(0);
    expect(Math.max(...ended) - asked).toBeLessThan(REACHES_MS);
  });
});

it('once a pause is accepted no batch is given out until the job is resumed', async () => {
  const held = gate();
  const job = fakeJob({
    batchCount: 40,
    onBatch: async (input) => {
      if (input.batchIndex >= 4) await held.opened;
      return sealed(input);
    },
  });
  await withProduct(job, async (handle) => {
    await expect.poll(() => job.begun.get('ingest')?.length ?? 0, SOON).toBeGreaterThan(4);
    await steerJob(server.client, handle.workflowId, { kind: 'pause' });
    held.open();
    // What was in flight ends: each of them makes room for another batch, and none is given out.
    await expect
      .poll(async () => {
        const given = await timesOf(handle, 'activityTaskScheduledEventAttributes');
        const ended = await timesOf(handle, 'activityTaskCompletedEventAttributes');
        return given.length - ended.length;
      }, SOON)
      .toBe(0);
    await steerJob(server.client, handle.workflowId, { kind: 'resume' });
    await handle.result();
    const [paused = 0, resumed = 0] = await timesOf(
      handle,
      'workflowExecutionUpdateAcceptedEventAttributes',
    );
    const given = await timesOf(handle, 'activityTaskScheduledEventAttributes');
    const between = given.filter((at) => at > paused && at < resumed);
    expect(resumed).toBeGreaterThan(paused);
    expect(between).toEqual([]);
  });
});
