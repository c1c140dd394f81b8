// Starts the job of a spec, or finds it: the same spec on the same corpus is one job.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { AdoptedRevision, JobBudget, JobInput, RetryBasis } from '../contract/job.ts';
import type { ResolvedSpec } from '../contract/spec.ts';
import { isPlaced } from '../core/plan.ts';
import { windowFor } from '../core/dispatch.ts';
import { specKey } from '../core/keys.ts';
import { decideLaunch } from '../core/launch-decision.ts';
import type { LaunchFacts } from '../core/launch-decision.ts';
import { canonicalJson } from '../identity/digest.ts';
import { writeNoticeAddress } from '../store/notice-address.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { readPolicy } from '../store/stored-policy.ts';
import { calling } from './calls.ts';
import { describeJob, findJob, workflowIdOf } from './client.ts';
import type { JobDescription, JobMemo } from './client.ts';
import { revisionsOf } from './revisions.ts';

export interface StartRequest {
  readonly jobId: string;
  readonly spec: ResolvedSpec;
  readonly store: ObjectStore;
  readonly queuePrefix: string;
  readonly batchSize: number;
  /** Slots of the fleet, for the window; `setWindow` changes it while the job runs. */
  readonly slots: number;
  readonly dispatchSeed: number | null;
  /** Address that is told of the end; null where nobody is. */
  readonly notify: string | null;
}

export interface StartResult {
  /** `found`: it runs or is published; `continued`: a revision after the first began. */
  readonly how: 'started' | 'found' | 'continued';
  readonly job: JobDescription;
}

function runFacts(job: JobDescription | null) {
  if (job === null) return null;
  const { revision } = job;
  if (job.state === 'running') return { state: 'running', revision } as const;
  return { state: job.state === 'published' ? 'completed' : 'stopped', revision } as const;
}

/** What a launch does where Temporal knows `known` of the job, and the store these revisions. */
export function launchOutcome(
  known: JobDescription | null,
  revisions: Pick<LaunchFacts, 'publishedRevision' | 'stoppedRevision'>,
): { readonly how: StartResult['how']; readonly revision: number } {
  const { kind, revision } = decideLaunch({ run: runFacts(known), ...revisions });
  if (kind === 'found') return { how: 'found', revision };
  return { how: revision === 1 ? 'started' : 'continued', revision };
}

/** What a job that Temporal has forgotten looks like: published, as its manifest in the store says. */
function publishedDescription(request: StartRequest, revision: number): JobDescription {
  const { jobId, spec } = request;
  return {
    jobId,
    workflowId: workflowIdOf(spec.name, jobId),
    name: spec.name,
    revision,
    state: 'published',
    bucket: spec.output.bucket,
    set: spec.output.set,
    startedAtMs: 0,
    endedAtMs: 0,
  };
}

/**
 * Starts the job of a spec, or finds it where it runs or is published. Two launches at once start one job. Throws
 * AppError `temporal-unreachable` and `store-*`.
 */
export async function startJob(client: Client, request: StartRequest): Promise<StartResult> {
  const { jobId, spec, store } = request;
  const workflowId = workflowIdOf(spec.name, jobId);
  const known = await findJob(client, workflowId);
  const { how, revision } = launchOutcome(known, await revisionsOf(store, jobId));
  if (how === 'found') {
    const isKnown = known !== null && known.revision === revision;
    return { how, job: isKnown ? known : publishedDescription(request, revision) };
  }
  await store.putIfAbsent(specKey(jobId), Buffer.from(`${canonicalJson(spec)}\n`, 'utf8'), {
    contentType: 'application/json',
  });
  try {
    const start = { ...request, revision, specKey: specKey(jobId), retry: null, adopt: null };
    await calling(client, () => startRevision(client, start));
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return { how: 'found', job: await describeJob(client, workflowId) };
  }
  return { how, job: await describeJob(client, workflowId) };
}

async function budgetOf({ store, jobId, spec }: StartRequest): Promise<JobBudget> {
  const { outcomes } = await readPolicy(store, jobId, spec.policy);
  return { ...spec.require, outcomesAccepted: outcomes };
}

function followed({ spec, adopt }: RevisionStart): string[] {
  if (adopt !== null) return [`- publishes the traces of revision ${String(adopt.revision)}`];
  return spec.retry === undefined ? [] : [`- retries revision ${String(spec.retry.from)}`];
}

export interface RevisionStart extends StartRequest {
  readonly revision: number;
  readonly specKey: string;
  readonly retry: RetryBasis | null;
  /** The revision whose traces this one publishes; null where it traces. */
  readonly adopt: AdoptedRevision | null;
}

/** Which passes over all functions the job has. */
function passesOfAll(spec: ResolvedSpec): Partial<JobInput> {
  const { benchmarks, against } = spec.unique;
  return {
    ...(benchmarks === undefined ? {} : { benchmarks: benchmarks.sources.length }),
    ...(against === undefined ? {} : { earlier: against.length }),
    ...(spec.split === undefined ? {} : { split: true }),
    ...(isPlaced(spec) ? { place: true } : {}),
  };
}

/** Throws WorkflowExecutionAlreadyStartedError where a revision runs. */
export async function startRevision(client: Client, request: RevisionStart): Promise<void> {
  const { jobId, spec, queuePrefix, revision, notify } = request;
  if (notify !== null) await writeNoticeAddress(request.store, { jobId, revision, url: notify });
  const { bucket, set } = spec.output;
  const input: JobInput = {
    v: 1,
    jobId,
    revision,
    bucket,
    specKey: request.specKey,
    batchSize: request.batchSize,
    window: windowFor(request.slots),
    dispatchSeed: request.dispatchSeed,
    queuePrefix,
    historyEventsMax: null,
    budget: await budgetOf(request),
    near: spec.unique.near !== null,
    ...passesOfAll(spec),
    ...(spec.inputs.fuzz === undefined ? {} : { synthesize: true }),
    ...(spec.inputs.llm === undefined ? {} : { prompts: true }),
    ...(spec.render === undefined ? {} : { render: true }),
    retry: request.retry,
    ...(request.adopt === null ? {} : { adopt: request.adopt }),
    ...(request.adopt !== null || spec.confirm.replayWithReference === undefined
      ? {}
      : { replay: spec.confirm.replayWithReference }),
    notify: notify !== null,
    progress: null,
    cursor: null,
  };
  const memo: JobMemo = { jobId, name: spec.name, revision, bucket, set };
  const corpora = spec.corpus.map(({ kind, name }) => `${kind}:${name}`).join(', ');
  await client.workflow.start('traceJob', {
    taskQueue: `${queuePrefix}job`,
    workflowId: workflowIdOf(spec.name, jobId),
    args: [input],
    memo: { ...memo },
    staticSummary: `${spec.name}: ${corpora}`,
    staticDetails: [
      `- job \`${jobId}\`, revision ${String(revision)}`,
      `- corpus ${corpora}`,
      ...followed(request),
      `- publishes \`${set}\` to bucket \`${bucket}\``,
    ].join('\n'),
    // The decision was made from the store too, so a completed run whose data was deleted may be followed.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
  });
}
