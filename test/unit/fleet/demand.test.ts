// What is left to do for a fleet, from jobs as Temporal tells of them.
import { expect, it } from 'vitest';
import type { JobProgress, PassName } from '../../../src/contract/job.ts';
import { busyOn, followPasses, workOf } from '../../../src/fleet/demand.ts';
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

const idle = { backlog: 0, backlogAgeMs: 0, isHeldBack: false };
const QUEUES = ['trace', 'refine', 'llm'] as const;

it.each([
  ['ingest', 'ingestBatch', 'trace'],
  ['probe', 'probeBatch', 'trace'],
  ['reprobe', 'reprobeBatch', 'trace'],
  ['trace', 'traceBatch', 'trace'],
  ['prompt', 'promptBatch', 'llm'],
  ['near', 'nearBatch', 'refine'],
  ['refine', 'refineBatch', 'refine'],
  ['publish', 'publishPart', 'refine'],
] as const)('batches of the pass %s are work for machines of one queue', (pass, activity, own) => {
  const jobs = [jobIn(pass, activity)];
  for (const name of QUEUES) {
    const passes = followPasses({}, jobs, { queue: name, nowMs: SLOT_MS, sinceMs: SLOT_MS });
    const work = workOf(jobs, { name, passes, queue: idle, priorMs: null });
    if (name === own) {
      expect(passes[`job ${pass}`]?.slotMs).toBe(SLOT_MS);
      expect(work.batches).toBeGreaterThanOrEqual(8);
      expect(busyOn(jobIn(pass, activity), name)).toBe(1);
    } else {
      expect(Object.keys(passes)).not.toContain(`job ${pass}`);
      expect(work.slotMs ?? 0).toBe(0);
      expect(busyOn(jobIn(pass, activity), name)).toBe(0);
    }
  }
});

it('a job that is not planned asks for a machine of the queue trace alone', () => {
  const jobs: readonly WatchedJob[] = [{ workflowId: 'job', progress: null, pending: [] }];
  const batches = QUEUES.map(
    (name) => workOf(jobs, { name, passes: {}, queue: idle, priorMs: null }).batches,
  );
  expect(batches).toEqual([1, 0, 0]);
});

it('the longest batch is what one was seen to run, whether or not it ended, and the estimate heeds it', () => {
  const job = jobIn('trace', 'traceBatch');
  const running = { ...job, pending: job.pending.map((one) => ({ ...one, startedAtMs: 1_000 })) };
  const look = { queue: 'trace', sinceMs: SLOT_MS } as const;
  const first = followPasses({}, [running], { ...look, nowMs: 901_000 });
  expect(first['job trace']?.longestMs).toBe(900_000);
  const second = followPasses(first, [job], { ...look, nowMs: 961_000 });
  expect(second['job trace']?.longestMs).toBe(900_000);
  const given = { name: 'trace', queue: idle, priorMs: 1_000 } as const;
  expect(workOf([job], { ...given, passes: second }).longestMs).toBe(900_000);
});

it('a job that runs may have another pass for machines of the queue refine, and none after trace', () => {
  const ended = (pass: PassName): WatchedJob => {
    const job = jobIn(pass, 'none');
    const passes = job.progress?.passes.map((each) => ({ ...each, batchesDone: 10 })) ?? [];
    return { ...job, progress: job.progress === null ? null : { ...job.progress, passes } };
  };
  const between = (pass: PassName, name: (typeof QUEUES)[number]): boolean =>
    workOf([ended(pass)], { name, passes: {}, queue: idle, priorMs: null }).isBetween;
  expect(between('refine', 'refine')).toBe(true);
  expect(between('trace', 'trace')).toBe(false);
  expect(between('trace', 'refine')).toBe(false);
});
