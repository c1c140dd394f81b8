// What a job and the lanes of one of its passes tell each other: a lane is a child workflow with a share of the batches.
import type { BatchCounts, JobInput, PassName } from './job.ts';

/** Of a lane within its pass, from its beginning. */
export interface LaneTotals {
  /** Batches that are done; where a lane rests, the first so many of its own. */
  readonly done: number;
  readonly counts: BatchCounts;
}

/** Carried through continue-as-new by a job whose pass runs in lanes. Lane i of n has the positions start + i + k × n. */
export interface LanesCursor {
  /** Position in the dispatch order; all before it was done by the job itself. */
  readonly start: number;
  readonly before: LaneTotals;
  readonly lanes: readonly LaneTotals[];
}

/** From the job to a lane, whole each time. */
export interface LaneSteer {
  /** Its share of the job's window; 0 gives out nothing. */
  readonly window: number;
  readonly paused: boolean;
  /** Give out no more and end; the job takes it up again in its next run. */
  readonly drain: boolean;
}

/** From a lane to the job now and then: totals, so that one which comes late or twice does no harm. */
export interface LaneReport extends LaneTotals {
  readonly pass: PassName;
  readonly lane: number;
}

export interface LaneInput {
  readonly v: 1;
  /** The job's, with the cursor of the pass. */
  readonly job: JobInput;
  readonly lane: number;
  readonly totals: LaneTotals;
  readonly steer: LaneSteer;
}
