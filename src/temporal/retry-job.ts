// Starts the next revision of a job that ended: it takes up some of its invocations again and keeps all other rows.
import type { Client } from '@temporalio/client';
import type { Limits } from '../contract/limits.ts';
import type { ResolvedSpec, RetrySelection } from '../contract/spec.ts';
import { AppError } from '../errors.ts';
import { nextFreeVersion } from '../store/finished-revision.ts';
import type { FinishedRevision } from '../store/finished-revision.ts';
import { previewRetry } from '../store/retry-preview.ts';
import type { RetryPreview } from '../store/retry-preview.ts';
import type { JobDescription } from './client.ts';
import { revisionToFollow, startNext } from './next-revision.ts';
import type { RevisionRequest } from './next-revision.ts';

export interface RetryRequest extends RevisionRequest {
  readonly selection: RetrySelection;
  /** Of the invocations that are taken up again, where they differ from the spec's. */
  readonly limits: Partial<Limits>;
}

/** What a retry is going to do. */
export interface PlannedRetry {
  readonly from: FinishedRevision;
  readonly revision: number;
  readonly spec: ResolvedSpec;
  readonly preview: RetryPreview;
}

/**
 * Reads and writes nothing else. Throws AppError `usage` where the job runs, never came to its invocations, or has none
 * that is selected.
 */
export async function planRetry(request: RetryRequest): Promise<PlannedRetry> {
  const { job, store, selection } = request;
  const { from, revision } = await revisionToFollow(request);
  const preview = await previewRetry(store, { jobId: job.jobId, from }, selection);
  if (preview.invocations === 0) {
    throw new AppError(
      'usage',
      `no invocation of revision ${String(from.revision)} of job ${JSON.stringify(job.workflowId)} is such; there is nothing to retry`,
    );
  }
  const spec: ResolvedSpec = {
    ...from.spec,
    output: { ...from.spec.output, set: await nextFreeVersion(store, from.spec.output.set) },
    retry: {
      ...selection,
      from: from.revision,
      limits: { ...from.spec.limits, ...request.limits },
    },
  };
  return { from, revision, spec, preview };
}

/** Throws AppError `usage` where the job was started meanwhile, `temporal-unreachable` and `store-*`. */
export async function startRetry(
  client: Client,
  request: RetryRequest,
  planned: PlannedRetry,
): Promise<JobDescription> {
  const { environment, digest } = planned.from.plan;
  const retry = { environment, planDigest: digest };
  return await startNext(client, request, { ...planned, retry, adopt: null });
}
