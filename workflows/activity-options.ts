// Every timeout and retry of the job's activities, with its arithmetic. scheduleToStart and scheduleToClose stay unset
// everywhere: a queue that is paused, or that has no worker for a while, must not expire work.
import type { ActivityOptions } from '@temporalio/workflow';
import type { QueueName } from '../src/contract/job.ts';

/**
 * Codes that may heal are retried; AppError decides that where it is thrown (activities/failures.ts carries it over).
 * 1 + 2 + 4 + 8 + 16 + 32 + 60 + 60 + 60 s = 4 min of waiting before the tenth attempt: longer than a restart of a
 * service takes, short enough that an operator who broke one learns of it.
 */
const RETRY = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '1m',
  maximumAttempts: 10,
} as const;

/** A worker beats every second (activities/heartbeat.ts); 30 s leave room for an event loop that stalls under load. */
const HEARTBEAT_TIMEOUT = '30s';

/**
 * One small write, whose request to the store is bounded well below this. 1 + 2 + 4 + 8 = 15 s of waiting: the marker of
 * an end is a convenience, since Temporal's own status tells it too.
 */
const LIGHT = { startToCloseTimeout: '5m', retry: { ...RETRY, maximumAttempts: 5 } } as const;

/**
 * A batch of 250 functions with 6 inputs each, traced and confirmed, takes about 1,500 × 2 × 0.2 s = 10 min with the
 * reference tracer; one invocation may take 20 × 60 s × (1 + 4) = 100 min where a time limit fires twice. A day is far
 * above what a batch with a dozen of those needs. A batch that still runs out continues from its durable parts, and a
 * worker that is gone is found by its heartbeat, not by this.
 */
const BATCH = {
  startToCloseTimeout: '24h',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: RETRY,
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
} as const;

/** Cutting reads the corpus once, 1 TiB at 50 MB/s is 6 h; committing reads page by page and is shorter. */
const WHOLE_JOB = { ...BATCH, startToCloseTimeout: '12h' } as const;

/** First use of a slot creates its containers: 10 s, and up to a minute on a busy machine. */
const PROBE = { ...BATCH, startToCloseTimeout: '10m' } as const;

const TABLE = { light: LIGHT, batch: BATCH, wholeJob: WHOLE_JOB, probe: PROBE } as const;

export type ActivityKind = keyof typeof TABLE;

/** Options of a kind of activity on a queue. */
export function activityOptions(
  kind: ActivityKind,
  queue: { readonly prefix: string; readonly name: QueueName },
): ActivityOptions {
  return { ...TABLE[kind], taskQueue: `${queue.prefix}${queue.name}` };
}
