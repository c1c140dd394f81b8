// What every next revision of a job that ended has in common: what it follows, its number, and its start.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { AdoptedRevision, RetryBasis } from '../contract/job.ts';
import type { ResolvedSpec } from '../contract/spec.ts';
import { revisionSpecKey } from '../core/keys.ts';
import { AppError } from '../errors.ts';
import { canonicalJson } from '../identity/digest.ts';
import { newestFinished, revisionNames } from '../store/finished-revision.ts';
import type { FinishedRevision } from '../store/finished-revision.ts';
import { readNoticeAddress } from '../store/notice-address.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { calling } from './calls.ts';
import { describeJob } from './client.ts';
import type { JobDescription } from './client.ts';
import { startRevision } from './start-job.ts';

export interface RevisionRequest {
  readonly job: JobDescription;
  readonly store: ObjectStore;
  readonly queuePrefix: string;
  readonly slots: number;
  readonly dispatchSeed: number | null;
}

/** The newest finished revision and the number of the next one. Throws AppError `usage` where there is none to follow. */
export async function revisionToFollow({
  job,
  store,
}: Pick<RevisionRequest, 'job' | 'store'>): Promise<{
  readonly from: FinishedRevision;
  readonly revision: number;
}> {
  const name = JSON.stringify(job.workflowId);
  if (job.state === 'running') {
    throw new AppError('usage', `job ${name} runs; wait for its end, or cancel it`);
  }
  const from = await newestFinished(store, job.jobId);
  if (from === null) {
    throw new AppError('usage', `job ${name} ended before it had a plan; launch it again`);
  }
  const { all } = await revisionNames(store, job.jobId);
  return { from, revision: Math.max(job.revision, all.at(-1) ?? 0) + 1 };
}

export interface NextRevision {
  readonly from: FinishedRevision;
  readonly revision: number;
  readonly spec: ResolvedSpec;
  readonly retry: RetryBasis | null;
  readonly adopt: AdoptedRevision | null;
}

/** Throws AppError `usage` where the job was started meanwhile, `temporal-unreachable` and `store-*`. */
export async function startNext(
  client: Client,
  request: RevisionRequest,
  next: NextRevision,
): Promise<JobDescription> {
  const { job, store, queuePrefix, slots, dispatchSeed } = request;
  const { from, revision, spec, retry, adopt } = next;
  const { jobId } = job;
  const specKey = revisionSpecKey(jobId, revision);
  await store.putIfAbsent(specKey, Buffer.from(`${canonicalJson(spec)}\n`, 'utf8'), {
    contentType: 'application/json',
  });
  const notify = await readNoticeAddress(store, { jobId, revision: from.revision });
  try {
    await calling(client, () =>
      startRevision(client, {
        ...{ jobId, spec, store, queuePrefix, slots, dispatchSeed },
        ...{ batchSize: from.batchSize, revision, specKey, notify, retry, adopt },
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new AppError('usage', `job ${JSON.stringify(job.workflowId)} runs again already`);
  }
  return await describeJob(client, job.workflowId);
}
