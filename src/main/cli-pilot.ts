// A pilot as the command sees it: a sample of the corpora as a job of its own, and what it tells of the whole.
import type {
  Announce,
  LaunchRequest,
  LaunchResult,
  PilotAsk,
  PilotEstimateAsk,
  PilotReport,
} from '../cli/ports.ts';
import type { ObjectEntry } from '../contract/row.ts';
import { estimatePilot } from '../core/pilot-estimate.ts';
import type { PilotRecords } from '../core/pilot-estimate.ts';
import { preparePilot } from '../corpus/pilot.ts';
import { fleetCost } from '../fleet/cost.ts';
import { readSetManifest } from '../store/manifest.ts';
import { pilotFacts } from '../store/pilot-facts.ts';
import { batchTimes } from '../temporal/batch-times.ts';
import type { BatchTime } from '../temporal/batch-times.ts';
import type { GatewayContext } from './cli-gateway.ts';
import { openClient } from './cli-jobs.ts';
import { launchPrepared, withPrepared } from './cli-launch.ts';
import { s3Of } from './cli-sets.ts';
import { readFleetFile } from './fleet-file.ts';
import { openStore } from './open-store.ts';

/** Batches of a pilot at least, where it has the records: the spread of their times is what the interval comes from. */
const PILOT_BATCHES = 32;

/** As launchJob does, for a sample. Throws what it throws. */
export async function launchPilot(
  context: GatewayContext,
  given: { readonly request: LaunchRequest & PilotAsk; readonly announce: Announce },
): Promise<LaunchResult> {
  const { request, announce } = given;
  // A mistake in the document is said before the pilot runs.
  if (request.fleet !== null) await readFleetFile(request.fleet);
  return await withPrepared(context, given, async ({ prepared: whole, served }) => {
    const { prepared, sampled } = await preparePilot(whole, request);
    const batchSize = Math.min(context.config.batchSize, Math.ceil(sampled / PILOT_BATCHES));
    return await launchPrepared(context, { prepared, served, batchSize }, announce);
  });
}

/** What slots worked on a batch, reading its records and running its functions; null where it was not all made. */
function slotMsOf(times: readonly BatchTime[] | null, batchIndex: number): number | null {
  const own = (times ?? []).filter(
    (time) => time.batchIndex === batchIndex && (time.pass === 'ingest' || time.pass === 'trace'),
  );
  const isKnown = own.length > 0 && own.every(({ isMade }) => isMade);
  return isKnown ? own.reduce((sum, { ms }) => sum + ms, 0) : null;
}

function bytesPerRow(objects: readonly ObjectEntry[]): number | null {
  const files = objects.filter(({ key }) => key.startsWith('traces/'));
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  return rows === 0 ? null : files.reduce((sum, file) => sum + file.bytes, 0) / rows;
}

/** Throws AppError of Temporal and of the store. */
export async function estimateWhole(
  context: GatewayContext,
  ask: PilotEstimateAsk,
): Promise<PilotReport> {
  const { entry, pricePerCoreHour, seed } = ask;
  const launching = { request: ask.request, announce: () => undefined };
  const { populations, sampled } = await withPrepared(context, launching, ({ prepared }) =>
    preparePilot(prepared, ask),
  );
  const store = openStore(context, { s3: await s3Of(context), bucket: entry.bucket });
  const manifest = await readSetManifest(store, entry.set);
  const times = await batchTimes(await openClient(context), entry.workflowId);
  const facts = await pilotFacts(store, manifest);
  const batches = facts.map(({ stratum, records, batchIndex }): PilotRecords => {
    return { stratum, records, slotMs: slotMsOf(times, batchIndex) };
  });
  const { slots } = context.config;
  const estimates = estimatePilot({
    batches,
    populations,
    bytesPerRow: bytesPerRow(manifest.objects),
    slots,
    pricePerCoreHour,
  });
  const records = populations.reduce((sum, each) => sum + each, 0);
  const settings = ask.fleet === null ? null : await readFleetFile(ask.fleet);
  const { slotHours } = estimates;
  const whole = { batches: Math.ceil(records / context.config.batchSize), nowMs: Date.now() };
  const fleet =
    settings === null || slotHours === null ? null : fleetCost(settings, { slotHours, ...whole });
  return { sampled, records, seed, slots, ...estimates, fleet };
}
