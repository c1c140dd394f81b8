import { expect, it } from 'vitest';
import { isRetried } from '../../../src/core/retry.ts';

const NOTHING = { faulted: false, outcomes: [], reasons: [] } as const;

it.each([
  [{ ...NOTHING, faulted: true }, { outcome: 'faulted', reasons: ['sandbox-died'] }, true],
  [{ ...NOTHING, faulted: true }, { outcome: 'crashed', reasons: ['crashed'] }, false],
  [{ ...NOTHING, outcomes: ['crashed'] }, { outcome: 'crashed', reasons: ['crashed'] }, true],
  [{ ...NOTHING, reasons: ['threads'] }, { outcome: 'returned', reasons: ['threads'] }, true],
  [
    { ...NOTHING, reasons: ['worker-lost'] },
    { outcome: 'faulted', reasons: ['worker-lost'] },
    true,
  ],
  [NOTHING, { outcome: 'faulted', reasons: ['sandbox-died'] }, false],
] as const)('a selection of %j takes up %j: %s', (selection, fate, taken) => {
  expect(isRetried(selection, fate)).toBe(taken);
});
