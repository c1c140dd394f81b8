// The order of the passes of a job and how many batches each has: same input, same plan.
import type { PassName, PublishCounts, QueueName } from '../contract/job.ts';
import type { ResolvedSpec } from '../contract/spec.ts';

/** In the order in which they run; a pass begins when the one before it is done. */
export const PASS_ORDER: readonly PassName[] = [
  'ingest',
  'benchmark',
  'match',
  'earlier',
  'near',
  'unique',
  'cluster',
  'place',
  'probe',
  'prompt',
  'reprobe',
  'trace',
  'refine',
  'gather',
  'publish',
  'render',
  'select',
  'text',
];

/** What needs CPython, and what needs the key of a language model; all else only decides. */
const QUEUE_OF: Partial<Record<PassName, QueueName>> = {
  ingest: 'trace',
  benchmark: 'trace',
  match: 'trace',
  earlier: 'trace',
  probe: 'trace',
  prompt: 'llm',
  reprobe: 'trace',
  trace: 'trace',
};

/** The queue of the batches of a pass. */
export function queueOfPass(pass: PassName): QueueName {
  return QUEUE_OF[pass] ?? 'refine';
}

const NEAR_BATCHES_MAX = 10;

/** Batches of the pass near. Each reads all texts and looks at its share of the bands, so a small corpus has few. */
export function nearBatchesOf(planBatches: number): number {
  return Math.min(NEAR_BATCHES_MAX, planBatches);
}

/** What a job looks for inputs with, and whether it splits functions and publishes texts; passes without work are left out. */
export interface Looking {
  readonly benchmarks: boolean;
  readonly earlier: boolean;
  readonly split: boolean;
  readonly place: boolean;
  readonly synthesize: boolean;
  readonly prompts: boolean;
  readonly render: boolean;
}

const TEXT_PASSES: ReadonlySet<PassName> = new Set(['render', 'select', 'text']);

function isWanted(pass: PassName, looking: Looking): boolean {
  const { synthesize, prompts, render } = looking;
  if (pass === 'benchmark' || pass === 'match') return looking.benchmarks;
  if (pass === 'earlier') return looking.earlier;
  if (pass === 'cluster') return looking.split;
  if (pass === 'place') return looking.place;
  if (pass === 'probe') return synthesize;
  if (TEXT_PASSES.has(pass)) return render;
  return prompts || (pass !== 'prompt' && pass !== 'reprobe');
}

/** The passes that are still to do, from the one that runs. */
export function passesFrom(pass: PassName | null, looking: Looking): readonly PassName[] {
  const all = PASS_ORDER.filter((each) => isWanted(each, looking));
  return pass === null ? all : all.slice(all.indexOf(pass));
}

/** Whether rows hold what all functions together say, which the pass place seals. */
export function isPlaced({
  unique,
  split,
}: {
  readonly unique: ResolvedSpec['unique'];
  readonly split?: ResolvedSpec['split'];
}): boolean {
  return split !== undefined || unique.benchmarks?.action === 'label';
}

/** The pass that decides which inputs are kept, after unique; null where unique does. */
export type SearchPass = 'probe' | 'reprobe';
export function searchPassOf(inputs: {
  readonly fuzz?: unknown;
  readonly llm?: unknown;
}): SearchPass | null {
  if (inputs.llm !== undefined) return 'reprobe';
  return inputs.fuzz === undefined ? null : 'probe';
}

/**
 * Batches of a pass. near and cluster take some bands each, and near has none where near duplicates are not looked for; unique
 * and place are one decision over everything; those that look for inputs, trace and refine follow the cut of ingest; gather and publish are cut by the rows
 * that there are (their counts come from planPublish).
 */
export function batchCountOf(
  pass: PassName,
  counts: {
    readonly plan: number;
    readonly near: boolean;
    /** Files of benchmarks. */
    readonly benchmarks: number;
    /** Earlier sets. */
    readonly earlier: number;
  } & PublishCounts,
): number {
  switch (pass) {
    case 'unique':
    case 'place':
    case 'select':
      return 1;
    case 'render':
    case 'text':
      return counts.text ?? 0;
    case 'benchmark':
      return counts.benchmarks;
    case 'earlier':
      return counts.earlier;
    case 'cluster':
      return nearBatchesOf(counts.plan);
    case 'near':
      return counts.near ? nearBatchesOf(counts.plan) : 0;
    case 'gather':
    case 'publish':
      return counts[pass];
    case 'ingest':
    case 'match':
    case 'probe':
    case 'prompt':
    case 'reprobe':
    case 'trace':
    case 'refine':
      return counts.plan;
  }
}
