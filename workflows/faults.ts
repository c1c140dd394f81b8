// What a failed activity tells a workflow: the code and message of the fault at the root. Codes are compared, messages
// never are; classes of our own do not survive the way through Temporal.
import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { CauseReport } from '../src/contract/job.ts';

export interface Fault {
  readonly code: string;
  readonly message: string;
  /** Activity that failed; null where the workflow itself decided to fail. */
  readonly activity: string | null;
}

/** The root of a failure; null for a cancellation and for an error of this program, which only fails the workflow task. */
export function faultOf(error: unknown): Fault | null {
  if (isCancellation(error)) return null;
  if (error instanceof ChildWorkflowFailure) {
    const message = `a lane ended: ${error.cause?.message ?? error.message}`;
    return faultOf(error.cause) ?? { code: 'pass-failed', message, activity: null };
  }
  if (error instanceof ApplicationFailure) {
    return { code: error.type ?? 'internal', message: error.message, activity: null };
  }
  if (!(error instanceof ActivityFailure)) return null;
  const { cause, activityType } = error;
  if (cause instanceof ApplicationFailure) {
    return { code: cause.type ?? 'internal', message: cause.message, activity: activityType };
  }
  if (isWorkerLost(error)) {
    const message = `${activityType} lost its worker at every attempt`;
    return { code: 'worker-lost', message, activity: activityType };
  }
  const message =
    cause instanceof TimeoutFailure
      ? `${activityType} ran into its ${cause.timeoutType} timeout at every attempt`
      : `${activityType} failed: ${cause?.message ?? error.message}`;
  return { code: 'pass-failed', message, activity: activityType };
}

/** True where no attempt ended in a fault of its own: each worker stopped to beat. Faults with a code never are. */
export function isWorkerLost(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof TimeoutFailure &&
    error.cause.timeoutType === 'HEARTBEAT'
  );
}

/** The failure that ends the job's workflow: same code and message, never retried. */
export function asJobFailure(fault: Fault, causes: CauseReport | null): ApplicationFailure {
  return ApplicationFailure.create({
    message: fault.message,
    type: fault.code,
    nonRetryable: true,
    details: [{ activity: fault.activity, causes }],
  });
}
