// The only place that turns faults of ours into failures of Temporal's: type is the code, nonRetryable is the fault's own
// word, details are its context. Cancellation passes through, since the SDK maps it by itself.
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ErrorCode } from '../src/contract/error-code.ts';
import { isAppError } from '../src/errors.ts';
import type { WorkMetrics } from '../src/metrics/port.ts';

/** Attempts at what failed for no reason that we know: enough to tell a passing trouble from an error of this program. */
const UNKNOWN_ATTEMPTS_MAX = 3;
/** Temporal cuts failures at 4 KiB; half of it leaves room for what it adds. */
const MESSAGE_CHARACTERS_MAX = 2_000;

/** The failure for an error; what is one already, or is a cancellation, is given back as it is. */
export function asFailure(error: unknown, attempt: number): unknown {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (isAppError(error)) {
    return ApplicationFailure.create({
      type: error.code,
      message: error.message.slice(0, MESSAGE_CHARACTERS_MAX),
      nonRetryable: !error.retryable,
      details: [error.context],
      cause: error.cause instanceof Error ? error.cause : error,
    });
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return ApplicationFailure.create({
    type: 'internal' satisfies ErrorCode,
    message: `activity failed unexpectedly: ${text.slice(0, MESSAGE_CHARACTERS_MAX)}`,
    nonRetryable: attempt >= UNKNOWN_ATTEMPTS_MAX,
    ...(error instanceof Error ? { cause: error } : {}),
  });
}

/** An activity as Temporal runs it: what it throws is mapped, and faults are counted. */
export function guarded<In, Out>(
  metrics: WorkMetrics,
  activity: (input: In) => Promise<Out>,
): (input: In) => Promise<Out> {
  return async (input) => {
    try {
      return await activity(input);
    } catch (error) {
      const failure = asFailure(error, Context.current().info.attempt);
      if (!(failure instanceof CancelledFailure)) {
        metrics.fault(isAppError(error) ? error.code : 'internal');
      }
      throw failure;
    }
  };
}
