// What one may ask of a running job. Updates are validated and acknowledged; the query costs no event.
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { JobProgress, StepInput } from '../src/contract/job.ts';
import type { LaneReport, LaneSteer } from '../src/contract/lane.ts';

export const progressQuery = defineQuery<JobProgress>('progress');
/** Where the job's objects lie, for whoever wants to read them; null before it is planned. */
export const positionQuery = defineQuery<StepInput | null>('position');
/** No batch is given out any more; those in flight finish. */
export const pauseUpdate = defineUpdate<JobProgress>('pause');
export const resumeUpdate = defineUpdate<JobProgress>('resume');
/** Batches in flight, 1 to 8,000. */
export const setWindowUpdate = defineUpdate<JobProgress, [{ readonly window: number }]>(
  'setWindow',
);
/** From a job to a lane: its share of the window. */
export const steerLaneSignal = defineSignal<[LaneSteer]>('steerLane');
/** From a lane to its job: how far it is. */
export const laneReportSignal = defineSignal<[LaneReport]>('laneReport');
