// Tells of the end of a job without holding it back: a workflow of its own does, which is started once per revision and
// state.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { EndNotice } from '../src/contract/job.ts';
import type { JobState } from './job-state.ts';
import type { tellEnd } from './tell-end.ts';

type Ended = Pick<EndNotice, 'state' | 'code' | 'message' | 'causes' | 'result'>;

export const NO_FAULT = { code: null, message: null, causes: null } as const;

/** Nothing where the job names no address. The workflow that tells outlives the job. */
export async function noticeEnd(job: JobState, ended: Ended): Promise<void> {
  const { input, progress } = job;
  if (input.notify !== true) return;
  const { workflowId, startTime } = workflowInfo();
  const { jobId, revision, bucket, specKey, queuePrefix } = input;
  const notice: EndNotice = {
    v: 1,
    ...{ jobId, revision, bucket, specKey },
    job: workflowId,
    ...ended,
    startedAtMs: progress.passes[0]?.startedAtMs ?? startTime.getTime(),
    endedAtMs: Date.now(),
  };
  const start = () =>
    startChild<typeof tellEnd>('tellEnd', {
      workflowId: `${workflowId}/notice/${String(revision)}/${ended.state}`,
      args: [{ notice, queuePrefix }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: `tell that revision ${String(revision)} is ${ended.state}`,
    });
  try {
    // The job has ended as it has: a cancellation that comes now changes nothing of it.
    await CancellationScope.nonCancellable(start);
  } catch (error) {
    // It was told before: a revision ends once, whatever becomes of its record.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
