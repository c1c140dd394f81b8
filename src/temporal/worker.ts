// A worker process on Temporal: one SDK worker per role, on the role's queue, over one connection.
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from '@temporalio/worker';
import type { NativeConnection, WorkerOptions } from '@temporalio/worker';
import type {
  JobQueueActivities,
  LlmQueueActivities,
  RefineQueueActivities,
  TraceQueueActivities,
} from '../contract/activities.ts';
import type { QueueName } from '../contract/job.ts';
import { workerIdentity } from './identity.ts';

/** Activities by queue; a role needs its own only. */
export interface ActivitiesByQueue {
  readonly job: JobQueueActivities;
  readonly trace: TraceQueueActivities;
  readonly llm: LlmQueueActivities;
  readonly refine: RefineQueueActivities;
}

export type WorkflowCode =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'code'; readonly code: string };

export interface RunWorkerOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly queuePrefix: string;
  readonly roles: readonly QueueName[];
  /** Batches of the queue trace at once: one per sandbox slot. */
  readonly slots: number;
  readonly activities: Partial<ActivitiesByQueue>;
  /** Needed by the role job. */
  readonly workflows: WorkflowCode | null;
  /** Abort to stop: polling ends, activities get `shutdownGraceMs` and are then cancelled. */
  readonly stop: AbortSignal;
  readonly shutdownGraceMs: number;
  /** Called once all roles poll. */
  readonly onReady: () => Promise<void>;
}

/**
 * Latency of a cancellation, and how stale a beat may be. A job workflow takes about 100 beats/s, so up to 200 slots
 * may beat every 2 s.
 */
const HEARTBEAT_THROTTLE = '2s';
/** Merging and publishing use one core each and hold one part in memory. */
const REFINE_ACTIVITIES_MAX = 2;
const JOB_ACTIVITIES_MAX = 10;
/** Batches that wait for replies: how many requests are out at once is the client's bound, not theirs. */
const LLM_ACTIVITIES_MAX = 4;
/** A cached job workflow is about 2 MB; more jobs than this are replayed when they go on. */
const CACHED_WORKFLOWS_MAX = 50;
/** After the grace, for what does not react to cancellation. */
const FORCE_AFTER_GRACE_MS = 20_000;
/** How soon it is seen that a role failed, and how long it then has to end by itself. */
const FAILED_LOOK_MS = 500;
const FAILED_END_MS = 5_000;

function workflowOptions(options: RunWorkerOptions): Partial<WorkerOptions> {
  if (options.workflows === null) throw new Error('invariant broken: role job without workflows');
  const { workflows } = options;
  return {
    workflowBundle:
      workflows.kind === 'file' ? { codePath: workflows.path } : { code: workflows.code },
    maxCachedWorkflows: CACHED_WORKFLOWS_MAX,
  };
}

/** What the role does at once, as `tracemill workers` shows it. */
function slotsOf(role: QueueName, { slots }: RunWorkerOptions): number {
  switch (role) {
    case 'job':
      return JOB_ACTIVITIES_MAX;
    case 'trace':
      return slots;
    case 'llm':
      return LLM_ACTIVITIES_MAX;
    case 'refine':
      return REFINE_ACTIVITIES_MAX;
  }
}

async function createRole(role: QueueName, options: RunWorkerOptions): Promise<Worker> {
  const activities = options.activities[role];
  if (activities === undefined) {
    throw new Error(`invariant broken: role ${role} without activities`);
  }
  return await Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    identity: workerIdentity(slotsOf(role, options)),
    taskQueue: `${options.queuePrefix}${role}`,
    activities,
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
    shutdownGraceTime: options.shutdownGraceMs,
    shutdownForceTime: options.shutdownGraceMs + FORCE_AFTER_GRACE_MS,
    maxConcurrentActivityTaskExecutions: slotsOf(role, options),
    ...(role === 'job' ? workflowOptions(options) : {}),
  });
}

/**
 * A role that Temporal refuses fails, but the SDK may then wait for ever for polls of it that nobody answers: whoever
 * watches processes would see one that lives and does nothing.
 */
async function runRole(worker: Worker): Promise<void> {
  const over = new AbortController();
  const watch = async (): Promise<never> => {
    for (;;) {
      await sleep(FAILED_LOOK_MS, undefined, { signal: over.signal, ref: false });
      if (worker.getState() !== 'FAILED') continue;
      await sleep(FAILED_END_MS, undefined, { signal: over.signal, ref: false });
      throw new Error('a role of the worker failed; the log says why');
    }
  };
  try {
    await Promise.race([worker.run(), watch()]);
  } finally {
    over.abort();
  }
}

/** Runs until `stop` is aborted and all has drained, or until a role fails, which stops the others. */
export async function runWorker(options: RunWorkerOptions): Promise<void> {
  const workers: Worker[] = [];
  for (const role of options.roles) workers.push(await createRole(role, options));
  const shutDown = (): void => {
    for (const worker of workers) {
      if (worker.getState() === 'RUNNING') worker.shutdown();
    }
  };
  options.stop.addEventListener('abort', shutDown, { once: true });
  const running = workers.map(async (worker) => {
    try {
      await runRole(worker);
    } finally {
      shutDown();
    }
  });
  const begin = async (): Promise<void> => {
    try {
      if (options.stop.aborted) shutDown();
      else await options.onReady();
    } catch (error) {
      shutDown();
      throw error;
    }
  };
  try {
    const ends = await Promise.allSettled([begin(), ...running]);
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    options.stop.removeEventListener('abort', shutDown);
  }
}
