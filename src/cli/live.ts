// A running job as numbers: each stage with what is done, its pace and its end, batches in flight included. Pure.
import type { InFlightReport, PassInFlight } from '../contract/in-flight.ts';
import type { BatchCounts, CauseReport, PassName, PassProgress } from '../contract/job.ts';
import { OUTCOMES } from '../contract/outcome.ts';
import { NOTHING_IN_FLIGHT, paceOf, unitsOf } from '../core/pace.ts';
import type { Pace } from '../core/pace.ts';
import { addCounts } from '../core/progress.ts';
import type { JobReport } from './ports.ts';

export interface Stage extends Pace {
  readonly pass: PassName;
  readonly functions: number;
  readonly invocations: number;
  /** Invocations by outcome, and `faulted`; empty where the stage has none. */
  readonly byOutcome: BatchCounts;
}

/** A kind of failure with how often it was counted among the invocations that were looked at, where any were. */
export interface Failure {
  readonly cause: string;
  readonly count: number | null;
  readonly examples: readonly string[];
}

export interface Live extends Pick<
  InFlightReport,
  'activities' | 'slotsBusy' | 'retrying' | 'faults'
> {
  readonly stages: readonly Stage[];
  readonly failures: readonly Failure[];
}

const NAMES: readonly string[] = OUTCOMES;

function byOutcomeOf({ pass, counts }: PassProgress, inFlight: PassInFlight | null): BatchCounts {
  if (pass !== 'trace') return {};
  const ended = Object.entries(counts).filter(([name]) => NAMES.includes(name));
  const faulted = counts.invocationsFaulted ?? 0;
  const done = { ...Object.fromEntries(ended), ...(faulted === 0 ? {} : { faulted }) };
  return addCounts(done, inFlight?.outcomes ?? {});
}

export function stageOf(pass: PassProgress, inFlight: InFlightReport | null, now: number): Stage {
  const flying = inFlight?.passes.find((entry) => entry.pass === pass.pass) ?? null;
  const { functions, invocations } = unitsOf(pass.pass, pass.counts);
  return {
    pass: pass.pass,
    functions: functions + (flying?.functions ?? 0),
    invocations: invocations + (flying?.invocations ?? 0),
    ...paceOf(pass, flying ?? NOTHING_IN_FLIGHT, now),
    byOutcome: byOutcomeOf(pass, flying),
  };
}

/** Causes of sealed batches with their counts, then kinds that only batches in flight have met. */
export function failuresOf(
  inFlight: InFlightReport | null,
  report: CauseReport | null,
): readonly Failure[] {
  const counted = report?.causes ?? [];
  const known = new Set(counted.map(({ cause }) => cause));
  const flying = (inFlight?.failures ?? []).filter(({ cause }) => !known.has(cause));
  return [
    ...counted,
    ...flying.map(({ cause, example }) => ({ cause, count: null, examples: [example] })),
  ];
}

/** Null where the job does not run or nothing answers for it. */
export function liveOf(
  { progress, inFlight }: Pick<JobReport, 'progress' | 'inFlight'>,
  causes: CauseReport | null,
  now: number,
): Live | null {
  if (progress === null || inFlight === null) return null;
  const { activities, slotsBusy, retrying, faults } = inFlight;
  return {
    activities,
    slotsBusy,
    retrying,
    faults,
    stages: progress.passes.map((pass) => stageOf(pass, inFlight, now)),
    failures: failuresOf(inFlight, causes),
  };
}
