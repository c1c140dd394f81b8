// Two jobs on one slot: the small one is not behind all that the large one has queued.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { BatchInput, BatchResult, JobInput } from '../../../src/contract/job.ts';
import { fakeJob, sealed } from '../../support/fake-activities.ts';
import { jobInput, startTemporal, withWorkers } from '../../support/temporal-server.ts';
import type { TemporalServer } from '../../support/temporal-server.ts';

const LARGE = 'a'.repeat(64);
const SMALL = 'b'.repeat(64);
const LARGE_BATCHES = 100;
const SMALL_BATCHES = 3;
const BATCH_MS = 50;

let server: TemporalServer;
beforeAll(async () => {
  server = await startTemporal();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const start = (input: JobInput): Promise<WorkflowHandle> =>
  server.client.workflow.start('traceJob', {
    taskQueue: `${input.queuePrefix}job`,
    workflowId: `test-${randomUUID()}`,
    args: [input],
  });

it('a small job ends while a large one still has most of its batches queued on the only slot', async () => {
  const served: string[] = [];
  const onBatch = async (input: BatchInput): Promise<BatchResult> => {
    if (input.pass === 'ingest' || input.pass === 'trace') {
      served.push(input.jobId);
      await sleep(BATCH_MS);
    }
    return sealed(input);
  };
  const fake = fakeJob({ batchCount: LARGE_BATCHES, onBatch });
  const activities = {
    ...fake.activities,
    planCorpus: ({ jobId }: { readonly jobId: string }) =>
      Promise.resolve({
        v: 1 as const,
        batchCount: jobId === LARGE ? LARGE_BATCHES : SMALL_BATCHES,
        planDigest: 'f'.repeat(64),
      }),
  };
  const large = jobInput({ jobId: LARGE, window: LARGE_BATCHES });
  const small = { ...jobInput({ jobId: SMALL, window: 8 }), queuePrefix: large.queuePrefix };
  const { queuePrefix } = large;
  await withWorkers(server, { queuePrefix, activities, slots: 1 }, async () => {
    const first = await start(large);
    await expect.poll(() => served.length, { timeout: 30_000 }).toBeGreaterThan(2);
    await (await start(small)).result();
    await first.cancel();
    await first.result().catch(() => undefined);
  });
  const ofSmall = served.flatMap((jobId, at) => (jobId === SMALL ? [at] : []));
  expect(ofSmall).toHaveLength(2 * SMALL_BATCHES);
  const between = served.slice(ofSmall[0], ofSmall.at(-1)).filter((jobId) => jobId === LARGE);
  // By turns it would be one for one; some are matched before the small job's next pass is queued.
  expect(between.length).toBeLessThan(LARGE_BATCHES / 2);
  expect(ofSmall[0]).toBeLessThan(LARGE_BATCHES / 2);
});
