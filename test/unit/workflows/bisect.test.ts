import { expect, it } from 'vitest';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import type { BatchResult, Isolate } from '../../../src/contract/job.ts';
import { bisect } from '../../../workflows/bisect.ts';

const FUNCTIONS = 250;

function workerLost(): ActivityFailure {
  const cause = new TimeoutFailure('timed out', undefined, 'HEARTBEAT');
  return new ActivityFailure('lost', 'traceBatch', '7', 'MAXIMUM_ATTEMPTS_REACHED', '', cause);
}

/** A batch in which some functions take their worker with them. */
function batchWith(killers: readonly number[], durable = 0) {
  const given: Isolate[] = [];
  const covered = new Set<number>();
  const run = (isolate: Isolate): Promise<BatchResult> => {
    given.push(isolate);
    const { from, to, giveUp } = isolate;
    const dies = killers.some((killer) => killer >= from && killer < to);
    if (dies && !giveUp) return Promise.reject(workerLost());
    for (let at = from; at < to; at += 1) covered.add(at);
    const counts = { functions: FUNCTIONS, durable };
    return Promise.resolve({ v: 1, batchIndex: 0, how: 'parted', counts });
  };
  return { given, covered, run };
}

it('one function that takes its worker with it is given up and all others are done', async () => {
  const batch = batchWith([97]);
  await bisect(0, batch.run);
  expect(batch.covered.size).toBe(FUNCTIONS);
  expect(batch.given.filter(({ giveUp }) => giveUp)).toEqual([{ from: 97, to: 98, giveUp: true }]);
  expect(batch.given.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(FUNCTIONS)) + 2);
});

it('what is durable already is not run again', async () => {
  const batch = batchWith([249], 225);
  await bisect(0, batch.run);
  const begins = batch.given.filter(({ to }) => to > 0).map(({ from }) => from);
  expect(Math.min(...begins)).toBe(225);
  expect(batch.given.at(-1)).toEqual({ from: 249, to: 250, giveUp: true });
});

it('several such functions are each found', async () => {
  const batch = batchWith([0, 124, 125]);
  await bisect(0, batch.run);
  expect(batch.given.filter(({ giveUp }) => giveUp).map(({ from }) => from)).toEqual([0, 124, 125]);
  expect(batch.covered.size).toBe(FUNCTIONS);
});

it('a batch in which every function loses its worker blames the machines', async () => {
  const batch = batchWith([...Array(FUNCTIONS).keys()]);
  await expect(bisect(0, batch.run)).rejects.toMatchObject({ type: 'worker-lost' });
  expect(batch.given.filter(({ giveUp }) => giveUp)).toHaveLength(8);
});

it('a fault with a code ends the bisection at once', async () => {
  const cause = ApplicationFailure.nonRetryable('gone', 'image-missing');
  const failure = new ActivityFailure('x', 'traceBatch', '7', 'NON_RETRYABLE_FAILURE', '', cause);
  let runs = 0;
  const run = (): Promise<BatchResult> => {
    runs += 1;
    if (runs > 1) return Promise.reject(failure);
    const counts = { functions: FUNCTIONS, durable: 0 };
    return Promise.resolve({ v: 1, batchIndex: 0, how: 'parted', counts });
  };
  await expect(bisect(0, run)).rejects.toBe(failure);
  expect(runs).toBe(2);
});
