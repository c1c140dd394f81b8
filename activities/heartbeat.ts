// Beats from a timer, so that one slow function does not look like a dead worker, and carries cancellation the other way:
// the server tells it in the answer to a beat.
import { Context } from '@temporalio/activity';
import type { BatchBeat } from '../src/contract/job.ts';

/** The SDK sends at most one beat per throttle interval (2 s, src/temporal/worker.ts); twice as often is enough. */
const BEAT_MS = 1_000;

export const NO_BEAT: BatchBeat = { v: 1, done: 0, total: 0, durable: 0 };

/** Runs `work` under beats; its signal fires when the activity is cancelled, with the CancelledFailure as reason. */
export async function withHeartbeat<T>(
  details: () => BatchBeat,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  const beat = (): void => {
    context.heartbeat(details());
  };
  beat();
  const timer = setInterval(beat, BEAT_MS);
  try {
    return await work(context.cancellationSignal);
  } catch (error) {
    // Whatever broke off because of the cancellation: the SDK needs the cancellation itself.
    if (context.cancellationSignal.aborted) await context.cancelled;
    throw error;
  } finally {
    clearInterval(timer);
  }
}
