// What machines cost, by job: each round's machine time goes to the jobs that ran in it. Pure.
import { busyOn } from './demand.ts';
import type { FleetQueue, WatchedJob } from './demand.ts';
import { vmMsOf } from './observe.ts';
import type { FleetSettings } from './settings.ts';
import type { FleetState } from './state.ts';

/** Bounds the state: what is older was asked for long ago. */
const JOBS_MAX = 100;
const HOUR_MS = 3_600_000;

type Bills = FleetState['jobs'];

/** How a round's time is shared: by batches that run; alike where none runs yet, since machines start for all. */
function sharesOf(
  jobs: readonly WatchedJob[],
  queue: FleetQueue,
  bills: Bills,
): ReadonlyMap<string, number> {
  const busy = jobs.map((job) => [job.workflowId, busyOn(job, queue)] as const);
  const all = busy.reduce((sum, [, count]) => sum + count, 0);
  if (all > 0) return new Map(busy.map(([id, count]) => [id, count / all]));
  if (jobs.length > 0) return new Map(busy.map(([id]) => [id, 1 / jobs.length]));
  // Machines that leave after the last job were there for it.
  const last = Object.entries(bills).sort(([, a], [, b]) => b.lastAtMs - a.lastAtMs)[0];
  return last === undefined ? new Map() : new Map([[last[0], 1]]);
}

/**
 * Adds what all machines did since the state before. `price` is of a machine for an hour, as it is set now; what was billed
 * at another price stays as it is.
 */
export function billJobs(
  before: FleetState,
  now: { readonly state: FleetState; readonly jobs: readonly WatchedJob[]; readonly nowMs: number },
  { queue, price }: Pick<FleetSettings, 'queue' | 'price'>,
): Bills {
  const { state, jobs, nowMs } = now;
  const vmMs = Math.max(0, vmMsOf(state, nowMs) - vmMsOf(before, before.decidedAtMs));
  const bills: Record<string, Bills[string]> = { ...before.jobs };
  for (const [id, share] of sharesOf(jobs, queue, before.jobs)) {
    const known = bills[id] ?? { vmMs: 0, money: 0, lastAtMs: nowMs };
    bills[id] = {
      vmMs: known.vmMs + share * vmMs,
      money: known.money + (share * vmMs * price) / HOUR_MS,
      lastAtMs: jobs.length > 0 ? nowMs : known.lastAtMs,
    };
  }
  const newest = Object.entries(bills).sort(([, a], [, b]) => b.lastAtMs - a.lastAtMs);
  return Object.fromEntries(newest.slice(0, JOBS_MAX));
}
