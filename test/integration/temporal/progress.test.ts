// What an operator sees of a running job, on a real server: batches in flight, what is tried again, and the same numbers
// after all workers were replaced. Looking costs no event.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApplicationFailure } from '@temporalio/common';
import { withHeartbeat } from '../../../activities/heartbeat.ts';
import { inFlightOf } from '../../../src/core/in-flight.ts';
import { paceOf } from '../../../src/core/pace.ts';
import { queryPosition, queryProgress } from '../../../src/temporal/client.ts';
import { pendingActivities } from '../../../src/temporal/pending.ts';
import { fakeJob, gate, sealed } from '../../support/fake-activities.ts';
import type { FakeBatch } from '../../support/fake-activities.ts';
import { jobInput, startTemporal, withWorkers } from '../../support/temporal-server.ts';
import type { TemporalServer } from '../../support/temporal-server.ts';

/** A busy machine takes its time between two tasks; nothing here waits this long. */
const SOON = { timeout: 30_000 };
/** EVENT_TYPE_WORKFLOW_TASK_COMPLETED of the server's interface. */
const WORKFLOW_TASK_COMPLETED = 7;
const TRACED = { functions: 10, outcomes: 29, returned: 29, invocationsFaulted: 1 };

let server: TemporalServer;
beforeAll(async () => {
  server = await startTemporal();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

it('a running job is seen with its batches in flight, also by workers that have just started', async () => {
  const held = gate();
  const { queuePrefix, ...input } = jobInput({ window: 4 });
  /** Two batches are sealed, one is half done, one finds no store. */
  const onBatch: FakeBatch = async (batch) => {
    if (batch.pass !== 'trace') return sealed(batch);
    if (batch.batchIndex < 2) return { ...sealed(batch), counts: TRACED };
    if (batch.batchIndex === 2) {
      throw ApplicationFailure.retryable('no S3 server answers', 'store-unreachable');
    }
    return await withHeartbeat(
      () => ({
        v: 1,
        done: 5,
        total: 10,
        durable: 0,
        outcomes: { returned: 14, 'fuel-exceeded': 1 },
        failures: [{ cause: 'fuel-exceeded', example: 'a.py::f#0' }],
      }),
      async () => {
        await held.opened;
        return sealed(batch);
      },
    );
  };
  const { client } = server;
  const workflowId = `test-${randomUUID()}`;
  const see = async () => ({
    progress: await queryProgress(client, workflowId),
    inFlight: inFlightOf(await pendingActivities(client, workflowId)),
  });
  const job = fakeJob({ batchCount: 4, onBatch });
  const whileHeld = async (): Promise<void> => {
    const handle = await client.workflow.start('traceJob', {
      taskQueue: `${queuePrefix}job`,
      workflowId,
      args: [{ ...input, queuePrefix }],
    });
    await expect
      .poll(async () => (await see()).inFlight, SOON)
      .toMatchObject({
        activities: 2,
        passes: [
          {
            pass: 'trace',
            batches: 0.5,
            functions: 5,
            invocations: 15,
            outcomes: { returned: 14, 'fuel-exceeded': 1 },
          },
        ],
        retrying: [{ activity: 'traceBatch', code: 'store-unreachable', attemptsMax: 10 }],
        faults: { 'store-unreachable': 1 },
        failures: [{ cause: 'fuel-exceeded', example: 'a.py::f#0' }],
      });
    // The two sealed batches are in the history before the workflow has taken them from there.
    const lastEvent = async () => (await handle.fetchHistory()).events?.at(-1)?.eventType;
    await expect.poll(lastEvent, SOON).toBe(WORKFLOW_TASK_COMPLETED);
    const eventsBefore = (await handle.describe()).historyLength;
    const { progress } = await see();
    expect(progress?.passes.at(-1)).toMatchObject({ batchesDone: 2, counts: { returned: 58 } });
    expect(await queryPosition(client, workflowId)).toMatchObject({
      jobId: input.jobId,
      planBatchCount: 4,
    });
    expect((await handle.describe()).historyLength).toBe(eventsBefore);
  };
  const { activities } = job;
  await withWorkers(server, { queuePrefix, activities }, () => whileHeld().finally(held.open));

  // Other workers: none of them has seen a batch of this job, and the third batch waits for its next attempt.
  const held2 = gate();
  const later = fakeJob({
    batchCount: 4,
    onBatch: async (batch) => {
      await held2.opened;
      return sealed(batch);
    },
  });
  await withWorkers(server, { queuePrefix, activities: later.activities }, async () => {
    await expect
      .poll(async () => (await see()).progress?.passes.at(-1), SOON)
      .toMatchObject({ pass: 'trace', batchesDone: 3, counts: { functions: 20, returned: 58 } });
    const { progress, inFlight } = await see();
    const trace = progress?.passes.at(-1);
    if (trace === undefined) throw new Error('no pass');
    const nothing = { batches: 0, functions: 0, invocations: 0 };
    const pace = paceOf(trace, nothing, Date.now());
    expect(pace.functionsPerSecond).toBeGreaterThan(0);
    expect(pace.leftMs).toBeGreaterThan(0);
    expect(inFlight.activities).toBe(1);
    held2.open();
    await client.workflow.result(workflowId);
  });
  expect((await see()).inFlight).toMatchObject({ activities: 0, slotsBusy: 0 });
});
