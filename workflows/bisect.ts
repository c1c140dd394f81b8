// A batch that took its workers with it is cut in halves, one at a time, down to the functions that do it. These are given
// up, all others become durable parts, and the batch is then sealed from its parts like any other.
import { ApplicationFailure } from '@temporalio/workflow';
import type { BatchResult, Isolate } from '../src/contract/job.ts';
import { isWorkerLost } from './faults.ts';

/** More than so many functions of one batch are not the functions' doing: something ends workers whatever they run. */
const LOST_MAX = 8;

/** Runs one range until it is durable; its yields are repeated inside. Throws what the activity failed with. */
export type RunIsolated = (isolate: Isolate) => Promise<BatchResult>;

interface Range {
  readonly from: number;
  readonly to: number;
}

function halves({ from, to }: Range): Range[] {
  const middle = from + Math.ceil((to - from) / 2);
  return [
    { from, to: middle },
    { from: middle, to },
  ].filter((range) => range.from < range.to);
}

async function survives(run: RunIsolated, range: Range): Promise<boolean> {
  try {
    await run({ ...range, giveUp: false });
    return true;
  } catch (error) {
    if (isWorkerLost(error)) return false;
    throw error;
  }
}

/**
 * Makes every function of the batch durable, as a row or as a fault. Halves follow one another, so that at most one
 * worker at a time is lost to this batch. Throws `worker-lost` where the functions are not to blame.
 */
export async function bisect(batchIndex: number, run: RunIsolated): Promise<void> {
  const { counts } = await run({ from: 0, to: 0, giveUp: false });
  const whole = { from: counts['durable'] ?? 0, to: counts['functions'] ?? 0 };
  // The whole range has lost its workers already, so its halves are what to try; the first half comes first.
  const open = halves(whole).reverse();
  let lost = 0;
  for (let range = open.pop(); range !== undefined; range = open.pop()) {
    if (await survives(run, range)) continue;
    if (range.to - range.from > 1) {
      open.push(...halves(range).reverse());
      continue;
    }
    lost += 1;
    if (lost > LOST_MAX) throw tooManyLost(batchIndex);
    await run({ ...range, giveUp: true });
  }
}

function tooManyLost(batchIndex: number): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `batch ${String(batchIndex)} lost its worker with more than ${String(LOST_MAX)} of its functions; ` +
      'look at the machines (memory, what ends processes), then launch again',
    'worker-lost',
  );
}
