// The end of a revision that publishes nothing: why, in the marker, in the failure and in the progress.
import { CancellationScope, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { JobQueueActivities, RefineQueueActivities } from '../src/contract/activities.ts';
import type { CauseReport, JobEnd } from '../src/contract/job.ts';
import { activityOptions } from './activity-options.ts';
import { asJobFailure, faultOf } from './faults.ts';
import type { Fault } from './faults.ts';
import { noticeEnd } from './notice.ts';
import { queueOf, setProgress, stepOf } from './job-state.ts';
import type { JobState } from './job-state.ts';

/** Writes the revision's marker even where the job was cancelled, and gives the error that ends the workflow. */
export async function endJob(job: JobState, error: unknown): Promise<unknown> {
  const fault = faultOf(error);
  if (fault === null && !isCancellation(error)) return error;
  setProgress(job, {
    ...job.progress,
    state: fault === null ? 'cancelled' : 'failed',
    lastFault: fault === null ? null : `${fault.code}: ${fault.message}`,
  });
  try {
    const causes = await CancellationScope.nonCancellable(() => causesOf(job, fault));
    await CancellationScope.nonCancellable(() => mark(job, fault, causes));
    await noticeUnpublished(job, fault, causes);
    return fault === null ? error : asJobFailure(fault, causes);
  } catch (markerError) {
    // The first reason wins: the store may be what failed, and Temporal's own status tells the end as well.
    if (faultOf(markerError) === null) return markerError;
    return fault === null ? error : asJobFailure(fault, null);
  }
}

/** Only where what the invocations did ended the job. Where they cannot be read, the job fails without them. */
async function causesOf(job: JobState, fault: Fault | null): Promise<CauseReport | null> {
  if (fault?.code !== 'require-not-met' || job.cursor === null) return null;
  const { explainCauses } = proxyActivities<RefineQueueActivities>({
    ...activityOptions('explain', queueOf(job, 'refine')),
    summary: 'find the most frequent causes',
  });
  try {
    return await explainCauses(stepOf(job));
  } catch (error) {
    if (faultOf(error) === null) throw error;
    return null;
  }
}

async function noticeUnpublished(
  job: JobState,
  fault: Fault | null,
  causes: CauseReport | null,
): Promise<void> {
  await noticeEnd(job, {
    state: fault === null ? 'cancelled' : 'failed',
    code: fault?.code ?? null,
    message: fault?.message ?? null,
    causes,
    result: null,
  });
}

async function mark(job: JobState, fault: Fault | null, causes: CauseReport | null): Promise<void> {
  const { recordEnd } = proxyActivities<JobQueueActivities>({
    ...activityOptions('light', queueOf(job, 'job')),
    summary: fault === null ? 'mark as cancelled' : 'mark as failed',
  });
  const { jobId, revision, bucket } = job.input;
  const { cursor } = job;
  const end: JobEnd = {
    v: 1,
    jobId,
    revision,
    bucket,
    end: fault === null ? 'cancelled' : 'failed',
    code: fault?.code ?? null,
    message: fault?.message ?? null,
    plan:
      cursor === null
        ? null
        : {
            environment: cursor.environment,
            digest: cursor.planDigest,
            batches: cursor.planBatchCount,
          },
    causes,
  };
  await recordEnd(end);
}
