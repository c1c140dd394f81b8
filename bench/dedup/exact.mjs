// Groups by comparing every pair that shares a shingle, by an index from shingle to functions: slow, and without a miss.
import { built } from '../lib/services.mjs';

const { UnionFind } = await built('src/unique/union-find.js');

/**
 * @param {readonly Int32Array[]} sets shingles of each text
 * @param {number} level
 * @returns {{ pairs: Map<string, number>, roots: number[] }} pairs at or above the level with their similarity
 */
export function exactGroups(sets, level) {
  const holders = new Map();
  const groups = new UnionFind(sets.length);
  const pairs = new Map();
  for (const [b, set] of sets.entries()) {
    const shared = new Map();
    for (const shingle of set) {
      const known = holders.get(shingle);
      if (known === undefined) holders.set(shingle, [b]);
      else {
        for (const a of known) shared.set(a, (shared.get(a) ?? 0) + 1);
        known.push(b);
      }
    }
    for (const [a, count] of shared) {
      const similarity = count / (set.length + sets[a].length - count);
      if (similarity < level) continue;
      pairs.set(`${a} ${b}`, similarity);
      groups.join(a, b);
    }
  }
  return { pairs, roots: sets.map((_, place) => groups.root(place)) };
}
