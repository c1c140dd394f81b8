// Who is told of the end of a job, how often, and that the job does not wait for it: on a real server.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WorkflowHandle } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { EndNotice } from '../../../src/contract/job.ts';
import { fakeJob, gate, sealed } from '../../support/fake-activities.ts';
import type { FakeBatch, FakeJob } from '../../support/fake-activities.ts';
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

async function run(
  job: FakeJob,
  notify: boolean,
  work: (handle: WorkflowHandle) => Promise<void>,
): Promise<void> {
  const input = jobInput({ notify, revision: 3 });
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

it('a published job is told of once, and its own end does not wait for who is told', async () => {
  const held = gate();
  const job = fakeJob({ batchCount: 1 });
  const slow = {
    ...job,
    activities: {
      ...job.activities,
      sendNotice: async (notice: EndNotice) => {
        Context.current().heartbeat();
        await held.opened;
        await job.activities.sendNotice(notice);
      },
    },
  };
  await run(slow, true, async (handle) => {
    await handle.result();
    expect(job.notices).toEqual([]);
    held.open();
    await expect.poll(() => job.notices.length, SOON).toBe(1);
    expect(job.notices[0]).toMatchObject({
      job: handle.workflowId,
      revision: 3,
      state: 'published',
      code: null,
      result: { manifestKey: 'sets/s/v1/manifest.json' },
    });
    const teller = server.client.workflow.getHandle(`${handle.workflowId}/notice/3/published`);
    await teller.result();
  });
  expect(job.notices).toHaveLength(1);
});

it('a failed job tells its code', async () => {
  const onBatch: FakeBatch = () =>
    Promise.reject(ApplicationFailure.nonRetryable('other bytes', 'shard-conflict'));
  const job = fakeJob({ batchCount: 1, onBatch });
  await run(job, true, async (handle) => {
    await expect(handle.result()).rejects.toThrow();
    await expect.poll(() => job.notices.length, SOON).toBe(1);
  });
  expect(job.notices).toMatchObject([
    { state: 'failed', code: 'shard-conflict', message: 'other bytes', result: null },
  ]);
});

it('a cancelled job tells that it was', async () => {
  const onBatch: FakeBatch = async () => {
    const context = Context.current();
    const timer = setInterval(() => {
      context.heartbeat();
    }, 100);
    try {
      return await context.cancelled;
    } finally {
      clearInterval(timer);
    }
  };
  const job = fakeJob({ batchCount: 1, onBatch });
  await run(job, true, async (handle) => {
    await expect.poll(() => job.begun.size, SOON).toBe(1);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    await expect.poll(() => job.notices.length, SOON).toBe(1);
  });
  expect(job.notices).toMatchObject([{ state: 'cancelled', code: null, result: null }]);
});

it('a job that names no address tells nobody', async () => {
  const job = fakeJob({ batchCount: 1, onBatch: (input) => Promise.resolve(sealed(input)) });
  await run(job, false, async (handle) => {
    await handle.result();
    const found = handle.workflowId;
    await expect(
      server.client.workflow.getHandle(`${found}/notice/3/published`).describe(),
    ).rejects.toThrow();
  });
  expect(job.notices).toEqual([]);
});
