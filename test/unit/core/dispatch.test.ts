import { expect, it } from 'vitest';
import { batchAt, WINDOW_MAX, windowFor } from '../../../src/core/dispatch.ts';

const orderOf = (count: number, seed: number | null): number[] =>
  Array.from({ length: count }, (_, position) => batchAt(position, count, seed));
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

it('without a seed batches are given out in order', () => {
  expect(orderOf(7, null)).toEqual(range(7));
});

it.each([1, 2, 3, 5, 16, 17, 100, 1_000, 4_097])(
  'a seed gives each of %i batches exactly one place',
  (count) => {
    for (const seed of [0, 1, 7, 2 ** 31, 2 ** 40]) {
      expect(orderOf(count, seed).sort((a, b) => a - b)).toEqual(range(count));
    }
  },
);

it('two seeds give two orders, one seed the same one', () => {
  expect(orderOf(100, 1)).not.toEqual(orderOf(100, 2));
  expect(orderOf(100, 1)).not.toEqual(range(100));
  expect(orderOf(100, 1)).toEqual(orderOf(100, 1));
});

it('ten million batches are placed without a list of them', () => {
  const count = 10_000_000;
  const places = [0, 1, 4_999_999, count - 1].map((position) => batchAt(position, count, 3));
  expect(new Set(places).size).toBe(4);
  expect(places.every((place) => place >= 0 && place < count)).toBe(true);
});

it('a window is twice the slots, at least 8 and at most what one workflow should hold', () => {
  expect([1, 4, 8, 250, 10_000].map(windowFor)).toEqual([8, 8, 16, 500, WINDOW_MAX]);
});
