// A worker of every role on a real server: it serves, and it drains without costing a batch an attempt.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Context } from '@temporalio/activity';
import type { JobActivities } from '../../../src/contract/activities.ts';
import { runWorker } from '../../../src/temporal/worker.ts';
import { fakeJob, sealed } from '../../support/fake-activities.ts';
import type { FakeBatch } from '../../support/fake-activities.ts';
import { jobInput, startTemporal } from '../../support/temporal-server.ts';
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

function work(given: {
  readonly queuePrefix: string;
  readonly activities: JobActivities;
  readonly stop: AbortSignal;
  readonly onReady?: () => Promise<void>;
}): Promise<void> {
  const { queuePrefix, activities, stop } = given;
  return runWorker({
    connection: server.connection,
    namespace: server.namespace,
    queuePrefix,
    roles: ['job', 'trace', 'refine'],
    slots: 2,
    activities: { job: activities, trace: activities, refine: activities },
    workflows: { kind: 'code', code: server.bundle },
    stop,
    shutdownGraceMs: 5_000,
    onReady: given.onReady ?? (() => Promise.resolve()),
  });
}

it('a worker that is told to stop hands its batches back and the next worker does them at attempt 1', async () => {
  const input = jobInput();
  const { queuePrefix } = input;
  const stop = new AbortController();
  const attempts: number[] = [];
  const drains: FakeBatch = async (batch) => {
    if (batch.pass !== 'trace') return sealed(batch);
    while (!stop.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 10));
    return { ...sealed(batch), how: 'yielded' };
  };
  const first = fakeJob({ batchCount: 2, onBatch: drains });
  const draining = work({ queuePrefix, activities: first.activities, stop: stop.signal });
  const handle = await server.client.workflow.start('traceJob', {
    taskQueue: `${queuePrefix}job`,
    workflowId: `test-${randomUUID()}`,
    args: [input],
  });
  // A task that the server hands to a worker in the moment in which it stops polling costs an attempt, not a result.
  await expect.poll(() => first.begun.get('trace')?.length, SOON).toBe(2);
  stop.abort();
  await draining;

  const second = fakeJob({
    batchCount: 2,
    onBatch: (batch) => {
      if (batch.pass === 'trace') attempts.push(Context.current().info.attempt);
      return Promise.resolve(sealed(batch));
    },
  });
  const end = new AbortController();
  const running = work({ queuePrefix, activities: second.activities, stop: end.signal });
  expect(await handle.result()).toMatchObject({ revision: 1 });
  end.abort();
  await running;
  expect(attempts).toEqual([1, 1]);
  expect(second.begun.has('ingest')).toBe(false);
});

it('a worker says when it is ready, and one that cannot say so stops', async () => {
  const { queuePrefix } = jobInput();
  const { activities } = fakeJob({ batchCount: 1 });
  const stop = new AbortController();
  const running = work({
    queuePrefix,
    activities,
    stop: stop.signal,
    onReady: () => Promise.reject(new Error('the ready file cannot be written')),
  });
  await expect(running).rejects.toThrow('the ready file cannot be written');
});
