// MinHash and its bands: which functions are worth comparing. What is found here is only a candidate; near-join.ts decides
// by the real similarity, so a wrong candidate costs time and a missed one a duplicate.
import { mix32 } from './shingles.ts';

/** As many hashes as the Stack v2 takes. */
export const HASHES = 250;
/**
 * A pair of similarity s shares a band of r hashes with chance s^r, and one of b bands with 1 - (1 - s^r)^b. With the Stack
 * v2's 25 bands of 10 that is 0.51 at its threshold of 0.7; with 50 bands of 5 it is 0.9999 at 0.7 and 0.80 at 0.5, the
 * similarity that splits are kept apart by. The price is more candidates, all of which are compared for real.
 */
export const BANDS = 50;
export const BAND_HASHES = HASHES / BANDS;
/**
 * Clusters for splits are looked for at 0.5: with 100 bands of 4 a pair of that similarity shares one with chance 0.9984,
 * and one of 0.6 with 0.999999.
 */
export const CLUSTER_BANDS = 100;
export const CLUSTER_BAND_HASHES = 4;

const SEED = 42;
/** Two numbers for each hash: what a shingle is mixed with, and an odd factor. */
const SEEDS = seeds(2 * BAND_HASHES * CLUSTER_BANDS);

function seeds(count: number): Int32Array {
  const found = new Int32Array(count);
  // Weyl's sequence through the mixer: a counter whose values look random, the same on every machine.
  for (let at = 0; at < count; at += 1) {
    const value = mix32(Math.imul(at + 1, 0x9e3779b9) + SEED);
    found[at] = at % 2 === 0 ? value : value | 1;
  }
  return found;
}

/** The least value of each hash of one band over a set of shingles, which must not be empty. */
export function bandMinima(shingles: Int32Array, band: number): BandMinima {
  const at = 2 * BAND_HASHES * band;
  const [m0 = 0, f0 = 1, m1 = 0, f1 = 1, m2 = 0, f2 = 1, m3 = 0, f3 = 1, m4 = 0, f4 = 1] =
    SEEDS.subarray(at, at + 2 * BAND_HASHES);
  let [a, b, c, d, e] = [MOST, MOST, MOST, MOST, MOST];
  // Written out, since this is where the time goes: all five stay in registers, twice as fast as a loop over them.
  for (let index = 0; index < shingles.length; index += 1) {
    const shingle = shingles[index] ?? 0;
    a = Math.min(a, Math.imul(shingle ^ m0, f0));
    b = Math.min(b, Math.imul(shingle ^ m1, f1));
    c = Math.min(c, Math.imul(shingle ^ m2, f2));
    d = Math.min(d, Math.imul(shingle ^ m3, f3));
    e = Math.min(e, Math.imul(shingle ^ m4, f4));
  }
  return [a, b, c, d, e];
}

type BandMinima = readonly [number, number, number, number, number];
const MOST = 0x7fffffff;

/** One number for a band of so many hashes, at most five, over a set of shingles, which must not be empty. */
export function bandKey(shingles: Int32Array, band: number, hashes: number = BAND_HASHES): number {
  const minima = bandMinima(shingles, band);
  let key = band;
  for (let at = 0; at < hashes; at += 1) key = mix32(Math.imul(key, 31) ^ (minima[at] ?? 0));
  return key;
}
