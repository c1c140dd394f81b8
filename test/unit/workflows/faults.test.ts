import { expect, it } from 'vitest';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { asJobFailure, faultOf, isWorkerLost } from '../../../workflows/faults.ts';

const failed = (cause: Error): ActivityFailure =>
  new ActivityFailure('activity failed', 'traceBatch', '7', 'MAXIMUM_ATTEMPTS_REACHED', '', cause);

it('a fault is the code and message at the root of an activity failure', () => {
  const cause = ApplicationFailure.nonRetryable('other bytes', 'shard-conflict');
  expect(faultOf(failed(cause))).toEqual({
    code: 'shard-conflict',
    message: 'other bytes',
    activity: 'traceBatch',
  });
});

it('a timeout that used up its attempts fails the pass and says which one', () => {
  const fault = faultOf(failed(new TimeoutFailure('timed out', undefined, 'START_TO_CLOSE')));
  expect(fault).toMatchObject({ code: 'pass-failed', activity: 'traceBatch' });
  expect(fault?.message).toContain('START_TO_CLOSE');
});

it('beats that stop at every attempt are a lost worker, and nothing that has a code is', () => {
  const lost = failed(new TimeoutFailure('timed out', undefined, 'HEARTBEAT'));
  expect(faultOf(lost)).toMatchObject({ code: 'worker-lost', activity: 'traceBatch' });
  expect(isWorkerLost(lost)).toBe(true);
  expect(isWorkerLost(failed(new TimeoutFailure('late', undefined, 'START_TO_CLOSE')))).toBe(false);
  for (const code of ['image-missing', 'sandbox-unsafe', 'docker-unreachable', 'store-denied']) {
    expect(isWorkerLost(failed(ApplicationFailure.nonRetryable('x', code)))).toBe(false);
  }
});

it('a cancellation is no fault, however deep it lies', () => {
  expect(faultOf(new CancelledFailure('cancelled'))).toBeNull();
  expect(faultOf(failed(new CancelledFailure('cancelled')))).toBeNull();
});

it('an error of the program is no fault: it fails the workflow task and heals with a fixed worker', () => {
  expect(faultOf(new TypeError('x is undefined'))).toBeNull();
});

it('the job fails with the code and message of its fault and is not retried', () => {
  const fault = { code: 'store-denied', message: 'bucket is not ours', activity: 'traceBatch' };
  expect(asJobFailure(fault, null)).toMatchObject({
    type: 'store-denied',
    message: 'bucket is not ours',
    nonRetryable: true,
  });
});
