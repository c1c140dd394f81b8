// Publishes a finished job anew, under another policy or another name: its next revision takes the traces over as they
// are, judges them and publishes. Nothing is executed.
import type { Client } from '@temporalio/client';
import type { Policy, PolicyRef } from '../contract/policy.ts';
import type { ResolvedSpec } from '../contract/spec.ts';
import { AppError } from '../errors.ts';
import { policyRef } from '../quality/policy-ref.ts';
import {
  isRevisionTraced,
  nextFreeVersion,
  publishedRevision,
} from '../store/finished-revision.ts';
import type { FinishedRevision } from '../store/finished-revision.ts';
import { chosenPolicy } from '../store/judgement.ts';
import { findSetManifest } from '../store/manifest.ts';
import { keepPolicy } from '../store/stored-policy.ts';
import type { JobDescription } from './client.ts';
import { revisionToFollow, startNext } from './next-revision.ts';
import type { RevisionRequest } from './next-revision.ts';

export interface PublishRequest extends RevisionRequest {
  /** `name@version`; null is the next free version of the job's set. */
  readonly set: string | null;
  /** Null is the one that the revision was judged by last. */
  readonly policy: Policy | null;
}

/** What is going to be published. */
export interface PlannedPublish {
  readonly from: FinishedRevision;
  readonly revision: number;
  readonly spec: ResolvedSpec;
}

/** Throws AppError `usage` where the job runs or has not traced all, `set-exists` where the set is published. */
export async function planPublishAgain(request: PublishRequest): Promise<PlannedPublish> {
  const { job, store, policy } = request;
  const { from, revision } = await revisionToFollow(request);
  const ref: PolicyRef =
    policy === null ? await chosenPolicy(store, job.jobId, from) : policyRef(policy);
  const set = await setToPublish(request, from);
  return {
    from,
    revision,
    spec: { ...from.spec, policy: ref, output: { ...from.spec.output, set } },
  };
}

/** Throws AppError `usage` where not all of the revision was traced, `set-exists` where the set is published. */
async function setToPublish(
  { job, store, set: asked }: RevisionRequest & Pick<PublishRequest, 'set'>,
  from: FinishedRevision,
): Promise<string> {
  if (!(await isRevisionTraced(store, job.jobId, from))) {
    throw new AppError(
      'usage',
      `job ${JSON.stringify(job.workflowId)} ended before everything was traced; launch it again, which goes on where it was`,
    );
  }
  const set = asked ?? (await nextFreeVersion(store, from.spec.output.set));
  if ((await findSetManifest(store, set)) === null) return set;
  throw new AppError(
    'set-exists',
    `set ${JSON.stringify(set)} is published already; name another with --as`,
  );
}

export interface RenderRequest extends RevisionRequest {
  readonly set: string | null;
  /** The published revision whose traces are rendered; null is the newest. */
  readonly of: number | null;
  readonly texts: Pick<ResolvedSpec, 'render' | 'balance'>;
}

/** The same traces by the same policy, with other texts. Throws what planPublishAgain throws. */
export async function planRender(request: RenderRequest): Promise<PlannedPublish> {
  const { job, store, of, texts } = request;
  const { from: newest, revision } = await revisionToFollow(request);
  const from = of === null ? newest : await publishedRevision(store, job.jobId, of);
  const set = await setToPublish(request, from);
  const { render: _render, balance: _balance, ...spec } = from.spec;
  return { from, revision, spec: { ...spec, ...texts, output: { ...spec.output, set } } };
}

/** Throws AppError `usage` where the job was started meanwhile, `temporal-unreachable` and `store-*`. */
export async function startPublish(
  client: Client,
  request: RevisionRequest & { readonly policy: Policy | null },
  planned: PlannedPublish,
): Promise<JobDescription> {
  const { job, store, policy } = request;
  const { from } = planned;
  if (policy !== null) await keepPolicy(store, job.jobId, policy);
  const { environment, digest: planDigest, batches } = from.plan;
  return await startNext(client, request, {
    ...planned,
    retry: null,
    adopt: { revision: from.revision, environment, planDigest, batches },
  });
}
