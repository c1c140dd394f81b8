// The policy by its properties, over many states that a seed draws, and by its reasons in the cases that an operator meets.
import { expect, it } from 'vitest';
import { WINDOW_MAX } from '../../../src/core/dispatch.ts';
import { BUDGET_DRAIN_MS, decideFleet } from '../../../src/fleet/policy.ts';
import type { FleetSeen, FleetTerms, FleetWork } from '../../../src/fleet/policy.ts';
import { estimateBatch } from '../../../src/fleet/estimate.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const terms: FleetTerms = {
  min: 0,
  max: 100,
  fixed: null,
  slotsPerVm: 4,
  pricePerVmHour: 1,
  budget: null,
  deadlineMs: null,
  pollMs: 15_000,
};
const work: FleetWork = {
  batches: 1_200,
  slotMs: 40 * HOUR,
  longestMs: 10 * MINUTE,
  parallelMax: 500,
  backlog: 8,
  backlogAgeMs: 1_000,
  isHeldBack: false,
  isBetween: false,
};
const seen: FleetSeen = {
  nowMs: 1_000_000_000,
  desired: 0,
  live: 0,
  bootingMs: [],
  draining: 0,
  slotsBusy: 0,
  otherSlots: 0,
  bootMs: 2 * MINUTE,
  interruptionsPerHour: 0.1,
  spent: 0,
  grownAtMs: null,
  shrunkAtMs: null,
  idleSinceMs: null,
};

const kinds = (given: Parameters<typeof decideFleet>[0]): readonly string[] =>
  decideFleet(given).reasons.map(({ kind }) => kind);

/** Numbers that look like chance, the same each time (an additive sequence over the golden ratio, scrambled). */
function draws(seed: number): (max: number) => number {
  let state = seed;
  return (max) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * max);
  };
}

function drawn(seed: number) {
  const upTo = draws(seed);
  const orNull = (value: number): number | null => (upTo(3) === 0 ? null : value);
  const max = 1 + upTo(300);
  const live = upTo(max + 1);
  const nowMs = 1_000_000_000;
  const bootMs = (30 + upTo(270)) * 1_000;
  const batches = upTo(4) === 0 ? 0 : upTo(5_000);
  return {
    terms: {
      ...terms,
      min: upTo(4),
      max,
      slotsPerVm: 1 + upTo(8),
      budget: orNull(upTo(500)),
      deadlineMs: orNull(nowMs + upTo(20) * 10 * MINUTE - HOUR),
    },
    work: {
      ...work,
      batches,
      slotMs: orNull(batches * upTo(300) * 1_000),
      longestMs: upTo(20) * MINUTE,
      parallelMax: upTo(2) === 0 ? 500 : 100_000,
      backlog: upTo(2) * 8,
      isHeldBack: upTo(8) === 0,
    },
    seen: {
      ...seen,
      nowMs,
      bootMs,
      desired: upTo(max + 1),
      live,
      bootingMs: Array.from({ length: upTo(5) }, () => upTo(400) * 1_000),
      draining: upTo(3),
      slotsBusy: upTo(live + 1),
      spent: upTo(500),
      grownAtMs: orNull(nowMs - upTo(600) * 1_000),
      shrunkAtMs: orNull(nowMs - upTo(600) * 1_000),
      idleSinceMs: orNull(nowMs - upTo(600) * 1_000),
    },
  };
}

const STATES = Array.from({ length: 5_000 }, (_, seed) => drawn(seed));

it('decides whole numbers within the bounds, with a reason', () => {
  for (const given of STATES) {
    const { desired, window, reasons } = decideFleet(given);
    expect(Number.isSafeInteger(desired) && desired >= 0).toBe(true);
    expect(desired).toBeLessThanOrEqual(Math.max(given.terms.max, given.seen.desired));
    expect(window).toBeGreaterThanOrEqual(8);
    expect(window).toBeLessThanOrEqual(WINDOW_MAX);
    expect(reasons.length).toBeGreaterThan(0);
  }
});

it('decides the same for the same state, and again for what it decided', () => {
  for (const given of STATES.slice(0, 500)) {
    const first = decideFleet(given);
    expect(decideFleet(given)).toEqual(first);
    // No step later than the last one in the same direction: it does not creep while nothing else changes.
    if (first.desired < given.seen.desired) {
      const shrunk = { ...given.seen, desired: first.desired, shrunkAtMs: given.seen.nowMs };
      expect(decideFleet({ ...given, seen: shrunk }).desired).toBeLessThanOrEqual(first.desired);
    }
  }
});

it('never turns round within one boot, but for the budget', () => {
  for (const given of STATES) {
    const { desired, reasons } = decideFleet(given);
    const { grownAtMs, shrunkAtMs, nowMs, bootMs } = given.seen;
    const isRecent = (at: number | null): boolean => at !== null && nowMs - at < bootMs;
    if (desired > given.seen.desired) expect(isRecent(shrunkAtMs)).toBe(false);
    const isBudget = reasons.some(({ kind }) => kind === 'budget-spent');
    if (desired < given.seen.desired && !isBudget) expect(isRecent(grownAtMs)).toBe(false);
  }
});

it('keeps what the machines cost until they are gone', () => {
  for (const given of STATES) {
    const { budget, pollMs, pricePerVmHour } = given.terms;
    if (budget === null) continue;
    const { desired } = decideFleet(given);
    const leaving = (pricePerVmHour * (2 * pollMs + BUDGET_DRAIN_MS)) / HOUR;
    const reserved = (desired + given.seen.draining) * leaving;
    expect(desired === 0 || given.seen.spent + reserved <= budget + 1e-9).toBe(true);
  }
});

it('wants no fewer machines for more work', () => {
  for (const given of STATES) {
    const { slotMs } = given.work;
    if (slotMs === null || given.terms.budget !== null) continue;
    const { desired } = decideFleet(given);
    const more = decideFleet({ ...given, work: { ...given.work, slotMs: 2 * slotMs } });
    expect(more.desired).toBeGreaterThanOrEqual(desired);
  }
});

it('starts with as many as pay back their boot, and says so', () => {
  const decision = decideFleet({ terms, work, seen });
  // 40 h of slot time over 4 slots are 10 h: 75 machines work 8 min, four times their boot.
  expect(decision.desired).toBe(75);
  expect(decision.reasons).toEqual([
    {
      kind: 'work',
      text: '40.0 h of slot time are left: 75 machines work 8.0 min each, at least 8.0 min',
    },
  ]);
});

it('one machine finds out where nobody knows how long the work takes', () => {
  const unknown = { ...work, slotMs: null };
  expect(decideFleet({ terms, work: unknown, seen }).desired).toBe(1);
  expect(kinds({ terms, work: unknown, seen })).toEqual(['unknown-work']);
});

it('does not grow where no batch waits, or where the server holds the queue back', () => {
  const few = { ...seen, desired: 2, live: 2 };
  expect(decideFleet({ terms, work: { ...work, backlog: 0 }, seen: few }).desired).toBe(2);
  const held = { terms, work: { ...work, isHeldBack: true }, seen: few };
  expect(decideFleet(held).desired).toBe(2);
  expect(kinds(held)).toContain('held-back');
});

it('does not grow where batches wait for long beside machines that have nothing to do', () => {
  const idle = { ...seen, desired: 2, live: 2, slotsBusy: 4 };
  const stuck = { ...work, backlogAgeMs: 3 * MINUTE };
  expect(kinds({ terms, work: stuck, seen: idle })).toContain('not-taken');
  expect(decideFleet({ terms, work: stuck, seen: idle }).desired).toBe(2);
  const busy = { ...idle, slotsBusy: 8 };
  expect(decideFleet({ terms, work: stuck, seen: busy }).desired).toBeGreaterThan(2);
  const soon = { ...work, backlogAgeMs: MINUTE };
  expect(decideFleet({ terms, work: soon, seen: idle }).desired).toBeGreaterThan(2);
});

it('between two passes of a job machines stay, until they had nothing to do for a boot', () => {
  const none = { ...work, batches: 0, slotMs: 0, backlog: 0, isBetween: true };
  const here = { ...seen, desired: 2, live: 2 };
  expect(decideFleet({ terms, work: none, seen: here }).desired).toBe(2);
  expect(kinds({ terms, work: none, seen: here })).toEqual(['between']);
  const idle = { ...here, idleSinceMs: seen.nowMs - 3 * MINUTE };
  expect(decideFleet({ terms, work: none, seen: idle }).desired).toBe(0);
  const over = { ...none, isBetween: false };
  expect(decideFleet({ terms, work: over, seen: here }).desired).toBe(0);
  expect(decideFleet({ terms, work: none, seen }).desired).toBe(0);
});

it('a deadline takes more machines, and a budget bounds them', () => {
  const deadlineMs = seen.nowMs + 25 * MINUTE;
  const wide = { ...work, parallelMax: 10_000 };
  const slow = { ...seen, bootMs: 5 * MINUTE };
  const calm = decideFleet({ terms, work: wide, seen: slow });
  const hurried = decideFleet({ terms: { ...terms, deadlineMs }, work: wide, seen: slow });
  expect(calm.desired).toBe(30);
  expect(hurried.desired).toBeGreaterThan(60);
  const bounded = { ...terms, deadlineMs, budget: 14 };
  const poor = decideFleet({ terms: bounded, work: wide, seen: slow });
  expect(poor.desired).toBeLessThan(hurried.desired);
  expect(poor.reasons.map(({ kind }) => kind)).toContain('budget');
  expect(kinds({ terms: { ...bounded, budget: 5 }, work: wide, seen: slow })).toContain(
    'budget-short',
  );
});

it('gives back machines at the tail, when the work is over, and when nothing came for long', () => {
  const many = { ...seen, desired: 10, live: 10, slotsBusy: 9 };
  const tail = { ...work, batches: 9, slotMs: 9 * HOUR, backlog: 0 };
  expect(decideFleet({ terms, work: tail, seen: many }).desired).toBe(3);
  expect(kinds({ terms, work: tail, seen: many })).toEqual(['tail']);
  const none = { ...work, batches: 0, slotMs: 0, backlog: 0 };
  expect(decideFleet({ terms: { ...terms, min: 2 }, work: none, seen: many }).desired).toBe(0);
  const idle = { ...many, slotsBusy: 5, idleSinceMs: seen.nowMs - 3 * MINUTE };
  const waiting = { ...work, backlog: 0 };
  expect(decideFleet({ terms, work: waiting, seen: idle }).desired).toBe(2);
  expect(kinds({ terms, work: waiting, seen: idle })).toEqual(['idle']);
});

it('does not replace a machine that would start after the end', () => {
  const one = { ...seen, desired: 10, live: 9, bootingMs: [1_000], slotsBusy: 36 };
  const late = { ...work, batches: 60, slotMs: 36 * MINUTE };
  expect(decideFleet({ terms, work: late, seen: one }).desired).toBe(9);
  expect(kinds({ terms, work: late, seen: one })).toEqual(['no-replacement']);
});

it('follows what the operator sets meanwhile', () => {
  const many = { ...seen, desired: 10, live: 10, slotsBusy: 40 };
  expect(decideFleet({ terms: { ...terms, max: 4 }, work, seen: many }).desired).toBe(4);
  const few = { ...seen, desired: 1, live: 1, slotsBusy: 4 };
  const little = { ...work, slotMs: MINUTE, batches: 100 };
  expect(decideFleet({ terms: { ...terms, min: 3 }, work: little, seen: few }).desired).toBe(3);
});

it('the length of a batch goes from what was known to what was seen', () => {
  const nothing = { done: 0, slotMs: 0, longestMs: 0 };
  expect(estimateBatch(nothing, null)).toEqual({ meanMs: null, longestMs: 0 });
  expect(estimateBatch(nothing, 1_000).meanMs).toBe(1_000);
  expect(estimateBatch({ done: 8, slotMs: 24_000, longestMs: 1 }, 1_000).meanMs).toBe(2_000);
  const much = estimateBatch({ done: 8_000, slotMs: 24_000_000, longestMs: 90_000 }, 1_000);
  expect(Math.round(much.meanMs ?? 0)).toBe(2_998);
  expect(much.longestMs).toBe(90_000);
});
