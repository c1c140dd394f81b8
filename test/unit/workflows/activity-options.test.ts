import { expect, it } from 'vitest';
import { activityOptions } from '../../../workflows/activity-options.ts';

const KINDS = ['light', 'batch', 'wholeJob', 'probe', 'isolate', 'explain'] as const;
const QUEUE = { prefix: 'tracemill-', name: 'trace', jobId: 'a'.repeat(64) } as const;

it.each(KINDS)(
  'activities of kind %s end, are retried a bounded number of times and never expire in a queue',
  (kind) => {
    const options = activityOptions(kind, QUEUE);
    expect(options.startToCloseTimeout).toBeDefined();
    expect(options.retry?.maximumAttempts).toBeGreaterThan(1);
    expect(options.retry?.maximumAttempts).toBeLessThanOrEqual(10);
    expect(options).not.toHaveProperty('scheduleToStartTimeout');
    expect(options).not.toHaveProperty('scheduleToCloseTimeout');
    expect(options.taskQueue).toBe('tracemill-trace');
  },
);

it.each(['batch', 'wholeJob', 'probe', 'isolate', 'explain'] as const)(
  'a worker that dies under an activity of kind %s is noticed',
  (kind) => {
    expect(activityOptions(kind, QUEUE).heartbeatTimeout).toBe('30s');
  },
);

it('jobs take turns on a queue, and a range that is bisected goes before what waits', () => {
  const batch = activityOptions('batch', QUEUE).priority;
  expect(batch).toEqual({ priorityKey: 3, fairnessKey: 'a'.repeat(32) });
  expect(activityOptions('isolate', QUEUE).priority?.priorityKey).toBe(1);
});
