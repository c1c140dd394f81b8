// How fast a pass is said to be, and when it is said to end.
import { expect, it } from 'vitest';
import type { PassName, PassProgress } from '../../../src/contract/job.ts';
import { markPace, NOTHING_IN_FLIGHT, paceOf, unitsOf } from '../../../src/core/pace.ts';
import { addBatch, beginPass, emptyProgress } from '../../../src/core/progress.ts';

const SECOND = 1_000;

const begun = (change: Partial<PassProgress> = {}): PassProgress => ({
  pass: 'trace',
  batchesDone: 0,
  batchesTotal: 100,
  counts: {},
  startedAtMs: 0,
  endedAtMs: null,
  ...change,
});

/** A pass of which one batch of 10 functions and 30 invocations ends every `everyMs`. */
function steady(batches: number, everyMs: number, pass: PassName = 'trace'): PassProgress {
  let progress = beginPass(emptyProgress(8), { pass, batchesTotal: 1_000, nowMs: 0 });
  for (let index = 0; index < batches; index += 1) {
    const counts = { functions: 10, outcomes: 29, invocationsFaulted: 1 };
    const result = { v: 1, batchIndex: index, how: 'sealed', counts } as const;
    progress = addBatch(progress, { pass, result, nowMs: (index + 1) * everyMs });
  }
  const [only] = progress.passes;
  if (only === undefined) throw new Error('no pass');
  return only;
}

it('nothing is said of a pass that has done nothing', () => {
  const pace = paceOf(begun(), NOTHING_IN_FLIGHT, 60 * SECOND);
  expect(pace).toEqual({ functionsPerSecond: null, invocationsPerSecond: null, leftMs: null });
});

it('batches in flight count from the first second of a pass', () => {
  const inFlight = { batches: 4, functions: 40, invocations: 120 };
  const pace = paceOf(begun(), inFlight, 20 * SECOND);
  expect(pace).toMatchObject({ functionsPerSecond: 2, invocationsPerSecond: 6 });
  // 4 of 100 batches in 20 s: the other 96 take 480 s.
  expect(pace.leftMs).toBeCloseTo(480 * SECOND);
});

it('the pace of a long pass is that of its last minutes', () => {
  const slow = steady(100, 10 * SECOND);
  const now = 1_000 * SECOND;
  expect(paceOf(slow, NOTHING_IN_FLIGHT, now)).toMatchObject({
    functionsPerSecond: 1,
    invocationsPerSecond: 3,
    leftMs: 9_000 * SECOND,
  });
  // Then a batch every second: after two minutes nothing is left of the slow begin.
  let pass = slow;
  for (let index = 1; index <= 120; index += 1) {
    const counts = { functions: 1_000 + 10 * index, outcomes: 3_000 + 30 * index };
    const batchesDone = 100 + index;
    pass = markPace({ ...pass, counts, batchesDone }, { nowMs: now + index * SECOND });
  }
  const pace = paceOf(pass, NOTHING_IN_FLIGHT, now + 121 * SECOND);
  expect(pace.functionsPerSecond).toBeCloseTo(10);
  expect(pace.leftMs).toBeCloseTo(780 * SECOND);
});

it('the pace falls while a pass stands still', () => {
  const pass = steady(100, 10 * SECOND);
  const later = paceOf(pass, NOTHING_IN_FLIGHT, 10_000 * SECOND);
  expect(later.functionsPerSecond).toBeLessThan(0.1);
});

it('marks are bounded, apart from each other, and absent ones of an older run are none', () => {
  const { marks = [] } = steady(10_000, 100);
  expect(marks).toHaveLength(16);
  const gaps = marks.slice(1).map(({ atMs }, index) => atMs - (marks[index]?.atMs ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(6 * SECOND);
  const old = begun({ batchesDone: 50, counts: { outcomes: 500 } });
  expect(paceOf(old, NOTHING_IN_FLIGHT, 100 * SECOND)).toMatchObject({
    invocationsPerSecond: 5,
    leftMs: 100 * SECOND,
  });
});

it('a pass that has ended has the pace of its whole time and no time left', () => {
  const pass = begun({ batchesDone: 100, counts: { functions: 200 }, endedAtMs: 10 * SECOND });
  expect(paceOf(pass, NOTHING_IN_FLIGHT, 900 * SECOND)).toMatchObject({
    functionsPerSecond: 20,
    leftMs: null,
  });
});

it('each pass counts what it is about', () => {
  expect(unitsOf('ingest', { functionsFound: 7 })).toEqual({ functions: 7, invocations: 0 });
  expect(unitsOf('trace', { functions: 2, outcomes: 8, invocationsFaulted: 1 })).toEqual({
    functions: 2,
    invocations: 9,
  });
  const refined = { accepted: 5, rejected: 2, duplicateTraces: 1 };
  expect(unitsOf('refine', refined)).toEqual({ functions: 0, invocations: 8 });
});
