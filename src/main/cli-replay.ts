// Replay as the command sees it: started on Temporal, and on the embedded default with a worker.
import type { Announce, ReplayAnswer, ReplayAsk } from '../cli/ports.ts';
import { AppError } from '../errors.ts';
import { parseShare } from '../schema/units.ts';
import { startReplay } from '../temporal/replay-set.ts';
import type { StartedReplay } from '../temporal/replay-set.ts';
import type { GatewayContext } from './cli-gateway.ts';
import { openClient } from './cli-jobs.ts';
import { withWorker } from './cli-services.ts';
import { s3Of } from './cli-sets.ts';
import { openStore } from './open-store.ts';

function shareOf(text: string): number {
  const share = parseShare(/^[\d.]+$/.test(text) ? Number(text) : text);
  if (share !== null && share > 0) return share;
  throw new AppError('usage', `--replay ${JSON.stringify(text)} is no share; write for example 1%`);
}

/** Throws AppError `usage`, `environment-mismatch`, and those of Temporal and of the store. */
export async function replaySet(
  context: GatewayContext,
  given: { readonly ask: ReplayAsk; readonly announce: Announce },
): Promise<ReplayAnswer> {
  const { config } = context;
  const { bucket, set, seed } = given.ask;
  const share = shareOf(given.ask.share);
  const store = openStore(context, { s3: await s3Of(context), bucket });
  const client = await openClient(context);
  const { queuePrefix, slots } = config;
  const request = { store, set, share, seed, queuePrefix, slots };
  const started: StartedReplay[] = [];
  await withWorker(context, given.announce, async () => {
    started.push(await startReplay(client, request));
  });
  const [replay] = started;
  if (replay === undefined) throw new AppError('internal', 'the replay did not start');
  given.announce(`replay: ${replay.workflowId}`);
  const report = await replay.report();
  const { drawn, agreed, disagreed, skipped, disagreements } = report;
  return { share, seed, drawn, agreed, disagreed, skipped, disagreements, record: replay.key };
}
