// What of a job is under way right now, as Temporal tells it of the activities that have not ended. Costs no event.
import type { BatchBeat, BatchCounts, PassName } from './job.ts';

/** An activity that was given out and has not ended. */
export interface PendingActivity {
  /** Its name, for example `traceBatch`. */
  readonly activity: string;
  /** False while it waits for a slot, or for its next attempt. */
  readonly isStarted: boolean;
  /** Identity of the worker that has it; absent while none has. */
  readonly worker?: string;
  /** Since the epoch, by the server's clock: when a worker took it last; absent while none has. */
  readonly startedAtMs?: number;
  /** From 1. */
  readonly attempt: number;
  readonly attemptsMax: number;
  /** Null before the first beat, and where the activity tells nothing. */
  readonly beat: BatchBeat | null;
  /** How the attempt before this one ended; null at the first. */
  readonly lastFault: { readonly code: string; readonly message: string } | null;
}

/** The part of one pass. */
export interface PassInFlight {
  readonly pass: PassName;
  /** Sum of the parts of batches that are done: 1.5 is one batch and a half. */
  readonly batches: number;
  readonly functions: number;
  readonly invocations: number;
  /** Invocations by outcome, or `faulted`. */
  readonly outcomes: BatchCounts;
}

/** An activity whose last attempt failed. */
export interface Retrying {
  readonly activity: string;
  readonly attempt: number;
  readonly attemptsMax: number;
  readonly code: string;
  readonly message: string;
}

export interface InFlightReport {
  /** Activities that were given out. */
  readonly activities: number;
  /** Of these, the ones that a slot works on. */
  readonly slotsBusy: number;
  readonly passes: readonly PassInFlight[];
  /** The ones with most attempts first, a few. */
  readonly retrying: readonly Retrying[];
  /** How many activities failed at their last attempt, by the code of the fault. */
  readonly faults: BatchCounts;
  /** One of each kind of failure that the batches in flight met. */
  readonly failures: readonly { readonly cause: string; readonly example: string }[];
}
