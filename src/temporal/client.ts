// Jobs as their operator meets them on Temporal: look and steer. start-job.ts starts them.
import {
  QueryNotRegisteredError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { CauseReport, JobProgress, StepInput } from '../contract/job.ts';
import { AppError } from '../errors.ts';
import { calling, isUnanswered } from './calls.ts';

/** What Temporal tells of a job; whether it is paused, only its progress tells. */
export interface JobDescription {
  readonly jobId: string;
  readonly workflowId: string;
  readonly name: string;
  readonly revision: number;
  readonly state: 'running' | 'published' | 'failed' | 'cancelled';
  readonly bucket: string;
  /** `name@version`. */
  readonly set: string;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
}

/** A memo is what Temporal carries beside a run; search attributes would have to be registered on each server. */
export interface JobMemo {
  readonly jobId: string;
  readonly name: string;
  readonly revision: number;
  readonly bucket: string;
  readonly set: string;
}

/** Readable and unique: the name, and the first 12 characters of the job's id (48 bits). */
export function workflowIdOf(name: string, jobId: string): string {
  return `${name}-${jobId.slice(0, 12)}`;
}

/** What a listing and a description have in common. */
interface Described {
  readonly workflowId: string;
  readonly status: { readonly name: string };
  readonly memo?: Record<string, unknown> | undefined;
  readonly startTime: Date;
  readonly closeTime?: Date | undefined;
}

function stateOf(info: Described): JobDescription['state'] {
  switch (info.status.name) {
    case 'COMPLETED':
      return 'published';
    case 'CANCELLED':
    case 'TERMINATED':
      return 'cancelled';
    case 'FAILED':
    case 'TIMED_OUT':
      return 'failed';
    default:
      return 'running';
  }
}

function descriptionOf(info: Described): JobDescription {
  const memo = (info.memo ?? {}) as Partial<JobMemo>;
  return {
    jobId: memo.jobId ?? '',
    workflowId: info.workflowId,
    name: memo.name ?? info.workflowId,
    revision: memo.revision ?? 1,
    state: stateOf(info),
    bucket: memo.bucket ?? '',
    set: memo.set ?? '',
    startedAtMs: info.startTime.getTime(),
    endedAtMs: info.closeTime?.getTime() ?? null,
  };
}

/** Throws AppError `job-not-found`. */
export async function describeJob(client: Client, workflowId: string): Promise<JobDescription> {
  return descriptionOf(
    await calling(client, () => client.workflow.getHandle(workflowId).describe()),
  );
}

/** Null where Temporal knows no such job. */
export async function findJob(client: Client, workflowId: string): Promise<JobDescription | null> {
  return await calling(client, async () => {
    try {
      return descriptionOf(await client.workflow.getHandle(workflowId).describe());
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  });
}

/** Newest first, one entry per job, at most `limit`. */
export async function listJobs(
  client: Client,
  query: { readonly queuePrefix: string; readonly limit: number },
): Promise<readonly JobDescription[]> {
  const filter = `WorkflowType = 'traceJob' AND TaskQueue = '${query.queuePrefix}job' AND ExecutionStatus != 'ContinuedAsNew'`;
  return await calling(client, async () => {
    const jobs = new Map<string, JobDescription>();
    for await (const info of client.workflow.list({ query: filter })) {
      if (!jobs.has(info.workflowId)) jobs.set(info.workflowId, descriptionOf(info));
      if (jobs.size >= query.limit) break;
    }
    return [...jobs.values()];
  });
}

/** A worker answers a query within a second; one that replays a long history first takes a few. */
const QUERY_TIMEOUT_MS = 10_000;

async function query<T>(client: Client, workflowId: string, name: string): Promise<T | null> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    return await calling(client, () => handle.query<T>(name), QUERY_TIMEOUT_MS);
  } catch (error) {
    // A worker of an older build does not know every question.
    if (isUnanswered(error) || error instanceof QueryNotRegisteredError) return null;
    throw error;
  }
}

/** Null where no worker answers. Throws AppError `job-not-found` and `temporal-unreachable`. */
export function queryProgress(client: Client, workflowId: string): Promise<JobProgress | null> {
  return query<JobProgress>(client, workflowId, 'progress');
}

/** Null before the job is planned, too. Throws as `queryProgress` does. */
export function queryPosition(client: Client, workflowId: string): Promise<StepInput | null> {
  return query<StepInput | null>(client, workflowId, 'position');
}

export interface JobFailure {
  /** `code: message`. */
  readonly message: string;
  /** Null where its end is not about what invocations did. */
  readonly causes: CauseReport | null;
}

function failureFrom({ cause, message }: WorkflowFailedError): JobFailure {
  if (!(cause instanceof ApplicationFailure)) {
    return { message: `pass-failed: ${cause?.message ?? message}`, causes: null };
  }
  const details = cause.details?.[0] as { readonly causes?: CauseReport | null } | undefined;
  return {
    message: `${cause.type ?? 'internal'}: ${cause.message}`,
    causes: details?.causes ?? null,
  };
}

/** Why a job failed; null where it runs, is published or was cancelled. */
export async function failureOf(client: Client, workflowId: string): Promise<JobFailure | null> {
  const job = await describeJob(client, workflowId);
  if (job.state !== 'failed') return null;
  try {
    await calling(client, () => client.workflow.result(workflowId));
    return null;
  } catch (error) {
    if (error instanceof WorkflowFailedError) return failureFrom(error);
    throw error;
  }
}

/** Returns once the server has taken the request; the job ends when what is in flight has stopped. */
export async function cancelJob(client: Client, workflowId: string): Promise<void> {
  await calling(client, () => client.workflow.getHandle(workflowId).cancel());
}

type Steer =
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'setWindow'; readonly window: number };

async function update(handle: WorkflowHandle, steer: Steer): Promise<JobProgress> {
  if (steer.kind === 'setWindow') {
    return await handle.executeUpdate<JobProgress, [{ window: number }]>('setWindow', {
      args: [{ window: steer.window }],
    });
  }
  return await handle.executeUpdate<JobProgress, []>(steer.kind);
}

/**
 * Pauses, resumes or widens a job; returns its progress once the job has taken it. Throws AppError
 * `service-not-available` where no worker answers, and `job-not-found`.
 */
export async function steerJob(
  client: Client,
  workflowId: string,
  steer: Steer,
): Promise<JobProgress> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    return await calling(client, () => update(handle, steer), QUERY_TIMEOUT_MS);
  } catch (error) {
    if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) && !isUnanswered(error)) {
      throw error;
    }
    throw new AppError(
      'service-not-available',
      `no worker answers for job ${workflowId}; start one with \`tracemill worker\``,
      { retryable: true, context: { workflowId }, cause: error },
    );
  }
}

/** Ids of all jobs that run on these queues now, whatever their number. */
export async function runningJobIds(
  client: Client,
  queuePrefix: string,
): Promise<ReadonlySet<string>> {
  const query = `WorkflowType = 'traceJob' AND TaskQueue = '${queuePrefix}job' AND ExecutionStatus = 'Running'`;
  return await calling(client, async () => {
    const ids = new Set<string>();
    for await (const info of client.workflow.list({ query })) ids.add(descriptionOf(info).jobId);
    return ids;
  });
}

/**
 * Removes every run of a job that has ended from Temporal, and those of its lanes; within a minute the job is no longer
 * listed. Lists lag behind: the newest run is asked for by itself.
 */
export async function forgetJob(client: Client, workflowId: string): Promise<void> {
  const { namespace } = client.options;
  await calling(client, async () => {
    const { runId: newest } = await client.workflow.getHandle(workflowId).describe();
    const runs = new Map([[newest, workflowId]]);
    const query = `WorkflowId = '${workflowId}' OR WorkflowId STARTS_WITH '${workflowId}/lanes/'`;
    for await (const run of client.workflow.list({ query })) runs.set(run.runId, run.workflowId);
    for (const [runId, id] of runs) {
      const workflowExecution = { workflowId: id, runId };
      await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
    }
  });
}
