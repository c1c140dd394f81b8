// What a job that was not started would cost on a fleet, by what batches took in a job that ran before.
import type { LaunchPlan, PlannedCost } from '../cli/ports.ts';
import { estimateTotal } from '../core/stratified.ts';
import { fleetCost } from '../fleet/cost.ts';
import type { FleetSettings } from '../fleet/settings.ts';
import { findSetManifest } from '../store/manifest.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { batchTimes } from '../temporal/batch-times.ts';
import type { JobDescription } from '../temporal/client.ts';
import type { openClient } from './cli-jobs.ts';

type Client = Awaited<ReturnType<typeof openClient>>;

export interface Measured {
  readonly rateOf: string;
  /** Milliseconds of a slot for a record, as each batch had them. */
  readonly msPerRecord: readonly number[];
}

const HOUR_MS = 3_600_000;

/** Reading and tracing of each batch that was all made; null where a batch was not. */
async function measuredOf(
  client: Client,
  store: ObjectStore,
  job: JobDescription,
): Promise<Measured | null> {
  const manifest = await findSetManifest(store, job.set);
  if (manifest === null || manifest.jobId !== job.jobId) return null;
  const times = (await batchTimes(client, job.workflowId)) ?? [];
  const made = times.filter(({ pass }) => pass === 'ingest' || pass === 'trace');
  if (made.length === 0 || made.some(({ isMade }) => !isMade)) return null;
  const byBatch = new Map<number, number>();
  for (const { batchIndex, ms } of made) {
    byBatch.set(batchIndex, (byBatch.get(batchIndex) ?? 0) + ms);
  }
  const records = manifest.counts.recordsRead / byBatch.size;
  if (records === 0) return null;
  return { rateOf: job.workflowId, msPerRecord: [...byBatch.values()].map((ms) => ms / records) };
}

/** Of the newest published job that tells; null where none does. */
export async function measuredRate(
  client: Client,
  store: ObjectStore,
  jobs: readonly JobDescription[],
): Promise<Measured | null> {
  for (const job of jobs) {
    if (job.state !== 'published') continue;
    const measured = await measuredOf(client, store, job);
    if (measured !== null) return measured;
  }
  return null;
}

/** Null where nobody knows how long a batch takes, or how many records there are. */
export function plannedCost(
  settings: FleetSettings,
  plan: Pick<LaunchPlan, 'records' | 'batches' | 'trace'>,
  given: { readonly measured: Measured | null; readonly batchSize: number; readonly nowMs: number },
): PlannedCost | null {
  const { records, batches, trace } = plan;
  const { measured, batchSize, nowMs } = given;
  if (records === null || batches === null) return null;
  const told =
    settings.batchSeconds === null
      ? null
      : {
          rateOf: "batchSeconds of the fleet's document",
          msPerRecord: [(settings.batchSeconds * 1_000) / batchSize],
        };
  const rate = measured ?? told;
  if (rate === null) return null;
  const { rateOf, msPerRecord } = rate;
  // What has a result is not run again.
  const share = trace === null ? 1 : trace.toRun / Math.max(1, trace.invocations);
  const all = estimateTotal([
    { population: records, values: msPerRecord, measured: msPerRecord.length },
  ]);
  const hours = (ms: number): number => (ms * share) / HOUR_MS;
  const slotHours = { value: hours(all.value), low: hours(all.low), high: hours(all.high) };
  const mean = msPerRecord.reduce((sum, ms) => sum + ms, 0) / msPerRecord.length;
  return { rateOf, slotMsPerRecord: mean, ...fleetCost(settings, { slotHours, batches, nowMs }) };
}
