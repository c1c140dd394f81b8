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

/**
 * A range of a batch that lost its workers: a third loss is no accident. With 30 s to notice each and eight halvings of
 * 250 functions, one bad function is found after about 8 × 3 × 30 s = 12 min.
 */
const ISOLATE = { ...BATCH, retry: { ...RETRY, maximumAttempts: 3 } } as const;

/** Reads some twenty objects; the job fails with or without the answer. */
const EXPLAIN = {
  ...BATCH,
  startToCloseTimeout: '10m',
  retry: { ...RETRY, maximumAttempts: 3 },
} as const;

/**
 * An address that is away for a night is told in the morning: after some minutes of growing waits, every ten minutes for
 * two days. A worker that dies with the request under way is missed after its beats.
 */
const NOTICE = {
  startToCloseTimeout: '2m',
  heartbeatTimeout: '10s',
  retry: { ...RETRY, maximumInterval: '10m', maximumAttempts: 300 },
} as const;

const TABLE = {
  light: LIGHT,
  batch: BATCH,
  wholeJob: WHOLE_JOB,
  probe: PROBE,
  isolate: ISOLATE,
  explain: EXPLAIN,
  notice: NOTICE,
} as const;

export type ActivityKind = keyof typeof TABLE;

/** 128 bits of the digest; the server refuses keys of more than 64 bytes. */
const FAIRNESS_CHARACTERS = 32;

/** A range that is bisected, and what ends a job, do not wait behind a backlog (1 is first, 3 the server's default). */
const URGENT: ReadonlySet<ActivityKind> = new Set(['isolate', 'explain', 'light']);

/**
 * Options of a kind of activity on a queue. Jobs share a queue by turns: each is one key of the server's fairness, so
 * that a small job does not wait behind the window of a large one (docs/operating.md has the server settings).
 */
export function activityOptions(
  kind: ActivityKind,
  queue: { readonly prefix: string; readonly name: QueueName; readonly jobId: string },
): ActivityOptions {
  return {
    ...TABLE[kind],
    taskQueue: `${queue.prefix}${queue.name}`,
    priority: {
      priorityKey: URGENT.has(kind) ? 1 : 3,
      fairnessKey: queue.jobId.slice(0, FAIRNESS_CHARACTERS),
    },
  };
}
