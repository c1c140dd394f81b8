// From jobs as Temporal tells of them to what is left to do on the queues of the fleet. Pure.
import type { PendingActivity } from '../contract/in-flight.ts';
import type { JobProgress, PassName } from '../contract/job.ts';
import { WINDOW_MAX } from '../core/dispatch.ts';
import { PASS_OF, inFlightOf } from '../core/in-flight.ts';
import { PASS_ORDER, queueOfPass } from '../core/plan.ts';
import { estimateBatch } from './estimate.ts';
import type { FleetWork } from './policy.ts';
import type { FleetState } from './state.ts';

export interface WatchedJob {
  readonly workflowId: string;
  /** Null where no worker answers for it. */
  readonly progress: JobProgress | null;
  readonly pending: readonly PendingActivity[];
}

export interface QueueFacts {
  readonly backlog: number;
  readonly backlogAgeMs: number;
  readonly isHeldBack: boolean;
}

/** Queues that machines may serve; the queue job has little to do, and one coordinator stays for it. */
export type FleetQueue = 'trace' | 'refine' | 'llm';

interface PassLeft {
  readonly key: string;
  readonly pass: PassName;
  /** Batches that have not ended, and what of them is left. */
  readonly batches: number;
  readonly left: number;
  readonly done: number;
  readonly busy: number;
  /** Since the epoch: when the batch was taken that a slot has worked on longest; null where none is. */
  readonly sinceMs: number | null;
}

const passKey = (workflowId: string, pass: PassName): string => `${workflowId} ${pass}`;

function passesOf(
  { workflowId, progress, pending }: WatchedJob,
  queue: FleetQueue,
): readonly PassLeft[] {
  if (progress === null) return [];
  const inFlight = inFlightOf(pending);
  const passes = PASS_ORDER.filter((pass) => queueOfPass(pass) === queue);
  const left = passes.flatMap((pass): PassLeft[] => {
    const seen = progress.passes.find((entry) => entry.pass === pass);
    if (seen === undefined) return [];
    const part = inFlight.passes.find((entry) => entry.pass === pass)?.batches ?? 0;
    const batches = seen.batchesTotal - seen.batchesDone;
    const running = pending.filter((one) => one.isStarted && PASS_OF[one.activity] === pass);
    const started = running.flatMap(({ startedAtMs }) => startedAtMs ?? []);
    const done = seen.batchesDone + Math.min(part, batches);
    return [
      {
        ...{ key: passKey(workflowId, pass), pass, batches, done },
        left: seen.batchesTotal - done,
        busy: running.length,
        sinceMs: started.length === 0 ? null : Math.min(...started),
      },
    ];
  });
  const planned = progress.passes.find(({ pass }) => pass === 'ingest')?.batchesTotal ?? 0;
  if (queue !== 'trace' || planned === 0 || left.some(({ pass }) => pass === 'trace')) return left;
  // What ingest has, trace will have: a fleet that has just read the corpus is not given back.
  const key = passKey(workflowId, 'trace');
  const trace = { key, pass: 'trace', batches: planned, left: planned } as const;
  return [...left, { ...trace, done: 0, busy: 0, sinceMs: null }];
}

/** Batches of the queue that slots work on. */
export function busyOn({ pending }: WatchedJob, queue: FleetQueue): number {
  return pending.filter(({ isStarted, activity }) => {
    const pass = PASS_OF[activity];
    return isStarted && pass !== undefined && queueOfPass(pass) === queue;
  }).length;
}

/** Adds what the slots did since the last look, `look.sinceMs` before `look.nowMs`. */
export function followPasses(
  passes: FleetState['passes'],
  jobs: readonly WatchedJob[],
  look: { readonly queue: FleetQueue; readonly nowMs: number; readonly sinceMs: number },
): FleetState['passes'] {
  const followed: Record<string, FleetState['passes'][string]> = {};
  const { queue, nowMs } = look;
  for (const { key, done, busy, sinceMs } of jobs.flatMap((job) => passesOf(job, queue))) {
    const known = passes[key] ?? { from: done, slotMs: 0, longestMs: 0 };
    followed[key] = {
      from: known.from,
      slotMs: known.slotMs + busy * look.sinceMs,
      // One that runs takes at least as long as it has run.
      longestMs: Math.max(known.longestMs, sinceMs === null ? 0 : nowMs - sinceMs),
    };
  }
  return followed;
}

/**
 * Passes of the queue refine follow one another, and each is known when the one before has ended: machines that went in between would
 * be wanted at once. On the queue trace the pass trace is known with ingest, and none follows it.
 */
function isBetween({ progress }: WatchedJob, queue: FleetQueue): boolean {
  return (
    queue === 'refine' &&
    progress !== null &&
    progress.passes.some(({ pass }) => queueOfPass(pass) === queue)
  );
}

/** `priorMs`: what a batch of the pass trace takes, as a pilot told; null without one. */
export function workOf(
  jobs: readonly WatchedJob[],
  {
    name,
    passes,
    queue,
    priorMs,
  }: {
    readonly name: FleetQueue;
    readonly passes: FleetState['passes'];
    readonly queue: QueueFacts;
    readonly priorMs: number | null;
  },
): FleetWork {
  let batches = 0;
  let slotMs = 0;
  let longestMs = 0;
  let unknown = 0;
  for (const left of jobs.flatMap((job) => passesOf(job, name))) {
    const { from, ...known } = passes[left.key] ?? { from: left.done, slotMs: 0, longestMs: 0 };
    const seen = { done: left.done - from, ...known };
    const { meanMs, longestMs: longest } = estimateBatch(
      seen,
      left.pass === 'trace' ? priorMs : null,
    );
    batches += left.batches;
    if (left.batches > 0 && meanMs === null) unknown += left.batches;
    slotMs += left.left * (meanMs ?? 0);
    if (left.batches > 0) longestMs = Math.max(longestMs, longest);
  }
  // A job that is not planned yet asks for one thing: a sandbox that tells the environment.
  const unplanned =
    name === 'trace'
      ? jobs.filter(({ progress }) => (progress?.passes.length ?? 0) === 0).length
      : 0;
  const isUnknown = unplanned > 0 || (unknown > 0 && slotMs === 0);
  return {
    batches: batches + unplanned,
    slotMs: isUnknown ? null : slotMs,
    longestMs,
    parallelMax: WINDOW_MAX * Math.max(1, jobs.length),
    isBetween: jobs.some((job) => isBetween(job, name)),
    ...queue,
  };
}
