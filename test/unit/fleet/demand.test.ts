// What is left to do for a fleet, from jobs as Temporal tells of them.
import { expect, it } from 'vitest';
import type { JobProgress, PassName } from '../../../src/contract/job.ts';
import { followPasses, workOf } from '../../../src/fleet/demand.ts';
import type { WatchedJob } from '../../../src/fleet/demand.ts';

const SLOT_MS = 60_000;

/** A job whose pass has done 2 of 10 batches and has one more with a worker. */
function jobIn(pass: PassName, activity: string): WatchedJob {
  const progress: JobProgress = {
    state: 'running',
    paused: false,
    window: 8,
    passes: [
      { pass, batchesDone: 2, batchesTotal: 10, counts: {}, startedAtMs: 0, endedAtMs: null },
    ],
    environment: null,
    lastFault: null,
  };
  const pending = [
    { activity, isStarted: true, attempt: 1, attemptsMax: 10, beat: null, lastFault: null },
  ];
  return { workflowId: 'job', progress, pending };
}

const queue = { backlog: 0, backlogAgeMs: 0, isHeldBack: false };

it.each([
  ['ingest', 'ingestBatch'],
  ['probe', 'probeBatch'],
  ['reprobe', 'reprobeBatch'],
  ['trace', 'traceBatch'],
] as const)('batches of the pass %s are work for machines', (pass, activity) => {
  const jobs = [jobIn(pass, activity)];
  const passes = followPasses({}, jobs, SLOT_MS);
  expect(passes[`job ${pass}`]?.slotMs).toBe(SLOT_MS);
  expect(workOf(jobs, { passes, queue, priorMs: null }).batches).toBeGreaterThanOrEqual(8);
});

it.each([
  ['prompt', 'promptBatch'],
  ['refine', 'refineBatch'],
] as const)('batches of the pass %s are none', (pass, activity) => {
  const jobs = [jobIn(pass, activity)];
  expect(followPasses({}, jobs, SLOT_MS)).toEqual({});
  expect(workOf(jobs, { passes: {}, queue, priorMs: null })).toMatchObject({ batches: 0 });
});
