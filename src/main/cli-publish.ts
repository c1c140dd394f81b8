// Judging and publishing a finished job anew, as the commands see it.
import type { Announce, JudgeAnswer, JudgeAsk } from '../cli/ports.ts';
import type { PublishAnswer, PublishAsk } from '../cli/publish-ports.ts';
import { AppError } from '../errors.ts';
import { readPolicyFile } from '../corpus/policy-file.ts';
import { requireSetName } from '../schema/spec-shape.ts';
import { choosePolicy } from '../store/judgement.ts';
import { describeJob } from '../temporal/client.ts';
import { startJudging } from '../temporal/judge-job.ts';
import type { StartedJudging } from '../temporal/judge-job.ts';
import { revisionToFollow } from '../temporal/next-revision.ts';
import { planPublishAgain, startPublish } from '../temporal/publish-job.ts';
import type { GatewayContext } from './cli-gateway.ts';
import { openClient } from './cli-jobs.ts';
import { withWorker } from './cli-services.ts';
import { s3Of } from './cli-sets.ts';
import { openStore } from './open-store.ts';

/** Throws AppError `usage`, `policy-invalid`, `object-missing`, and those of Temporal and of the store. */
export async function judgeJob(
  context: GatewayContext,
  { ask, announce }: { readonly ask: JudgeAsk; readonly announce: Announce },
): Promise<JudgeAnswer> {
  const policy = await readPolicyFile(ask.policy, process.cwd());
  const client = await openClient(context);
  const job = await describeJob(client, ask.entry.workflowId);
  const store = openStore(context, { s3: await s3Of(context), bucket: job.bucket });
  const { from } = await revisionToFollow({ job, store });
  const { queuePrefix, slots } = context.config;
  const request = { store, jobId: job.jobId, from, policy, queuePrefix, slots };
  const started: StartedJudging[] = [];
  await withWorker(context, announce, async () => {
    started.push(await startJudging(client, request));
  });
  const report = await started[0]?.report();
  if (report === undefined) throw new AppError('internal', 'the judging did not start');
  const { revision } = from;
  if (!ask.dryRun) await choosePolicy(store, { jobId: job.jobId, revision }, policy);
  return { ...report, revision, policy: policy.name };
}

/** Throws AppError `usage`, `policy-invalid`, `set-exists`, and those of Temporal and of the store. */
export async function publishJob(
  context: GatewayContext,
  given: { readonly ask: PublishAsk; readonly announce: Announce },
): Promise<PublishAnswer> {
  const { config } = context;
  const { entry, set, policy } = given.ask;
  if (set !== null) requireSetName(set);
  const read = policy === null ? null : await readPolicyFile(policy, process.cwd());
  const client = await openClient(context);
  const request = {
    job: await describeJob(client, entry.workflowId),
    store: openStore(context, { s3: await s3Of(context), bucket: entry.bucket }),
    queuePrefix: config.queuePrefix,
    slots: config.slots,
    dispatchSeed: config.dispatchSeed,
    set,
    policy: read,
  };
  const planned = await planPublishAgain(request);
  await withWorker(context, given.announce, () => startPublish(client, request, planned));
  const { from, revision, spec } = planned;
  const name = spec.policy === 'default@1' ? spec.policy : spec.policy.name;
  return { revision, from: from.revision, set: spec.output.set, policy: name };
}
