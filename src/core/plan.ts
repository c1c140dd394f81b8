// The order of the passes of a job and how many batches each has: same input, same plan.
import type { PassName } from '../contract/job.ts';

/** In the order in which they run; a pass begins when the one before it is done. */
export const PASS_ORDER: readonly PassName[] = ['ingest', 'unique', 'trace', 'refine', 'publish'];

/** The passes that are still to do, from the one that runs. */
export function passesFrom(pass: PassName | null): readonly PassName[] {
  return pass === null ? PASS_ORDER : PASS_ORDER.slice(PASS_ORDER.indexOf(pass));
}

/**
 * Batches of a pass. unique is one decision over everything; trace and refine follow the cut of ingest; publish is
 * cut by the rows that there are (its count comes from planPublish).
 */
export function batchCountOf(
  pass: PassName,
  counts: { readonly plan: number; readonly publish: number },
): number {
  switch (pass) {
    case 'unique':
      return 1;
    case 'publish':
      return counts.publish;
    case 'ingest':
    case 'trace':
    case 'refine':
      return counts.plan;
  }
}
