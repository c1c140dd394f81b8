// Which attempts at a batch lose their worker: known to the workflow sandbox too, so it imports nothing that runs.
import type { BatchInput } from '../../src/contract/job.ts';

/** Batch of the pass trace, how many functions it has, and the one under which no worker survives. */
export const KILLER = { batchIndex: 1, functions: 8, at: 5 } as const;

/** Tells of one attempt after the other whether it holds the killer, which is harmless once somebody gave it up. */
export function killerWatch(): (input: BatchInput) => boolean {
  let isGivenUp = false;
  return ({ pass, batchIndex, isolate }) => {
    if (pass !== 'trace' || batchIndex !== KILLER.batchIndex) return false;
    const { from, to, giveUp } = isolate ?? { from: 0, to: KILLER.functions, giveUp: false };
    isGivenUp ||= giveUp;
    return !isGivenUp && from <= KILLER.at && KILLER.at < to;
  };
}
