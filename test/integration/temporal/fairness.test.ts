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
const LARGE_BATCHES = 150;
const SMALL_BATCHES = 3;
const BATCH_MS = 50;

interface Taken {
  readonly givenAtMs: number;
  readonly takenAtMs: number;
}

/** When each batch of the queue trace was given out, and when the slot took it. */
async function taken(handle: WorkflowHandle): Promise<Taken[]> {
  const events = (await handle.fetchHistory()).events ?? [];
  const msOf = (event: (typeof events)[number] | undefined): number => {
    const { seconds, nanos } = event?.eventTime ?? {};
    return Number(seconds ?? 0) * 1_000 + (nanos ?? 0) / 1e6;
  };
  const byId = new Map(events.map((event) => [String(event.eventId), event]));
  return events.flatMap((event) => {
    const given = byId.get(String(event.activityTaskStartedEventAttributes?.scheduledEventId));
    const name = given?.activityTaskScheduledEventAttributes?.activityType?.name;
    if (name !== 'ingestBatch' && name !== 'traceBatch') return [];
    return [{ givenAtMs: msOf(given), takenAtMs: msOf(event) }];
  });
}

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

it('batches of a small job are not behind all that a large one has queued on the only slot', async () => {
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
  await withWorkers(server, { queuePrefix, activities, traceSlots: 1 }, async () => {
    const first = await start(large);
    await expect.poll(() => served.length, { timeout: 30_000 }).toBeGreaterThan(2);
    const second = await start(small);
    await second.result();
    await first.cancel();
    await first.result().catch(() => undefined);
    const ofLarge = await taken(first);
    const before = (await taken(second)).map(
      ({ givenAtMs, takenAtMs }) =>
        ofLarge.filter((other) => other.takenAtMs > givenAtMs && other.takenAtMs < takenAtMs)
          .length,
    );
    expect(before).toHaveLength(2 * SMALL_BATCHES);
    // First come, first served would put some 140 batches before the first one; by turns it is one or two.
    expect(Math.max(...before)).toBeLessThan(LARGE_BATCHES / 10);
  });
});
