import { expect, it } from 'vitest';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { asJobFailure, faultOf } from '../../../workflows/faults.ts';

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
  const fault = faultOf(failed(new TimeoutFailure('timed out', undefined, 'HEARTBEAT')));
  expect(fault).toMatchObject({ code: 'pass-failed', activity: 'traceBatch' });
  expect(fault?.message).toContain('HEARTBEAT');
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
  expect(asJobFailure(fault)).toMatchObject({
    type: 'store-denied',
    message: 'bucket is not ours',
    nonRetryable: true,
  });
});
