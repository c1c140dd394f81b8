// The order of the passes of a job and how many batches each has: same input, same plan.
import type { PassName, PublishCounts } from '../contract/job.ts';

/** In the order in which they run; a pass begins when the one before it is done. */
export const PASS_ORDER: readonly PassName[] = [
  'ingest',
  'near',
  'unique',
  'probe',
  'trace',
  'refine',
  'gather',
  'publish',
];

const NEAR_BATCHES_MAX = 10;

/** Batches of the pass near. Each reads all texts and looks at its share of the bands, so a small corpus has few. */
export function nearBatchesOf(planBatches: number): number {
  return Math.min(NEAR_BATCHES_MAX, planBatches);
}

/** The passes that are still to do, from the one that runs; probe only where inputs are looked for. */
export function passesFrom(pass: PassName | null, synthesize: boolean): readonly PassName[] {
  const all = PASS_ORDER.filter((each) => synthesize || each !== 'probe');
  return pass === null ? all : all.slice(all.indexOf(pass));
}

/**
 * Batches of a pass. near takes some bands each, and has none where near duplicates are not looked for; unique is one
 * decision over everything; probe, trace and refine follow the cut of ingest; gather and publish are cut by the rows
 * that there are (their counts come from planPublish).
 */
export function batchCountOf(
  pass: PassName,
  counts: { readonly plan: number; readonly near: boolean } & PublishCounts,
): number {
  switch (pass) {
    case 'unique':
      return 1;
    case 'near':
      return counts.near ? nearBatchesOf(counts.plan) : 0;
    case 'gather':
    case 'publish':
      return counts[pass];
    case 'ingest':
    case 'probe':
    case 'trace':
    case 'refine':
      return counts.plan;
  }
}
