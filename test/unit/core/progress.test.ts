import { expect, it } from 'vitest';
import type { BatchResult, JobProgress } from '../../../src/contract/job.ts';
import { batchCountOf, PASS_ORDER, passesFrom } from '../../../src/core/plan.ts';
import {
  addBatch,
  addCounts,
  beginPass,
  describeProgress,
  emptyProgress,
} from '../../../src/core/progress.ts';

const result = (batchIndex: number, how: BatchResult['how'] = 'sealed'): BatchResult => ({
  v: 1,
  batchIndex,
  how,
  counts: { outcomes: 3 },
});

const begun = (batchesTotal: number): JobProgress =>
  beginPass(emptyProgress(8), { pass: 'trace', batchesTotal, nowMs: 100 });

it('counts of equal names are added and others kept', () => {
  expect(addCounts({ a: 1, b: 2 }, { b: 3, c: 4 })).toEqual({ a: 1, b: 5, c: 4 });
});

it('the last batch of a pass ends it', () => {
  const one = addBatch(begun(2), { pass: 'trace', result: result(0), nowMs: 200 });
  expect(one.passes[0]).toMatchObject({ batchesDone: 1, endedAtMs: null });
  const two = addBatch(one, { pass: 'trace', result: result(1, 'reused'), nowMs: 300 });
  expect(two.passes[0]).toEqual({
    pass: 'trace',
    batchesDone: 2,
    batchesTotal: 2,
    counts: { outcomes: 6, 'batches-sealed': 1, 'batches-reused': 1 },
    startedAtMs: 100,
    endedAtMs: 300,
  });
});

it('a pass that was begun before continue-as-new keeps what it has', () => {
  const some = addBatch(begun(2), { pass: 'trace', result: result(0), nowMs: 200 });
  expect(beginPass(some, { pass: 'trace', batchesTotal: 2, nowMs: 900 })).toBe(some);
});

it('a pass without batches is over when it begins', () => {
  expect(begun(0).passes[0]?.endedAtMs).toBe(100);
});

it('the description names every pass with its counts and not how batches were had', () => {
  const some = addBatch(begun(2), { pass: 'trace', result: result(0), nowMs: 200 });
  expect(describeProgress({ ...some, paused: true })).toBe(
    'paused, window 8\n\n- **trace** 1/2: outcomes 3',
  );
});

it('the passes that are left begin with the one that runs', () => {
  const all = {
    benchmarks: true,
    earlier: true,
    split: true,
    place: true,
    synthesize: true,
    prompts: true,
    render: true,
  };
  const none = {
    benchmarks: false,
    earlier: false,
    split: false,
    place: false,
    synthesize: false,
    prompts: false,
    render: false,
  };
  const asking = ['prompt', 'reprobe'];
  const texts = ['render', 'select', 'text'];
  const ofAll = ['benchmark', 'match', 'earlier', 'cluster', 'place'];
  expect(passesFrom(null, all)).toEqual(PASS_ORDER);
  expect(passesFrom(null, { ...all, prompts: false })).toEqual(
    PASS_ORDER.filter((pass) => !asking.includes(pass)),
  );
  expect(passesFrom(null, none)).toEqual(
    PASS_ORDER.filter(
      (pass) => pass !== 'probe' && ![...asking, ...ofAll, ...texts].includes(pass),
    ),
  );
  expect(passesFrom('trace', none)).toEqual(['trace', 'refine', 'gather', 'publish']);
  expect(passesFrom('refine', { ...all, render: false })).toEqual(['refine', 'gather', 'publish']);
  expect(passesFrom('publish', { ...none, render: true })).toEqual(['publish', ...texts]);
});

it('near and cluster have few batches, unique and place one, gather and publish their own, the others follow the plan', () => {
  const counts = {
    plan: 17,
    near: true,
    benchmarks: 2,
    earlier: 1,
    gather: 2,
    publish: 4,
    text: 3,
  };
  const all = [17, 2, 17, 1, 10, 1, 10, 1, 17, 17, 17, 17, 17, 2, 4, 3, 1, 3];
  expect(PASS_ORDER.map((pass) => batchCountOf(pass, counts))).toEqual(all);
  expect(batchCountOf('near', { ...counts, plan: 3 })).toBe(3);
  expect(batchCountOf('near', { ...counts, near: false })).toBe(0);
});
