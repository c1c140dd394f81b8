import { expect, it } from 'vitest';
import { estimatePilot } from '../../../src/core/pilot-estimate.ts';
import type { PilotGiven } from '../../../src/core/pilot-estimate.ts';
import { allocate, estimateTotal, sampleOf } from '../../../src/core/stratified.ts';

it('a sample is without replacement, the same for a seed, and another for another one', () => {
  const sample = sampleOf(1_000, 50, 3);
  expect(new Set(sample).size).toBe(50);
  expect(sample).toEqual([...sample].sort((a, b) => a - b));
  expect(sampleOf(1_000, 50, 3)).toEqual(sample);
  expect(sampleOf(1_000, 50, 4)).not.toEqual(sample);
  expect(sampleOf(7, 50, 1)).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

it('strata get their share, two at least, and never more than they have', () => {
  expect(allocate([1_000, 1_000, 2_000], 40)).toEqual([10, 10, 20]);
  expect(allocate([100_000, 10, 1], 100)).toEqual([100, 2, 1]);
  expect(allocate([3, 4], 100)).toEqual([3, 4]);
});

it('a complete sample has no interval, and equal values have none', () => {
  expect(estimateTotal([{ population: 3, values: [1, 2, 6], measured: 3 }])).toEqual({
    value: 9,
    low: 9,
    high: 9,
  });
  expect(estimateTotal([{ population: 100, values: [2, 2], measured: 2 }])).toEqual({
    value: 200,
    low: 200,
    high: 200,
  });
});

it('the interval is that of the textbook', () => {
  const { value, low, high } = estimateTotal([
    { population: 100, values: [4, 6, 8, 10], measured: 4 },
    { population: 50, values: [1, 3], measured: 2 },
  ]);
  // s² of 20/3 and 2: 100² × 0.96 × (20/3)/4 + 50² × 0.96 × 2/2; four degrees of freedom.
  const half = (1.96 + 2.4 / 4) * Math.sqrt(16_000 + 2_400);
  expect(value).toBe(800);
  expect(low).toBeCloseTo(800 - half, 9);
  expect(high).toBeCloseTo(800 + half, 9);
});

it('a total is never below what was seen', () => {
  const { low } = estimateTotal([{ population: 1_000, values: [0, 0, 0, 900], measured: 4 }]);
  expect(low).toBe(900);
});

/** A made-up corpus of two strata: what each record gives follows from its number. */
function corpus() {
  const record = (stratum: number, index: number): Record<string, number> => {
    const invocations = 1 + ((index * 7) % 6);
    const accepted = (index * 31) % 10 < 7 ? invocations : 0;
    const facts = { records: 1, functions: 1, invocations, accepted };
    return stratum === 1 && index % 20 === 0
      ? { records: 1 }
      : {
          ...facts,
          ...(accepted === 0 ? { 'reason.crashed': invocations, rejected: invocations } : {}),
        };
  };
  const populations = [4_000, 1_000];
  const whole = populations.map((count, stratum) =>
    Array.from({ length: count }, (_, index) => record(stratum, index)),
  );
  const total = (name: string): number =>
    whole.flat().reduce((sum, facts) => sum + (facts[name] ?? 0), 0);
  return { populations, whole, total };
}

it('19 of 20 intervals hold what the whole corpus gives', () => {
  const { populations, whole, total } = corpus();
  const held = { accepted: 0, invocations: 0, slotHours: 0, yield: 0 };
  const ROUNDS = 200;
  const msOf = (facts: Readonly<Record<string, number>>): number =>
    50 + 100 * (facts['invocations'] ?? 0);
  const hours = whole.flat().reduce((sum, facts) => sum + msOf(facts), 0) / 3_600_000;
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    const sizes = allocate(populations, 500);
    const batches = whole.flatMap((records, stratum) => {
      const drawn = sampleOf(records.length, sizes[stratum] ?? 0, seed * 10 + stratum);
      const facts = drawn.map((at) => records[at] ?? {});
      return Array.from({ length: Math.ceil(facts.length / 16) }, (_, at) => {
        const own = facts.slice(at * 16, at * 16 + 16);
        return { stratum, records: own, slotMs: own.reduce((sum, each) => sum + msOf(each), 0) };
      });
    });
    const given: PilotGiven = {
      batches,
      populations,
      bytesPerRow: 10,
      slots: 2,
      pricePerCoreHour: 3,
    };
    const found = estimatePilot(given);
    const holds = (estimate: { low: number; high: number } | null, truth: number): boolean =>
      estimate !== null && estimate.low <= truth && truth <= estimate.high;
    if (holds(found.accepted, total('accepted'))) held.accepted += 1;
    if (holds(found.invocations, total('invocations'))) held.invocations += 1;
    if (holds(found.slotHours, hours)) held.slotHours += 1;
    if (holds(found.yield, total('accepted') / total('invocations'))) held.yield += 1;
    expect(found.bytes?.value).toBeCloseTo(found.accepted.value * 10, 6);
    expect(found.money?.value).toBeCloseTo((found.hours?.value ?? 0) * 2 * 3, 6);
    expect(found.reasons[0]?.reason).toBe('crashed');
  }
  for (const times of Object.values(held)) expect(times / ROUNDS).toBeGreaterThan(0.9);
});

it('nothing is said of times where one stratum has none, nor of money without a price', () => {
  const batches = [
    { stratum: 0, records: [{ invocations: 1, accepted: 1 }], slotMs: 5 },
    { stratum: 1, records: [{ invocations: 1 }], slotMs: null },
  ];
  const given = { batches, populations: [10, 10], bytesPerRow: null, slots: 1 };
  const found = estimatePilot({ ...given, pricePerCoreHour: 1 });
  expect(found).toMatchObject({ slotHours: null, hours: null, money: null, bytes: null });
  const known = { ...given, batches: batches.slice(0, 1), populations: [10] };
  expect(estimatePilot({ ...known, pricePerCoreHour: null })).toMatchObject({
    money: null,
  });
  const alone = estimatePilot({ ...known, pricePerCoreHour: null });
  expect(alone.slotHours?.value).toBeCloseTo(50 / 3_600_000, 12);
});
