// A batch of the pass trace with one function under which no worker survives, for fake activities.
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { BatchInput, BatchResult } from '../../src/contract/job.ts';
import { sealed } from './fake-activities.ts';
import type { FakeBatch } from './fake-activities.ts';

/** Longer than the timeout of test/support/hasty-timeouts.ts, on a busy machine too. */
const SILENCE_MS = 4_000;

export interface KillerBatch {
  readonly onBatch: FakeBatch;
  /** Isolated ranges in the order in which they were asked for. */
  readonly asked: NonNullable<BatchInput['isolate']>[];
}

/** Batch `batchIndex` has `functions` functions, of which `killer` ends its worker: the attempt falls silent. */
export function killerBatch(of: {
  readonly batchIndex: number;
  readonly functions: number;
  readonly killer: number;
}): KillerBatch {
  const asked: NonNullable<BatchInput['isolate']>[] = [];
  let isGivenUp = false;
  const onBatch = async (input: BatchInput): Promise<BatchResult> => {
    if (input.pass !== 'trace' || input.batchIndex !== of.batchIndex) return sealed(input);
    const range = input.isolate ?? { from: 0, to: of.functions, giveUp: false };
    if (input.isolate !== undefined) asked.push(input.isolate);
    if (range.giveUp) isGivenUp = true;
    const kills = !isGivenUp && range.from <= of.killer && of.killer < range.to;
    if (kills) {
      Context.current().heartbeat();
      await sleep(SILENCE_MS);
    }
    if (input.isolate === undefined) return sealed(input);
    const { batchIndex } = input;
    const counts = { functions: of.functions, durable: 0 };
    return { v: 1, batchIndex, how: 'parted', counts };
  };
  return { onBatch, asked };
}
