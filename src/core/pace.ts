// How fast a pass is and how long it still takes: from what its batches gave, a few marks of the last minutes, and what
// the batches in flight have told of themselves. Pure; times are milliseconds since the epoch.
import type { BatchCounts, PaceMark, PassName, PassProgress } from '../contract/job.ts';

/** At most this many marks, at least so far apart: the pace of the last minute and a half where batches are quick. */
const MARKS_MAX = 16;
const MARK_EVERY_MS = 6_000;
/** Before this share of a pass is done, its end is a guess that is not worth a number. */
const SHARE_KNOWN_MIN = 0.02;

/** What of the batches in flight is done by now. */
export interface InFlight {
  /** Sum of the parts of batches that are done: 1.5 is one batch and a half. */
  readonly batches: number;
  readonly functions: number;
  readonly invocations: number;
}

export const NOTHING_IN_FLIGHT: InFlight = { batches: 0, functions: 0, invocations: 0 };

export interface Pace {
  /** Null where the pass does not count functions, or nothing is known yet. */
  readonly functionsPerSecond: number | null;
  readonly invocationsPerSecond: number | null;
  /** Milliseconds left at this pace; null while too little is known, and once the pass has ended. */
  readonly leftMs: number | null;
}

type Units = Pick<PaceMark, 'functions' | 'invocations'>;

const FUNCTIONS: Readonly<Record<PassName, string | null>> = {
  ingest: 'functionsFound',
  benchmark: null,
  match: null,
  earlier: 'functionsEarlier',
  near: null,
  unique: 'functionsKept',
  cluster: null,
  place: null,
  probe: 'functionsProbed',
  prompt: 'functionsAsked',
  reprobe: 'functionsProbed',
  trace: 'functions',
  refine: null,
  gather: null,
  publish: null,
  render: null,
  select: null,
  text: null,
};

/** Functions and invocations that the counts of a pass stand for; 0 where it counts none. */
export function unitsOf(pass: PassName, counts: BatchCounts): Units {
  const sum = (...names: readonly string[]): number =>
    names.reduce((total, name) => total + (counts[name] ?? 0), 0);
  const functions = FUNCTIONS[pass];
  const invocations =
    pass === 'trace'
      ? sum('outcomes', 'invocationsFaulted')
      : pass === 'refine'
        ? sum('accepted', 'rejected', 'duplicateTraces', 'invocationsFaulted')
        : 0;
  return { functions: functions === null ? 0 : sum(functions), invocations };
}

/** Adds a mark where the last one is old enough, and forgets the oldest beyond the bound. */
export function markPace(pass: PassProgress, { nowMs }: { readonly nowMs: number }): PassProgress {
  const marks = pass.marks ?? [];
  const lastAtMs = marks.at(-1)?.atMs ?? pass.startedAtMs;
  if (nowMs - lastAtMs < MARK_EVERY_MS) return pass;
  const mark = { atMs: nowMs, batches: pass.batchesDone, ...unitsOf(pass.pass, pass.counts) };
  return { ...pass, marks: [...marks, mark].slice(-MARKS_MAX) };
}

interface Span {
  readonly from: PaceMark;
  readonly to: PaceMark;
}

/**
 * From the begin of the pass to now where its begin is still in sight; else between the ends of batches, since nobody
 * knows what was in flight at an older mark. A pass that has stood still for as long as that counts up to now.
 */
function spanOf(pass: PassProgress, inFlight: InFlight, now: number): Span {
  const marks = pass.marks ?? [];
  const total = { batches: pass.batchesDone, ...unitsOf(pass.pass, pass.counts) };
  const end: PaceMark = {
    atMs: pass.endedAtMs ?? now,
    batches: total.batches + inFlight.batches,
    functions: total.functions + inFlight.functions,
    invocations: total.invocations + inFlight.invocations,
  };
  const [first] = marks;
  const last = marks.at(-1);
  const begin = { atMs: pass.startedAtMs, batches: 0, functions: 0, invocations: 0 };
  if (pass.endedAtMs !== null || marks.length < MARKS_MAX) return { from: begin, to: end };
  if (first === undefined || last === undefined) return { from: begin, to: end };
  const isStanding = now - last.atMs > last.atMs - first.atMs;
  return { from: first, to: isStanding ? { ...end, atMs: now } : last };
}

function leftMsOf(pass: PassProgress, done: number, perMs: number): number | null {
  if (pass.endedAtMs !== null || perMs <= 0) return null;
  if (done < SHARE_KNOWN_MIN * pass.batchesTotal) return null;
  return Math.max(0, (pass.batchesTotal - done) / perMs);
}

/** The pace of a pass; an ended one has that of its whole time. */
export function paceOf(pass: PassProgress, inFlight: InFlight, now: number): Pace {
  const { from, to } = spanOf(pass, inFlight, now);
  const seconds = Math.max(1, to.atMs - from.atMs) / 1_000;
  const rate = (unit: keyof Units): number | null =>
    to[unit] > 0 ? Math.max(0, to[unit] - from[unit]) / seconds : null;
  const done = pass.batchesDone + inFlight.batches;
  return {
    functionsPerSecond: rate('functions'),
    invocationsPerSecond: rate('invocations'),
    leftMs: leftMsOf(pass, done, (to.batches - from.batches) / (seconds * 1_000)),
  };
}
