import { expect, it } from 'vitest';
import { LANE_WINDOW_MAX, LANES_MAX } from '../../../src/core/dispatch.ts';
import {
  lanesFor,
  laneSize,
  openLanes,
  passTotals,
  positionOf,
  sharesOf,
} from '../../../src/core/lanes.ts';

it('a pass has lanes above five thousand batches or above what one workflow may have in flight', () => {
  const lanes = (batches: number, window: number) => lanesFor(batches, window);
  expect(lanes(0, 8)).toBe(1);
  expect(lanes(5_000, 500)).toBe(1);
  expect(lanes(5_001, 8)).toBe(2);
  expect(lanes(40_000, 64)).toBe(8);
  expect(lanes(1_000_000, 64)).toBe(LANES_MAX);
  expect(lanes(1_200, 501)).toBe(2);
  expect(lanes(5_000, 8_000)).toBe(10);
  // What is never in flight needs no lanes.
  expect(lanes(40, 8_000)).toBe(1);
  expect(lanesFor(3, 500, 1)).toBe(3);
});

it('lanes share all positions from their start on, each once', () => {
  for (const [batches, start, count] of [
    [41, 0, 5],
    [41, 17, 4],
    [3, 2, 2],
    [7, 7, 3],
  ] as const) {
    const cursor = openLanes(count, start, { done: start, counts: {} });
    const positions = cursor.lanes.flatMap((_, lane) =>
      Array.from({ length: laneSize(cursor, lane, batches) }, (__, number) =>
        positionOf(cursor, lane, number),
      ),
    );
    expect(positions.sort((a, b) => a - b)).toEqual(
      Array.from({ length: batches - start }, (_, index) => start + index),
    );
  }
});

it('shares are even, add up to the window, and none is above the limit of one workflow', () => {
  expect(sharesOf(10, 4)).toEqual([3, 3, 2, 2]);
  expect(sharesOf(2, 4)).toEqual([1, 1, 0, 0]);
  expect(sharesOf(8_000, 2)).toEqual([LANE_WINDOW_MAX, LANE_WINDOW_MAX]);
  expect(sharesOf(64, 0)).toEqual([]);
});

it('the totals of a pass are those of its lanes and of what was before them', () => {
  const cursor = openLanes(2, 5, { done: 5, counts: { returned: 4, crashed: 1 } });
  const lanes = [
    { done: 2, counts: { returned: 2 } },
    { done: 1, counts: { 'wall-exceeded': 1 } },
  ];
  expect(passTotals({ ...cursor, lanes })).toEqual({
    done: 8,
    counts: { returned: 6, crashed: 1, 'wall-exceeded': 1 },
  });
});
