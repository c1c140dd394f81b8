// Starts the judging of a finished job by another policy and waits for what it says.
import type { Client } from '@temporalio/client';
import type { JudgeInput, VerdictReport } from '../contract/judge.ts';
import type { Policy } from '../contract/policy.ts';
import { windowFor } from '../core/dispatch.ts';
import { sha256 } from '../identity/digest.ts';
import { policyBytes } from '../quality/policy-ref.ts';
import type { FinishedRevision } from '../store/finished-revision.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { calling } from './calls.ts';
import { workflowIdOf } from './client.ts';
import { resultOf } from './workflow-end.ts';

export interface JudgeRequest {
  readonly store: ObjectStore;
  readonly jobId: string;
  readonly from: FinishedRevision;
  readonly policy: Policy;
  readonly queuePrefix: string;
  readonly slots: number;
}

/** In the workflow's id. */
const DIGEST_CHARACTERS = 16;

export interface StartedJudging {
  readonly workflowId: string;
  /** Throws AppError of the workflow's failure. */
  readonly report: () => Promise<VerdictReport>;
}

/** Whoever asks the same at the same time gets one answer. Throws AppError `temporal-unreachable`. */
export async function startJudging(
  client: Client,
  { store, jobId, from, policy, queuePrefix, slots }: JudgeRequest,
): Promise<StartedJudging> {
  const { revision, spec, plan } = from;
  const input: JudgeInput = {
    ...{ v: 1, bucket: store.bucket, jobId, revision, planDigest: plan.digest, policy },
    ...{ before: spec.policy, batches: plan.batches, window: windowFor(slots), queuePrefix },
  };
  const digest = sha256(policyBytes(policy)).slice(0, DIGEST_CHARACTERS);
  const workflowId = `${workflowIdOf(spec.name, jobId)}/judge/${String(revision)}-${digest}`;
  const handle = await calling(client, () =>
    client.workflow.start('judgeJob', {
      taskQueue: `${queuePrefix}job`,
      workflowId,
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [input],
      staticSummary: `revision ${String(revision)} by ${policy.name}`,
    }),
  );
  return {
    workflowId,
    report: async () => (await resultOf(handle, 'judging')) as VerdictReport,
  };
}
