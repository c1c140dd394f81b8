import { expect, it } from 'vitest';
import {
  REPLAYED_COLUMNS,
  addReplayed,
  isFollowed,
  replayDiffers,
} from '../../../src/core/replay.ts';
import type { ReplayedFacts } from '../../../src/core/replay.ts';
import { rowOf } from '../render/rows.ts';

const row = rowOf({ events: [] });

it('names every column that one execution tells otherwise, and none that it does not decide', () => {
  expect(replayDiffers(row, { ...row })).toEqual([]);
  for (const name of REPLAYED_COLUMNS) {
    const again = { ...row, [name]: name === 'opaque_callees' ? ['x'] : '~' } as ReplayedFacts;
    expect(replayDiffers(row, again)).toEqual([name]);
  }
  const provenance = { ...row, labels: ['opaque'], license: 'MIT', input_index: 7 };
  expect(replayDiffers(row, provenance)).toEqual([]);
});

it('passes over what the reference does not follow', () => {
  expect(isFollowed(row)).toBe(true);
  for (const outcome of ['crashed', 'vanished', 'cpu-exceeded', 'memory-exceeded'] as const) {
    expect(isFollowed({ ...row, outcome })).toBe(false);
  }
  expect(isFollowed({ ...row, labels: ['threads'] })).toBe(false);
  expect(isFollowed({ ...row, labels: ['opaque', 'touches-clock'] })).toBe(true);
  expect(isFollowed({ ...row, exception_type: 'RecursionError' })).toBe(false);
});

it('adds up what files counted', () => {
  const counts = { drawn: 5, agreed: 3, disagreed: 1, skipped: 1 };
  expect(addReplayed([counts, counts])).toEqual({ drawn: 10, agreed: 6, disagreed: 2, skipped: 2 });
  expect(addReplayed([])).toEqual({ drawn: 0, agreed: 0, disagreed: 0, skipped: 0 });
});
