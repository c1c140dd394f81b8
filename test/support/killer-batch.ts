// A batch of the pass trace with one function under which no worker survives, for fake activities.
import { Context } from '@temporalio/activity';
import type { BatchInput, BatchResult } from '../../src/contract/job.ts';
import { sealed } from './fake-activities.ts';
import type { FakeBatch } from './fake-activities.ts';
import { KILLER, killerWatch } from './killer.ts';

/** Far above the timeout of test/support/hasty-timeouts.ts; nobody waits for its end. */
const SILENCE_MS = 300_000;

export interface KillerBatch {
  readonly onBatch: FakeBatch;
  /** Isolated ranges in the order in which they were asked for. */
  readonly asked: NonNullable<BatchInput['isolate']>[];
}

/** An attempt at a range that holds the killer falls silent, as one whose worker is gone. */
export function killerBatch(): KillerBatch {
  const asked: NonNullable<BatchInput['isolate']>[] = [];
  const kills = killerWatch();
  const onBatch = async (input: BatchInput): Promise<BatchResult> => {
    if (input.pass !== 'trace' || input.batchIndex !== KILLER.batchIndex) return sealed(input);
    if (input.isolate !== undefined) asked.push(input.isolate);
    if (kills(input)) {
      Context.current().heartbeat();
      await Context.current().sleep(SILENCE_MS);
    }
    if (input.isolate === undefined) return sealed(input);
    const { batchIndex } = input;
    const counts = { functions: KILLER.functions, durable: 0 };
    return { v: 1, batchIndex, how: 'parted', counts };
  };
  return { onBatch, asked };
}
