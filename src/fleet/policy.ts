// How many machines a fleet should have now, and why. Pure: what is seen goes in, a decision with its reasons comes out.
// Times are milliseconds, money is in the unit of the price.
import { windowFor } from '../core/dispatch.ts';

/** What the operator set. */
export interface FleetTerms {
  /** Machines while there is work; without any the fleet goes to none. */
  readonly min: number;
  readonly max: number;
  /** Set by the operator, whatever the work; null where the work decides. Only the budget bounds it. */
  readonly fixed: number | null;
  readonly slotsPerVm: number;
  readonly pricePerVmHour: number;
  /** Never spent more than this; null is no bound. */
  readonly budget: number | null;
  /** Since the epoch; null is as fast as machines pay back their boot. */
  readonly deadlineMs: number | null;
  /** Between two decisions. */
  readonly pollMs: number;
}

/** What is left to do on the queues that the fleet serves, of all its jobs. */
export interface FleetWork {
  /** Batches that have not ended, those in flight included. */
  readonly batches: number;
  /** What they still take, in milliseconds of one slot; null while nobody knows. */
  readonly slotMs: number | null;
  /** The longest that one batch is expected to take. */
  readonly longestMs: number;
  /** Batches that may be in flight at once, whatever the slots. */
  readonly parallelMax: number;
  /** Batches that wait for a slot now. */
  readonly backlog: number;
  /** That the oldest of them has waited. */
  readonly backlogAgeMs: number;
  /** True where the server holds the queue back: more machines would not help. */
  readonly isHeldBack: boolean;
  /** True where a job runs whose next pass may be on this queue. */
  readonly isBetween: boolean;
}

export interface FleetSeen {
  readonly nowMs: number;
  /** What was decided last. */
  readonly desired: number;
  /** Machines whose workers ask for work. */
  readonly live: number;
  /** Age of each machine that starts, since its launch. */
  readonly bootingMs: readonly number[];
  /** Machines that leave. */
  readonly draining: number;
  readonly slotsBusy: number;
  /** Of workers that are no part of the fleet. */
  readonly otherSlots: number;
  /** From launch to the first batch. */
  readonly bootMs: number;
  /** Of one machine. */
  readonly interruptionsPerHour: number;
  readonly spent: number;
  readonly grownAtMs: number | null;
  readonly shrunkAtMs: number | null;
  /** Since when a whole machine's slots had nothing to do and nothing waited; null where that is not so. */
  readonly idleSinceMs: number | null;
}

/** What bounds or drives a decision; docs/fleet.md has a line for each. */
export type ReasonKind =
  | 'no-work'
  | 'between'
  | 'fixed'
  | 'unknown-work'
  | 'work'
  | 'deadline'
  | 'deadline-missed'
  | 'parallel'
  | 'tail'
  | 'min'
  | 'max'
  | 'budget'
  | 'budget-short'
  | 'budget-spent'
  | 'held-back'
  | 'not-taken'
  | 'idle'
  | 'no-replacement'
  | 'steady'
  | 'cooling';

export interface Reason {
  readonly kind: ReasonKind;
  /** One sentence with the figures. */
  readonly text: string;
}

export interface FleetDecision {
  readonly desired: number;
  /** For the jobs: batches in flight at once. */
  readonly window: number;
  readonly reasons: readonly Reason[];
}

const HOUR_MS = 3_600_000;
/** A machine is started only where it then works for at least so many times its boot: boots stay under a fifth. */
const PAYBACK = 4;
/** …and for so many batches per slot, so that the uneven ends of the last ones weigh little. */
const BATCHES_PER_SLOT = 4;
/** Of the time to the deadline, kept for what nobody foresees, as interruptions in a row. */
const DEADLINE_MARGIN = 0.15;
/** However long the longest batch may be: more than two and a half times the machines that suffice would be too many. */
const DEADLINE_SHARE_MIN = 0.4;
/** Not even for a deadline is a machine started that works less than this share of its boot. */
const WORK_OVER_BOOT_MIN = 0.25;
/** Of the budget, never spent on the boots of more machines: the work may take longer than it seems. */
const COST_MARGIN = 0.08;
/** With the budget's end in sight a machine has so long to leave, then it is ended: its batches lose up to a part. */
export const BUDGET_DRAIN_MS = 30_000;
/** Boots that a growing fleet keeps the money for. */
const REPLACEMENTS = 3;
/** Growth by less than this share is no growth: the estimate itself moves by as much. */
const GROWTH_MIN = 0.1;
/** A batch that waits so long beside a machine without work does so for another reason than a lack of machines. */
const NOT_TAKEN_MS = 120_000;
/** An idle machine is kept for a boot, but at least so long: passes on other queues end within it. */
const IDLE_MIN_MS = 120_000;

interface Given {
  readonly terms: FleetTerms;
  readonly work: FleetWork;
  readonly seen: FleetSeen;
}

interface Target {
  readonly count: number;
  readonly reasons: readonly Reason[];
}

const plural = (count: number, word: string): string =>
  `${String(count)} ${word}${count === 1 ? '' : 's'}`;
const minutes = (ms: number): string => `${(ms / 60_000).toFixed(1)} min`;
const hours = (ms: number): string => `${(ms / HOUR_MS).toFixed(1)} h`;
const money = (value: number): string => value.toFixed(2);

const leastOf = ({ min, max }: FleetTerms): number => Math.min(min, max);

/** Money that a machine costs in so many milliseconds. */
const costOf = (terms: FleetTerms, ms: number): number => (terms.pricePerVmHour * ms) / HOUR_MS;

/** Share of a machine's time in which it works, as interruptions and the boots of replacements leave it. */
function shareAtWork({ seen }: Given): number {
  return 1 / (1 + (seen.interruptionsPerHour * seen.bootMs) / HOUR_MS);
}

/** Machines of which each slot could have a batch. */
function usable({ terms, work }: Given): number {
  return Math.ceil(Math.min(work.batches, work.parallelMax) / terms.slotsPerVm);
}

/** Slot time that the machines which are there, or start, give until `endMs` from now. */
function supplyMs({ terms, seen }: Given, endMs: number): number {
  const booting = seen.bootingMs.reduce(
    (sum, age) => sum + Math.max(0, endMs - Math.max(0, seen.bootMs - age)),
    0,
  );
  return terms.slotsPerVm * (seen.live * Math.max(0, endMs) + booting);
}

/** As many as work long enough to be worth their boot. */
function forPayback({ terms, seen }: Given, slotMs: number, batchMs: number): Target {
  const least = Math.max(PAYBACK * seen.bootMs, BATCHES_PER_SLOT * batchMs);
  const count = Math.max(1, Math.floor(slotMs / (terms.slotsPerVm * least)));
  const each = slotMs / (terms.slotsPerVm * count);
  const text = `${hours(slotMs)} of slot time are left: ${plural(count, 'machine')} work ${minutes(each)} each, at least ${minutes(least)}`;
  return { count, reasons: [{ kind: 'work', text }] };
}

/** Until when the last batch should have begun, so that it ends by the deadline however long it is. */
function aimMs({ terms, work, seen }: Given): number {
  const left = (terms.deadlineMs ?? 0) - seen.nowMs;
  return Math.max(left * DEADLINE_SHARE_MIN, left * (1 - DEADLINE_MARGIN) - work.longestMs);
}

/** As many as are needed by the deadline, and no fewer than without one; all that still help where it is out of reach. */
function forDeadline(given: Given, slotMs: number, paid: Target): Target {
  const { terms, seen } = given;
  const there = seen.live + seen.bootingMs.length;
  const left = minutes((terms.deadlineMs ?? 0) - seen.nowMs);
  const endMs = aimMs(given);
  const missing = slotMs / shareAtWork(given) - supplyMs(given, endMs);
  const usefulMs = endMs - seen.bootMs;
  const added = usefulMs > 0 ? Math.ceil(missing / (terms.slotsPerVm * usefulMs)) : Infinity;
  // What ends before another one has started, another one does not shorten.
  const isTooLate = there > 0 && slotMs / (terms.slotsPerVm * there) <= seen.bootMs;
  const count = missing <= 0 || isTooLate ? there : there + added;
  if (count <= paid.count) return paid;
  const least = terms.slotsPerVm * seen.bootMs * WORK_OVER_BOOT_MIN;
  const worked = Math.max(1, there, Math.floor(slotMs / least));
  if (count > Math.min(terms.max, usable(given), worked)) {
    const text = `${hours(slotMs)} of slot time are left and ${left} to the deadline: as many as help`;
    const most = Math.max(paid.count, Math.min(count, worked));
    return { count: most, reasons: [{ kind: 'deadline-missed', text }] };
  }
  const text = `${hours(slotMs)} of slot time in ${left} need ${plural(count, 'machine')}`;
  return { count, reasons: [{ kind: 'deadline', text }] };
}

/** Until a machine is gone that the next decision but one sends away: what it costs must still be there. */
const leavingCost = (terms: FleetTerms): number =>
  costOf(terms, 2 * terms.pollMs + BUDGET_DRAIN_MS);

/** Machines that may stay, since what they cost until they are gone is still there. */
function affordable({ terms, seen }: Given): number {
  if (terms.budget === null || terms.pricePerVmHour === 0) return Number.POSITIVE_INFINITY;
  const leaving = leavingCost(terms);
  const left = terms.budget - seen.spent - seen.draining * leaving;
  return Math.max(0, Math.floor(left / leaving));
}

/** Bounds growth by the money that is left once the work is paid; each new machine costs its boot and its end. */
function withinBudget(given: Given, target: Target, slotMs: number): Target {
  const { terms, seen } = given;
  if (terms.budget === null || terms.pricePerVmHour === 0) return target;
  const there = seen.live + seen.bootingMs.length;
  const left = terms.budget - seen.spent;
  const workCost = costOf(terms, slotMs / terms.slotsPerVm / shareAtWork(given));
  // A machine without work is seen at the next decision; it leaves at once.
  const end = costOf(terms, terms.pollMs);
  const each = costOf(terms, seen.bootMs) + end;
  const starting = seen.bootingMs.reduce((sum, age) => sum + Math.max(0, seen.bootMs - age), 0);
  // A fleet that is there and grows late must still be able to replace what is taken from it.
  const replaced = there > 0 ? REPLACEMENTS * costOf(terms, seen.bootMs) : 0;
  const kept = COST_MARGIN * terms.budget + replaced + there * end;
  const spare = left - workCost - costOf(terms, starting) - kept;
  if (spare >= 0) {
    const count = there + Math.floor(spare / each);
    if (count >= target.count) return target;
    const text = `${money(left)} are left, the work costs ${money(workCost)}: the rest starts ${plural(count - there, 'machine')} more`;
    return { count: Math.max(1, count), reasons: [...target.reasons, { kind: 'budget', text }] };
  }
  // It does not suffice: spend it on work, and no more than a fifth on boots.
  const worthwhile = Math.floor(left / ((1 + PAYBACK) * costOf(terms, seen.bootMs)));
  const text = `${money(left)} are left, the work costs ${money(workCost)}: too little to start more`;
  return {
    count: Math.min(target.count, there > 0 ? there : worthwhile),
    reasons: [...target.reasons, { kind: 'budget-short', text }],
  };
}

/** What the work asks for, before bounds on how fast one may change one's mind. */
function wanted(given: Given): Target {
  const { terms, work } = given;
  if (work.batches === 0)
    return { count: 0, reasons: [{ kind: 'no-work', text: 'no work is left' }] };
  if (work.slotMs === null) {
    const text = 'nobody knows yet how long the work takes: one machine finds out';
    return bounded(given, { count: 1, reasons: [{ kind: 'unknown-work', text }] });
  }
  const paid = forPayback(given, work.slotMs, work.slotMs / work.batches);
  const aim = terms.deadlineMs === null ? paid : forDeadline(given, work.slotMs, paid);
  return withinBudget(given, bounded(given, aim), work.slotMs);
}

function bounded(given: Given, { count: asked, reasons }: Target): Target {
  const { terms, work } = given;
  const most = usable(given);
  if (asked > most && most <= terms.max) {
    const isTail = work.batches <= work.parallelMax;
    const what = isTail
      ? `${plural(work.batches, 'batch')} left`.replace('batchs', 'batches')
      : `${String(work.parallelMax)} batches at once`;
    const text = `${what}: ${plural(most, 'machine')} of ${plural(terms.slotsPerVm, 'slot')} have work`;
    const count = Math.max(most, leastOf(terms));
    return { count, reasons: [...reasons, { kind: isTail ? 'tail' : 'parallel', text }] };
  }
  if (asked > terms.max) {
    const text = `at most ${plural(terms.max, 'machine')}`;
    return { count: terms.max, reasons: [...reasons, { kind: 'max', text }] };
  }
  if (asked < leastOf(terms)) {
    const text = `at least ${plural(leastOf(terms), 'machine')} while there is work`;
    return { count: leastOf(terms), reasons: [...reasons, { kind: 'min', text }] };
  }
  return { count: asked, reasons };
}

const add = (target: Target, kind: ReasonKind, text: string): Target => ({
  ...target,
  reasons: [...target.reasons, { kind, text }],
});

/** Growth only where work waits, and not right after the fleet shrank. */
function grow({ terms, work, seen }: Given, target: Target): Target {
  const stay = { ...target, count: seen.desired };
  if (work.isHeldBack) {
    return add(stay, 'held-back', 'the server holds the queue back: more machines would not help');
  }
  const idle = seen.live * terms.slotsPerVm - seen.slotsBusy;
  if (work.backlogAgeMs > NOT_TAKEN_MS && idle >= terms.slotsPerVm) {
    const text = `a batch has waited ${minutes(work.backlogAgeMs)} while ${plural(idle, 'slot')} had nothing to do: more machines would not take it either`;
    return add(stay, 'not-taken', text);
  }
  if (seen.shrunkAtMs !== null && seen.nowMs - seen.shrunkAtMs < seen.bootMs) {
    return add(stay, 'cooling', `the fleet shrank less than a boot (${minutes(seen.bootMs)}) ago`);
  }
  const isSmall = target.count - seen.desired < Math.max(1, seen.desired * GROWTH_MIN);
  if (isSmall) return add(stay, 'steady', 'a change below a tenth is within the estimate');
  if (work.backlog === 0) return add(stay, 'steady', 'no batch waits for a slot');
  return target;
}

/** Machines of which a batch keeps a slot, where others have had nothing to do for a boot; null where that is not so. */
function withoutIdle({ terms, work, seen }: Given): Target | null {
  const idleMs = seen.idleSinceMs === null ? 0 : seen.nowMs - seen.idleSinceMs;
  if (idleMs <= Math.max(seen.bootMs, IDLE_MIN_MS) || work.backlog > 0) return null;
  const count = Math.max(Math.ceil(seen.slotsBusy / terms.slotsPerVm), leastOf(terms));
  if (count >= seen.desired) return null;
  const text = `${plural(seen.slotsBusy, 'slot')} of ${String(seen.live * terms.slotsPerVm)} had work for ${minutes(idleMs)}`;
  return { count, reasons: [{ kind: 'idle', text }] };
}

/** What may be given back: machines that nothing is left for. */
function keep(given: Given, target: Target): Target {
  const { terms, work, seen } = given;
  const most = Math.max(Math.min(usable(given), terms.max), leastOf(terms));
  if (most < seen.desired) return bounded(given, { count: seen.desired, reasons: [] });
  const isShort = seen.live > 0 && seen.live < seen.desired && work.slotMs !== null;
  if (isShort && work.slotMs / (terms.slotsPerVm * seen.live) < seen.bootMs) {
    const text = `the work ends before another machine has started (${minutes(seen.bootMs)})`;
    return {
      count: Math.max(seen.live, leastOf(terms)),
      reasons: [{ kind: 'no-replacement', text }],
    };
  }
  return { ...target, count: seen.desired };
}

function shrink({ seen }: Given, target: Target): Target {
  if (seen.grownAtMs === null || seen.nowMs - seen.grownAtMs >= seen.bootMs) return target;
  const text = `the fleet grew less than a boot (${minutes(seen.bootMs)}) ago`;
  return add({ ...target, count: seen.desired }, 'cooling', text);
}

function targetOf(given: Given): Target {
  const { terms, seen } = given;
  const most = affordable(given);
  if (most < seen.desired || most === 0) {
    const text = `${money(seen.spent)} of ${money(terms.budget ?? 0)} are spent: the rest lets ${plural(most, 'machine')} stay and leave`;
    return { count: Math.min(most, usable(given)), reasons: [{ kind: 'budget-spent', text }] };
  }
  if (terms.fixed !== null) {
    const text = `${plural(terms.fixed, 'machine')}, as the operator set`;
    return { count: Math.min(terms.fixed, most), reasons: [{ kind: 'fixed', text }] };
  }
  const idle = withoutIdle(given);
  if (idle !== null) return shrink(given, idle);
  const target = wanted(given);
  if (target.count > seen.desired) {
    const grown = grow(given, target);
    return { ...grown, count: Math.min(grown.count, most) };
  }
  if (given.work.batches === 0) {
    if (given.work.isBetween && seen.desired > 0) {
      const text = `no batch is left of this pass; the job's next one may need ${plural(seen.desired, 'machine')}`;
      return { count: seen.desired, reasons: [{ kind: 'between', text }] };
    }
    return target.count < seen.desired ? shrink(given, target) : target;
  }
  const kept = keep(given, target);
  return kept.count < seen.desired ? shrink(given, kept) : kept;
}

/**
 * The one decision. Grows at once where work waits; shrinks only where nothing is left for a machine or the money ends;
 * never goes back and forth within one boot, but for the budget.
 */
export function decideFleet(given: Given): FleetDecision {
  const { terms, seen } = given;
  const { count, reasons } = targetOf(given);
  const slots = Math.min(seen.live, count) * terms.slotsPerVm + seen.otherSlots;
  return { desired: count, window: windowFor(slots), reasons };
}
