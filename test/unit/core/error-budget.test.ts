import { expect, it } from 'vitest';
import type { BatchCounts, JobBudget, JobProgress, PassName } from '../../../src/contract/job.ts';
import { breachOf } from '../../../src/core/error-budget.ts';
import { emptyProgress } from '../../../src/core/progress.ts';

function progress(passes: Partial<Record<PassName, BatchCounts>>): JobProgress {
  return {
    ...emptyProgress(8),
    passes: Object.entries(passes).map(([pass, counts]) => ({
      pass: pass as PassName,
      batchesDone: 1,
      batchesTotal: 2,
      counts,
      startedAtMs: 0,
      endedAtMs: null,
    })),
  };
}

const budget = (given: Partial<JobBudget>): JobBudget => ({
  acceptedMin: null,
  faultsMax: null,
  outcomesAccepted: ['returned', 'raised', 'exited'],
  ...given,
});

const traced = (seen: number, faulted: number, more: BatchCounts = {}): BatchCounts => ({
  invocationsPlanned: seen,
  outcomes: seen - faulted,
  invocationsFaulted: faulted,
  returned: seen - faulted,
  ...more,
});

const unique = { inputsKept: 100_000 };

it('a job without a budget never stops', () => {
  expect(breachOf(progress({ unique, trace: traced(5_000, 5_000) }), budget({}))).toBeNull();
});

it('faults stop a job once they are too many of all that is planned', () => {
  const one = budget({ faultsMax: 0.001 });
  const few = { inputsKept: 600 };
  expect(breachOf(progress({ unique: few, trace: traced(12, 0) }), one)).toBeNull();
  expect(breachOf(progress({ unique: few, trace: traced(12, 1) }), one)).toBe(
    '1 of the first 12 invocations faulted (8.33%; 600 are planned); the spec allows 0.10%',
  );
});

it('faults stop a job early only over a sample that says something', () => {
  const one = budget({ faultsMax: 0.01 });
  const at = (seen: number, faulted: number): string | null =>
    breachOf(progress({ unique, trace: traced(seen, faulted) }), one);
  expect(at(999, 400)).toBeNull();
  expect(at(1_000, 10)).toBeNull();
  expect(at(1_000, 11)).toContain('11 of the first 1000');
  expect(
    breachOf(progress({ unique, trace: traced(1_000, 9) }), budget({ faultsMax: 0 })),
  ).toContain('faulted');
});

it('rejects stop a job as soon as the share required is out of reach, and not before', () => {
  const half = budget({ acceptedMin: 0.5 });
  const small = { inputsKept: 100 };
  const at = (fuel: number): string | null => {
    const counts = { ...traced(fuel, 0), returned: 0, 'fuel-exceeded': fuel };
    return breachOf(progress({ unique: small, trace: counts }), half);
  };
  expect(at(50)).toBeNull();
  expect(at(51)).toBe(
    'at most 49 of 100 invocations can still be accepted (49.00%); the spec requires 50.00%',
  );
});

it('verdicts count labels and duplicates too, once refine knows them', () => {
  const half = budget({ acceptedMin: 0.5 });
  const small = { inputsKept: 100 };
  const refine = { accepted: 20, rejected: 30, duplicateTraces: 20, invocationsFaulted: 1 };
  const breach = breachOf(progress({ unique: small, trace: traced(100, 1), refine }), half);
  expect(breach).toContain('at most 49 of 100');
});
