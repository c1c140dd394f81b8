// What became of the records of a finished pilot, stratum by stratum, from the objects of its batches.
import type { StepInput } from '../contract/job.ts';
import type { CorpusPlan } from '../contract/plan.ts';
import { planKey } from '../core/keys.ts';
import type { SetManifest } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';
import { readPage } from './ledger-pages.ts';
import { readJson } from './seal.ts';
import { openStored } from './stored-table.ts';
import { INGEST, REFINED } from './tables.ts';

/** Counts of one record; names are free. */
export type RecordFacts = Readonly<Record<string, number>>;

export interface PilotBatch {
  /** Index of the pilot's corpus, which is its stratum. */
  readonly stratum: number;
  readonly batchIndex: number;
  readonly records: readonly RecordFacts[];
}

type At = Pick<StepInput, 'jobId' | 'revision' | 'planDigest'>;
type Facts = Record<string, number>;

function add(facts: Facts | undefined, name: string): void {
  if (facts !== undefined) facts[name] = (facts[name] ?? 0) + 1;
}

/** Facts of each record of an ingest batch, and the record that each of its functions was found in first. */
async function recordsOf(
  store: ObjectStore,
  at: At,
  { batchIndex, ownerOf }: { batchIndex: number; ownerOf: Map<string, Facts> },
) {
  const page = await readPage(store, at, { pass: 'ingest', batchIndex });
  const file = await openStored(store, INGEST, page.key);
  const records: Facts[] = [];
  for (const { unit, id, outcome } of await file.readColumns(['unit', 'id', 'outcome'])) {
    if (unit === 'record') records.push({ records: 1 });
    const record = records.at(-1);
    if (unit === 'record' && outcome === 'rejected') add(record, 'recordsRejected');
    if (unit !== 'function' || record === undefined) continue;
    add(record, 'functions');
    if (!ownerOf.has(id)) ownerOf.set(id, record);
  }
  return records;
}

async function addVerdicts(
  store: ObjectStore,
  at: At,
  { batchIndex, ownerOf }: { batchIndex: number; ownerOf: ReadonlyMap<string, Facts> },
): Promise<void> {
  const page = await readPage(store, at, { pass: 'refine', batchIndex });
  const file = await openStored(store, REFINED, page.key);
  const rows = await file.readColumns(['function_id', 'verdict', 'reasons', 'fault_code']);
  for (const { function_id, verdict, reasons, fault_code } of rows) {
    const record = ownerOf.get(function_id);
    add(record, 'invocations');
    add(record, verdict ?? 'faulted');
    for (const reason of fault_code === null ? reasons : [fault_code])
      add(record, `reason.${reason}`);
  }
}

/** Throws AppError `object-*` and `store-*`. */
export async function pilotFacts(store: ObjectStore, manifest: SetManifest): Promise<PilotBatch[]> {
  const { jobId, revision, plan } = manifest;
  const at: At = { jobId, revision, planDigest: plan.digest };
  const { batches } = (await readJson(store, planKey(jobId, 'ingest', plan.digest))) as CorpusPlan;
  const ownerOf = new Map<string, Facts>();
  const found: PilotBatch[] = [];
  for (const [batchIndex, { source }] of batches.entries()) {
    const records = await recordsOf(store, at, { batchIndex, ownerOf });
    found.push({ stratum: source, batchIndex, records });
  }
  for (const { batchIndex } of found) await addVerdicts(store, at, { batchIndex, ownerOf });
  return found;
}
