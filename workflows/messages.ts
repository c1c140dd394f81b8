// What one may ask of a running job. Updates are validated and acknowledged; the query costs no event.
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { JobProgress, StepInput } from '../src/contract/job.ts';

export const progressQuery = defineQuery<JobProgress>('progress');
/** Where the job's objects lie, for whoever wants to read them; null before it is planned. */
export const positionQuery = defineQuery<StepInput | null>('position');
/** No batch is given out any more; those in flight finish. */
export const pauseUpdate = defineUpdate<JobProgress>('pause');
export const resumeUpdate = defineUpdate<JobProgress>('resume');
/** Batches in flight, 1 to 500. */
export const setWindowUpdate = defineUpdate<JobProgress, [{ readonly window: number }]>(
  'setWindow',
);
