import { expect, it } from 'vitest';
import { activityOptions } from '../../../workflows/activity-options.ts';

const KINDS = ['light', 'batch', 'wholeJob', 'probe'] as const;
const QUEUE = { prefix: 'tracemill-', name: 'trace' } as const;

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

it.each(['batch', 'wholeJob', 'probe'] as const)(
  'a worker that dies under an activity of kind %s is noticed',
  (kind) => {
    expect(activityOptions(kind, QUEUE).heartbeatTimeout).toBe('30s');
  },
);
