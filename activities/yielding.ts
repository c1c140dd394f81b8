// A batch that has no parts: where its worker drains before it is sealed, nothing is durable, and it begins again elsewhere.
import type { BatchInput, BatchResult } from '../src/contract/job.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeat } from './heartbeat.ts';

/** What the beats of a batch tell; `work` counts it up. */
export interface Beat {
  done: number;
  total: number;
}

/**
 * Runs `work` under beats. Its signal fires when the activity is cancelled or the worker drains; what a drain broke off is
 * handed back as `yielded`, and costs no attempt.
 */
export async function yielding(
  deps: Pick<ActivityDeps, 'drain'>,
  { batchIndex }: Pick<BatchInput, 'batchIndex'>,
  work: (signal: AbortSignal, beat: Beat) => Promise<BatchResult>,
): Promise<BatchResult> {
  const beat: Beat = { done: 0, total: 0 };
  return await withHeartbeat(
    () => ({ v: 1, ...beat, durable: 0 }),
    async (cancelled): Promise<BatchResult> => {
      try {
        return await work(AbortSignal.any([cancelled, deps.drain]), beat);
      } catch (error) {
        if (cancelled.aborted || !deps.drain.aborted) throw error;
        return { v: 1, batchIndex, how: 'yielded', counts: {} };
      }
    },
  );
}
