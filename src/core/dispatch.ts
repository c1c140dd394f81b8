// The order in which the batches of a pass are given out, and how many at once. The order changes no data byte; a seed
// shuffles it so that tests can show that.

/** Bits that cover 0 … count-1, even and at least 2, so that both halves of a position have the same width. */
function widthOf(count: number): number {
  let bits = 2;
  while (2 ** bits < count) bits += 2;
  return bits;
}

/** A mixing step on 32-bit integers (multiply, shift, xor): any function serves, since Feistel rounds are invertible. */
function mix(value: number, round: number, seed: number): number {
  let x = Math.imul(value ^ Math.imul(seed | 0, 0x9e3779b1) ^ (round * 0x85ebca6b), 0xc2b2ae35);
  x ^= x >>> 15;
  x = Math.imul(x, 0x27d4eb2f);
  return (x ^ (x >>> 13)) >>> 0;
}

function permuteOnce(position: number, width: number, seed: number): number {
  const half = width / 2;
  const mask = 2 ** half - 1;
  let left = Math.floor(position / 2 ** half);
  let right = position & mask;
  for (let round = 0; round < 4; round += 1) {
    const next = (left ^ mix(right, round, seed)) & mask;
    left = right;
    right = next >>> 0;
  }
  return left * 2 ** half + right;
}

/**
 * Batch at a position of the dispatch order: a permutation of 0 … count-1 that needs no memory, whatever the count
 * (a Feistel network over the next even number of bits, walked until it lands inside). Null seed: in order.
 */
export function batchAt(position: number, count: number, seed: number | null): number {
  if (seed === null || count < 2) return position;
  const width = widthOf(count);
  let at = permuteOnce(position, width, seed);
  // The network covers fewer than 4 × count values and is a bijection, so the walk returns to its start at the latest.
  while (at >= count) at = permuteOnce(at, width, seed);
  return at;
}

/** Server limit on pending activities of a workflow is 2,000; its own advice is 500. What is above runs in lanes. */
export const LANE_WINDOW_MAX = 500;
/** 8,000 batches in flight, and about as many reports to one workflow as it takes without falling behind. */
export const LANES_MAX = 16;
export const WINDOW_MAX = LANES_MAX * LANE_WINDOW_MAX;
const WINDOW_MIN = 8;

/** Batches in flight for a number of slots: twice the slots, so that a freed slot finds the next batch queued. */
export function windowFor(slots: number): number {
  return Math.min(WINDOW_MAX, Math.max(WINDOW_MIN, 2 * slots));
}
