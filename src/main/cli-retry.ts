// Retry as the command sees it: plan from the store, start on Temporal, and on the embedded default make sure of a worker.
import type { Announce, RetryAnswer, RetryAsk } from '../cli/ports.ts';
import { parseLimitOverrides } from '../schema/limit-overrides.ts';
import { describeJob } from '../temporal/client.ts';
import { planRetry, startRetry } from '../temporal/retry-job.ts';
import type { PlannedRetry, RetryRequest } from '../temporal/retry-job.ts';
import type { GatewayContext } from './cli-gateway.ts';
import { openClient } from './cli-jobs.ts';
import { withWorker } from './cli-services.ts';
import { s3Of } from './cli-sets.ts';
import { openStore } from './open-store.ts';

function answerOf({ from, revision, spec, preview }: PlannedRetry): RetryAnswer {
  return { revision, from: from.revision, set: spec.output.set, ...preview };
}

/** Throws AppError `usage`, `spec-invalid`, and those of Temporal and of the store. */
export async function retryJob(
  context: GatewayContext,
  given: { readonly ask: RetryAsk; readonly announce: Announce },
): Promise<RetryAnswer> {
  const { config } = context;
  const { entry, selection, dryRun } = given.ask;
  const limits = parseLimitOverrides(given.ask.limits);
  const client = await openClient(context);
  const request: RetryRequest = {
    job: await describeJob(client, entry.workflowId),
    store: openStore(context, { s3: await s3Of(context), bucket: entry.bucket }),
    selection,
    limits,
    queuePrefix: config.queuePrefix,
    slots: config.slots,
    dispatchSeed: config.dispatchSeed,
  };
  const planned = await planRetry(request);
  if (dryRun) return answerOf(planned);
  await withWorker(context, given.announce, () => startRetry(client, request, planned));
  return answerOf(planned);
}
