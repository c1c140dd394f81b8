// The job: probe, plan, the passes in their order, commit. Everything it holds is ids, counts, keys and digests.
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import { batchCountOf, passesFrom } from '../src/core/plan.ts';
import { addBatch, beginPass } from '../src/core/progress.ts';
import type {
  JobQueueActivities,
  RefineQueueActivities,
  TraceQueueActivities,
} from '../src/contract/activities.ts';
import type { BatchResult, JobCursor, JobInput, JobResult, PassName } from '../src/contract/job.ts';
import { activityOptions } from './activity-options.ts';
import { asJobFailure, faultOf } from './faults.ts';
import { addressOf, answerMessages, openJob, setProgress } from './job-state.ts';
import type { JobState } from './job-state.ts';
import { runWindow } from './window.ts';

type PassEnd =
  { readonly kind: 'done' } | { readonly kind: 'handover'; readonly cursor: JobCursor };

/** Ends as published, failed or cancelled; the set's manifest is written only by a job that ends as published. */
export async function traceJob(input: JobInput): Promise<JobResult> {
  const job = openJob(input);
  answerMessages(job);
  try {
    const end = await runJob(job);
    if (end.kind === 'published') return end.result;
    await condition(allHandlersFinished);
  } catch (error) {
    throw await endJob(job, error);
  }
  return await continueAsNew<typeof traceJob>(carryOver(job));
}

async function runJob(
  job: JobState,
): Promise<{ kind: 'published'; result: JobResult } | { kind: 'handover' }> {
  job.cursor ??= await prepare(job);
  for (const pass of passesFrom(job.cursor.pass)) {
    const end = await runPass(job, pass);
    if (end.kind === 'handover') {
      job.cursor = end.cursor;
      return { kind: 'handover' };
    }
  }
  const result = await commit(job);
  setProgress(job, { ...job.progress, state: 'published' });
  return { kind: 'published', result };
}

async function prepare(job: JobState): Promise<JobCursor> {
  const { probeEnvironment } = proxyActivities<TraceQueueActivities>({
    ...activityOptions('probe', { prefix: job.input.queuePrefix, name: 'trace' }),
    summary: 'probe the environment',
  });
  const { planCorpus } = proxyActivities<JobQueueActivities>({
    ...activityOptions('wholeJob', { prefix: job.input.queuePrefix, name: 'job' }),
    summary: 'cut the corpus into batches',
  });
  const { environment } = await probeEnvironment(addressOf(job.input));
  setProgress(job, { ...job.progress, environment });
  const { planDigest, batchCount } = await planCorpus(addressOf(job.input));
  return {
    pass: 'ingest',
    batchCount,
    next: 0,
    environment,
    planDigest,
    planBatchCount: batchCount,
    paused: job.control.paused,
  };
}

async function runPass(job: JobState, pass: PassName): Promise<PassEnd> {
  const cursor = await enterPass(job, pass);
  job.cursor = cursor;
  const begun = { pass, batchesTotal: cursor.batchCount, nowMs: Date.now() };
  setProgress(job, beginPass(job.progress, begun));
  const run = batchActivity(job, cursor);
  const end = await runWindow({
    batchCount: cursor.batchCount,
    next: cursor.next,
    dispatchSeed: job.input.dispatchSeed,
    control: job.control,
    run,
    onDone: (result) => {
      setProgress(job, addBatch(job.progress, { pass, result, nowMs: Date.now() }));
    },
    isHistoryLong: () => isHistoryLong(job.input),
  });
  if (end.kind === 'done') return end;
  return { kind: 'handover', cursor: { ...cursor, next: end.next, paused: job.control.paused } };
}

/** The cursor of a pass that begins, or the one that was carried over where it had begun. */
async function enterPass(job: JobState, pass: PassName): Promise<JobCursor> {
  const cursor = cursorOf(job);
  if (cursor.pass === pass) return cursor;
  const publish = pass === 'publish' ? await planPublish(job) : 0;
  return {
    ...cursor,
    pass,
    next: 0,
    batchCount: batchCountOf(pass, { plan: cursor.planBatchCount, publish }),
  };
}

async function planPublish(job: JobState): Promise<number> {
  const activities = proxyActivities<RefineQueueActivities>({
    ...activityOptions('wholeJob', { prefix: job.input.queuePrefix, name: 'refine' }),
    summary: 'plan the published files',
  });
  const { batchCount } = await activities.planPublish(stepOf(job));
  return batchCount;
}

function batchActivity(
  job: JobState,
  cursor: JobCursor,
): (batchIndex: number) => Promise<BatchResult> {
  const { pass, batchCount } = cursor;
  const isTrace = pass === 'ingest' || pass === 'trace';
  const options = activityOptions('batch', {
    prefix: job.input.queuePrefix,
    name: isTrace ? 'trace' : 'refine',
  });
  const on = proxyActivities<TraceQueueActivities & RefineQueueActivities>(options);
  const activity = {
    ingest: on.ingestBatch,
    unique: on.mergeUnique,
    trace: on.traceBatch,
    refine: on.refineBatch,
    publish: on.publishPart,
  }[pass];
  return (batchIndex) =>
    activity.executeWithOptions(
      { ...options, summary: `${pass} ${String(batchIndex + 1)}/${String(batchCount)}` },
      [{ ...stepOf(job), pass, batchIndex }],
    );
}

async function commit(job: JobState): Promise<JobResult> {
  const { commitJob } = proxyActivities<RefineQueueActivities>({
    ...activityOptions('wholeJob', { prefix: job.input.queuePrefix, name: 'refine' }),
    summary: 'write the manifest',
  });
  const startedAtMs = job.progress.passes[0]?.startedAtMs ?? workflowInfo().startTime.getTime();
  return await commitJob({
    ...stepOf(job),
    publishBatchCount: cursorOf(job).batchCount,
    startedAtMs,
  });
}

/** Writes the revision's marker even where the job was cancelled, and gives the error that ends the workflow. */
async function endJob(job: JobState, error: unknown): Promise<unknown> {
  const fault = faultOf(error);
  if (fault === null && !isCancellation(error)) return error;
  setProgress(job, {
    ...job.progress,
    state: fault === null ? 'cancelled' : 'failed',
    lastFault: fault === null ? null : `${fault.code}: ${fault.message}`,
  });
  const { recordEnd } = proxyActivities<JobQueueActivities>({
    ...activityOptions('light', { prefix: job.input.queuePrefix, name: 'job' }),
    summary: fault === null ? 'mark as cancelled' : 'mark as failed',
  });
  const { jobId, revision, bucket } = job.input;
  const marker = {
    v: 1,
    jobId,
    revision,
    bucket,
    end: fault === null ? 'cancelled' : 'failed',
    code: fault?.code ?? null,
    message: fault?.message ?? null,
  } as const;
  try {
    await CancellationScope.nonCancellable(() => recordEnd(marker));
  } catch (markerError) {
    // The first reason wins: the store may be what failed, and Temporal's own status tells the end as well.
    if (faultOf(markerError) === null) return markerError;
  }
  return fault === null ? error : asJobFailure(fault);
}

function cursorOf(job: JobState): JobCursor {
  if (job.cursor === null)
    throw new Error('invariant broken: a pass runs before the job is planned');
  return job.cursor;
}

function stepOf(job: JobState) {
  const { environment, planDigest, planBatchCount } = cursorOf(job);
  return { ...addressOf(job.input), environment, planDigest, planBatchCount };
}

function isHistoryLong(input: JobInput): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  const max = input.historyEventsMax;
  return continueAsNewSuggested || (max !== null && historyLength >= max);
}

function carryOver(job: JobState): JobInput {
  const cursor = { ...cursorOf(job), paused: job.control.paused };
  return { ...job.input, window: job.control.window, progress: job.progress, cursor };
}
