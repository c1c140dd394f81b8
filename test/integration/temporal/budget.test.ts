// How a job ends before its end, and how it goes on without a function that takes workers with it: on a real server.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { BatchInput, CauseReport, JobInput } from '../../../src/contract/job.ts';
import { describeJob, failureOf } from '../../../src/temporal/client.ts';
import { fakeJob, sealed } from '../../support/fake-activities.ts';
import { killerBatch } from '../../support/killer-batch.ts';
import {
  bundleHasty,
  jobInput,
  startTemporal,
  withWorkers,
} from '../../support/temporal-server.ts';
import type { TemporalServer } from '../../support/temporal-server.ts';

let server: TemporalServer;
beforeAll(async () => {
  server = await startTemporal();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

function start(input: JobInput): Promise<WorkflowHandle> {
  return server.client.workflow.start('traceJob', {
    taskQueue: `${input.queuePrefix}job`,
    workflowId: `test-${randomUUID()}`,
    args: [input],
  });
}

const CAUSES: CauseReport = {
  v: 1,
  invocations: 30,
  causes: [{ cause: 'sandbox-died', count: 4, examples: ['a.py::f#0'] }],
};

const budget = { acceptedMin: null, faultsMax: 0.05, outcomesAccepted: ['returned'] };

it('a job whose faults are too many stops early and says why, with causes and examples', async () => {
  const onBatch = (input: BatchInput) => {
    if (input.pass === 'unique') {
      return Promise.resolve({ ...sealed(input), counts: { inputsKept: 100 } });
    }
    const faulted = input.batchIndex === 2 ? 6 : 0;
    const counts = {
      invocationsPlanned: 10,
      outcomes: 10 - faulted,
      invocationsFaulted: faulted,
      returned: 10 - faulted,
    };
    return Promise.resolve({ ...sealed(input), counts });
  };
  const job = fakeJob({ batchCount: 10, onBatch, causes: CAUSES });
  const input = jobInput({ budget, window: 1 });
  const { queuePrefix } = input;
  await withWorkers(server, { queuePrefix, activities: job.activities }, async () => {
    const handle = await start(input);
    const failed: unknown = await handle.result().catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(WorkflowFailedError);
    const { cause } = failed as WorkflowFailedError;
    expect(cause).toBeInstanceOf(ApplicationFailure);
    expect(cause).toMatchObject({ type: 'require-not-met' });
    const failure = await failureOf(server.client, handle.workflowId);
    expect(failure?.message).toBe(
      'require-not-met: 6 of the first 30 invocations faulted (20.00%; 100 are planned); the spec allows 5.00%',
    );
    expect(failure?.causes).toEqual(CAUSES);
    expect((await describeJob(server.client, handle.workflowId)).state).toBe('failed');
  });
  expect(job.begun.get('trace')?.length).toBeLessThan(6);
  expect(job.begun.has('refine')).toBe(false);
  expect(job.ends).toMatchObject([
    { end: 'failed', code: 'require-not-met', causes: CAUSES, plan: { batches: 10 } },
  ]);
});

it('a batch that loses every worker is bisected to one function, and the job is published', async () => {
  const killer = killerBatch();
  const job = fakeJob({ batchCount: 3, onBatch: killer.onBatch });
  const input = jobInput();
  const { queuePrefix } = input;
  const bundle = await bundleHasty();
  await withWorkers(server, { queuePrefix, activities: job.activities, bundle }, async () => {
    await (await start(input)).result();
  });
  expect(killer.asked).toEqual([
    { from: 0, to: 0, giveUp: false },
    { from: 0, to: 4, giveUp: false },
    { from: 4, to: 8, giveUp: false },
    { from: 4, to: 6, giveUp: false },
    { from: 4, to: 5, giveUp: false },
    { from: 5, to: 6, giveUp: false },
    { from: 5, to: 6, giveUp: true },
    { from: 6, to: 8, giveUp: false },
  ]);
  expect(new Set(job.begun.get('refine'))).toEqual(new Set([0, 1, 2]));
  expect(job.ends).toEqual([]);
});

it('an error of the whole fleet ends the job with its code and bisects nothing', async () => {
  const asked: BatchInput[] = [];
  const onBatch = (input: BatchInput) => {
    if (input.pass !== 'trace') return Promise.resolve(sealed(input));
    asked.push(input);
    return Promise.reject(ApplicationFailure.nonRetryable('no such image', 'image-missing'));
  };
  const job = fakeJob({ batchCount: 1, onBatch });
  const input = jobInput();
  const { queuePrefix } = input;
  await withWorkers(server, { queuePrefix, activities: job.activities }, async () => {
    await expect((await start(input)).result()).rejects.toMatchObject({
      cause: { type: 'image-missing' },
    });
  });
  expect(asked.map(({ isolate }) => isolate)).toEqual([undefined]);
});
