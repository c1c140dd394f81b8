// The fold of activities that have not ended into what an operator reads. Pure.
import type {
  InFlightReport,
  PassInFlight,
  PendingActivity,
  Retrying,
} from '../contract/in-flight.ts';
import type { PassName } from '../contract/job.ts';
import { NOTHING_IN_FLIGHT } from './pace.ts';
import { PASS_ORDER } from './plan.ts';
import { addCounts } from './progress.ts';

/** What a person reads at a glance. */
const RETRYING_MAX = 5;
const FAILURES_MAX = 8;

/** The pass of an activity that runs one batch, by the activity's name. */
export const PASS_OF: Readonly<Record<string, PassName>> = {
  ingestBatch: 'ingest',
  benchmarkBatch: 'benchmark',
  matchBatch: 'match',
  earlierBatch: 'earlier',
  nearBatch: 'near',
  mergeUnique: 'unique',
  clusterBatch: 'cluster',
  placeFunctions: 'place',
  probeBatch: 'probe',
  promptBatch: 'prompt',
  reprobeBatch: 'reprobe',
  traceBatch: 'trace',
  refineBatch: 'refine',
  gatherRuns: 'gather',
  publishPart: 'publish',
  renderBatch: 'render',
  selectText: 'select',
  publishText: 'text',
};

function addBeat(sum: PassInFlight, { beat }: PendingActivity): PassInFlight {
  if (beat === null) return sum;
  const outcomes = beat.outcomes ?? {};
  const invocations = Object.values(outcomes).reduce((total, count) => total + count, 0);
  return {
    pass: sum.pass,
    batches: sum.batches + (beat.total === 0 ? 0 : beat.done / beat.total),
    functions: sum.functions + beat.done,
    invocations: sum.invocations + invocations,
    outcomes: addCounts(sum.outcomes, outcomes),
  };
}

function passesOf(pending: readonly PendingActivity[]): PassInFlight[] {
  const sums = new Map<PassName, PassInFlight>();
  for (const activity of pending) {
    const pass = PASS_OF[activity.activity];
    if (pass === undefined) continue;
    const sum = sums.get(pass) ?? { pass, ...NOTHING_IN_FLIGHT, outcomes: {} };
    sums.set(pass, addBeat(sum, activity));
  }
  return PASS_ORDER.flatMap((pass) => sums.get(pass) ?? []);
}

function retryingOf(pending: readonly PendingActivity[]): Retrying[] {
  return pending
    .flatMap(({ activity, attempt, attemptsMax, lastFault }) =>
      lastFault === null ? [] : [{ activity, attempt, attemptsMax, ...lastFault }],
    )
    .sort((a, b) => b.attempt - a.attempt);
}

export function inFlightOf(pending: readonly PendingActivity[]): InFlightReport {
  const retrying = retryingOf(pending);
  const failures = new Map<string, { readonly cause: string; readonly example: string }>();
  for (const failure of pending.flatMap(({ beat }) => beat?.failures ?? [])) {
    if (!failures.has(failure.cause)) failures.set(failure.cause, failure);
  }
  return {
    activities: pending.length,
    slotsBusy: pending.filter(({ isStarted }) => isStarted).length,
    passes: passesOf(pending),
    retrying: retrying.slice(0, RETRYING_MAX),
    faults: retrying.reduce((sum, { code }) => addCounts(sum, { [code]: 1 }), {}),
    failures: [...failures.values()].slice(0, FAILURES_MAX),
  };
}
