// Removal as the commands see it: the store first, Temporal's own record of a job last, so that what breaks off can be
// done again.
import type { UpkeepPort } from '../cli/ports.ts';
import { AppError } from '../errors.ts';
import { deleteJob, sweepStore } from '../store/collect.ts';
import { describeJob, forgetJob, runningJobIds } from '../temporal/client.ts';
import type { GatewayContext } from './cli-gateway.ts';
import { openClient } from './cli-jobs.ts';
import { s3Of } from './cli-sets.ts';
import { openStore } from './open-store.ts';

export async function createUpkeepPort(context: GatewayContext): Promise<UpkeepPort> {
  const { queuePrefix, bucket: ownBucket } = context.config;
  const client = await openClient(context);
  const s3 = await s3Of(context);
  const storeOf = (bucket: string) => openStore(context, { s3, bucket });
  return {
    delete: async ({ jobId, workflowId, bucket }, { withSets }) => {
      const { state } = await describeJob(client, workflowId);
      if (state === 'running') {
        throw new AppError('usage', `job ${JSON.stringify(workflowId)} runs; cancel it first`);
      }
      const collected = (await runningJobIds(client, queuePrefix)).size === 0;
      const deleted = await deleteJob(storeOf(bucket), jobId, { withSets, collect: collected });
      await forgetJob(client, workflowId);
      return { ...deleted, collected };
    },
    sweep: async ({ graceMs, dryRun }) =>
      await sweepStore(storeOf(ownBucket), {
        nowMs: Date.now(),
        graceMs,
        runningJobIds: await runningJobIds(client, queuePrefix),
        isDryRun: dryRun,
      }),
  };
}
