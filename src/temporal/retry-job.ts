// Starts the next revision of a job that ended: it takes up some of its invocations again and keeps all other rows.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { Limits } from '../contract/limits.ts';
import type { ResolvedSpec, RetrySelection } from '../contract/spec.ts';
import { revisionSpecKey } from '../core/keys.ts';
import { AppError } from '../errors.ts';
import { canonicalJson } from '../identity/digest.ts';
import { newestFinished, nextFreeVersion, revisionNames } from '../store/finished-revision.ts';
import type { FinishedRevision } from '../store/finished-revision.ts';
import { readNoticeAddress } from '../store/notice-address.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { previewRetry } from '../store/retry-preview.ts';
import type { RetryPreview } from '../store/retry-preview.ts';
import { calling } from './calls.ts';
import { describeJob } from './client.ts';
import type { JobDescription } from './client.ts';
import { startRevision } from './start-job.ts';

export interface RetryRequest {
  readonly job: JobDescription;
  readonly store: ObjectStore;
  readonly selection: RetrySelection;
  /** Of the invocations that are taken up again, where they differ from the spec's. */
  readonly limits: Partial<Limits>;
  readonly queuePrefix: string;
  readonly slots: number;
  readonly dispatchSeed: number | null;
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
  const name = JSON.stringify(job.workflowId);
  if (job.state === 'running') {
    throw new AppError('usage', `job ${name} runs; wait for its end, or cancel it`);
  }
  const from = await newestFinished(store, job.jobId);
  if (from === null) {
    throw new AppError('usage', `job ${name} ended before it had a plan; launch it again`);
  }
  const preview = await previewRetry(store, { jobId: job.jobId, from }, selection);
  if (preview.invocations === 0) {
    throw new AppError(
      'usage',
      `no invocation of revision ${String(from.revision)} of job ${name} is such; there is nothing to retry`,
    );
  }
  const { all } = await revisionNames(store, job.jobId);
  const revision = Math.max(job.revision, all.at(-1) ?? 0) + 1;
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
  const { job, store, queuePrefix, slots, dispatchSeed } = request;
  const { from, revision, spec } = planned;
  const specKey = revisionSpecKey(job.jobId, revision);
  await store.putIfAbsent(specKey, Buffer.from(`${canonicalJson(spec)}\n`, 'utf8'), {
    contentType: 'application/json',
  });
  const { environment, digest } = from.plan;
  const notify = await readNoticeAddress(store, { jobId: job.jobId, revision: from.revision });
  try {
    await calling(client, () =>
      startRevision(client, {
        ...{ jobId: job.jobId, spec, store, queuePrefix, slots, dispatchSeed },
        ...{ batchSize: from.batchSize, revision, specKey, notify },
        retry: { environment, planDigest: digest },
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new AppError('usage', `job ${JSON.stringify(job.workflowId)} runs again already`);
  }
  return await describeJob(client, job.workflowId);
}
