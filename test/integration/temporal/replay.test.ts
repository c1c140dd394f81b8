// A replay that ends without a report, on a real server: the command is told the code of the fault at the root.
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startReplay } from '../../../src/temporal/replay-set.ts';
import { fakeJob } from '../../support/fake-activities.ts';
import { RECORDS } from '../../support/fake-corpus.ts';
import { runJob } from '../../support/fake-job.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { startTemporal, withWorkers } from '../../support/temporal-server.ts';
import type { TemporalServer } from '../../support/temporal-server.ts';

let server: TemporalServer;
beforeAll(async () => {
  server = await startTemporal();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** How a replay ends whose files all end in this error. */
async function replayThatEndsIn(failure: ApplicationFailure): Promise<unknown> {
  const store = new MemoryStore();
  await runJob({ store, records: RECORDS, batchSize: 2 });
  const queuePrefix = `test-${randomUUID()}-`;
  const fakes = fakeJob({ batchCount: 0 }).activities;
  const activities = { ...fakes, replayFile: () => Promise.reject(failure) };
  return await withWorkers(server, { queuePrefix, activities }, async () => {
    const request = { store, set: 'fake@v1', share: 1, seed: 1, queuePrefix, slots: 1 };
    const { report } = await startReplay(server.client, request);
    return await report().catch((error: unknown) => error);
  });
}

it.each([
  ['environment-mismatch', 'environment-mismatch'],
  ['a type of nobody', 'internal'],
])('a replay whose files end in %s fails with the code %s', async (type, code) => {
  const message = 'this worker runs another environment';
  const failure = ApplicationFailure.create({ type, message, nonRetryable: true });
  expect(await replayThatEndsIn(failure)).toMatchObject({
    name: 'AppError',
    code,
    message: `the replay failed: ${message}`,
  });
});
