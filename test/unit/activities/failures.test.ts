import { expect, it } from 'vitest';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { asFailure, guarded } from '../../../activities/failures.ts';
import { NO_BEAT, withHeartbeat } from '../../../activities/heartbeat.ts';
import { AppError } from '../../../src/errors.ts';
import { NO_METRICS } from '../../../src/metrics/port.ts';

/** The SDK logs every failure of an activity. */
const QUIET = { logger: new DefaultLogger('ERROR') };

it('a fault becomes a failure whose type is its code and whose details are its context', () => {
  const fault = new AppError('store-timeout', 'object "k" was not read in time', {
    retryable: true,
    context: { key: 'k' },
  });
  const failure = asFailure(fault, 1);
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({
    type: 'store-timeout',
    message: 'object "k" was not read in time',
    nonRetryable: false,
    details: [{ key: 'k' }],
  });
});

it('a fault that cannot heal is not retried', () => {
  expect(asFailure(new AppError('shard-conflict', 'other bytes'), 1)).toMatchObject({
    nonRetryable: true,
  });
});

it('an error that nobody foresaw is retried twice and then ends the activity', () => {
  const tries = [1, 2, 3].map((attempt) =>
    asFailure(new TypeError('x is not a function'), attempt),
  );
  expect(tries).toMatchObject([
    { type: 'internal', nonRetryable: false },
    { nonRetryable: false },
    { nonRetryable: true },
  ]);
});

it('a failure stays below what Temporal would cut', () => {
  const failure = asFailure(new AppError('internal', 'x'.repeat(10_000)), 1);
  expect((failure as ApplicationFailure).message).toHaveLength(2_000);
});

it('a guarded activity throws mapped faults, counts them, and lets a cancellation through', async () => {
  const environment = new MockActivityEnvironment(undefined, QUIET);
  const counted: string[] = [];
  const metrics = { ...NO_METRICS, fault: (code: string) => void counted.push(code) };
  const fault = guarded(metrics, () => Promise.reject(new AppError('object-missing', 'gone')));
  await expect(environment.run(fault, null)).rejects.toMatchObject({ type: 'object-missing' });
  const broken = guarded(metrics, () => Promise.reject(new Error('no code')));
  await expect(environment.run(broken, null)).rejects.toMatchObject({ type: 'internal' });
  const cancelled = guarded(metrics, () => Promise.reject(new CancelledFailure('CANCELLED')));
  await expect(
    new MockActivityEnvironment(undefined, QUIET).run(cancelled, null),
  ).rejects.toBeInstanceOf(CancelledFailure);
  expect(counted).toEqual(['object-missing', 'internal']);
});

it('work under beats that breaks off when cancelled ends as cancelled, whatever it threw', async () => {
  const environment = new MockActivityEnvironment(undefined, QUIET);
  const beats: unknown[] = [];
  environment.on('heartbeat', (details: unknown) => beats.push(details));
  const activity = () =>
    withHeartbeat(
      () => NO_BEAT,
      (signal) =>
        new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(new AppError('sandbox-died', 'was stopped'));
          });
        }),
    );
  const running = environment.run(activity);
  await expect.poll(() => beats.length).toBeGreaterThan(1);
  environment.cancel('CANCELLED');
  await expect(running).rejects.toBeInstanceOf(CancelledFailure);
  expect(beats[0]).toEqual(NO_BEAT);
});
