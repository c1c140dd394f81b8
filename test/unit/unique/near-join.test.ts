import { describe, expect, it } from 'vitest';
import { BANDS, HASHES, bandMinima } from '../../../src/unique/minhash.ts';
import { nearEdges } from '../../../src/unique/near-join.ts';
import type { Edge } from '../../../src/unique/near-join.ts';
import { jaccard, sharedCount, shinglesOf } from '../../../src/unique/shingles.ts';
import { UnionFind } from '../../../src/unique/union-find.ts';
import { randomWords, variantOf } from './near-texts.ts';

const LEVELS = [0.5, 0.7];
const all = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const textsOf = (texts: readonly string[]) =>
  async function* (): AsyncGenerator<string> {
    yield* texts;
    await Promise.resolve();
  };

/** Roots at each level after the bands were looked at by so many tasks. */
async function groupsBy(texts: readonly string[], tasks: number, shinglesMax = 1e6) {
  const groups = LEVELS.map(() => new UnionFind(texts.length));
  for (let task = 0; task < tasks; task += 1) {
    const bands = all(BANDS).filter((band) => band % tasks === task);
    for await (const edge of nearEdges(textsOf(texts), { bands, levels: LEVELS, shinglesMax })) {
      join(groups, edge);
    }
  }
  return groups.map((group) => all(texts.length).map((place) => group.root(place)));
}

function join(groups: readonly UnionFind[], { a, b, shared, total }: Edge): void {
  for (const [index, level] of LEVELS.entries())
    if (shared / total >= level) groups[index]?.join(a, b);
}

/** Roots at each level by comparing every pair. */
function groupsByAllPairs(texts: readonly string[]): number[][] {
  const shingles = texts.map(shinglesOf);
  const groups = LEVELS.map(() => new UnionFind(texts.length));
  for (const [b, y] of shingles.entries()) {
    for (const [a, x] of shingles.slice(0, b).entries()) {
      const shared = sharedCount(x, y);
      join(groups, { a, b, shared, total: x.length + y.length - shared });
    }
  }
  return groups.map((group) => all(texts.length).map((place) => group.root(place)));
}

/** Texts of 80 words: originals, each followed by variants of a similarity of about 0.95 to 0.2. */
function planted(originals: number): string[] {
  return all(originals).flatMap((index) => {
    const words = randomWords(80, index);
    return [0, 1, 2, 4, 8, 12, 20].map((changes) => variantOf(words, changes, index).join(' '));
  });
}

describe('shingles', () => {
  it('are words of five, whatever stands between them and however they are written', () => {
    const plain = shinglesOf('a b c d e f');
    expect(plain).toHaveLength(2);
    expect(shinglesOf('A(b):\n  c+d [E]\t"f"')).toEqual(plain);
    expect(shinglesOf('a b c d e f a b c d e f')).toHaveLength(6);
  });

  it('need five words', () => {
    expect(shinglesOf('a b c d')).toHaveLength(0);
    expect(shinglesOf('')).toHaveLength(0);
  });

  it('tell words beyond ASCII apart', () => {
    expect(jaccard(shinglesOf('a b c d é'), shinglesOf('a b c d è'))).toBe(0);
  });
});

describe('MinHash', () => {
  it('estimates the similarity without a bias', () => {
    let error = 0;
    let square = 0;
    const pairs = 200;
    for (let index = 0; index < pairs; index += 1) {
      const words = randomWords(120, index);
      const a = shinglesOf(words.join(' '));
      const b = shinglesOf(variantOf(words, 1 + (index % 15), index).join(' '));
      let equal = 0;
      for (let band = 0; band < BANDS; band += 1) {
        const y = bandMinima(b, band);
        equal += bandMinima(a, band).filter((least, at) => least === y[at]).length;
      }
      const off = equal / HASHES - jaccard(a, b);
      error += off / pairs;
      square += (off * off) / pairs;
    }
    // The deviation of one estimate is at most sqrt(1/4/250) = 0.032, of the mean of 200 it is 0.0022.
    expect(Math.abs(error)).toBeLessThan(0.01);
    expect(Math.sqrt(square)).toBeLessThan(0.04);
  });
});

describe('the join over bands', () => {
  it('finds the groups that comparing every pair finds', async () => {
    const texts = planted(60);
    const found = await groupsBy(texts, 1);
    const exact = groupsByAllPairs(texts);
    expect(found[1]).toEqual(exact[1]);
    // At 0.5 a pair is missed now and then (see BANDS); no pair that is not there is found.
    const differs = found[0]?.filter((root, place) => root !== exact[0]?.[place]).length ?? 0;
    expect(differs).toBeLessThanOrEqual(6);
    expect(found[0]?.every((root, place) => root >= (exact[0]?.[place] ?? 0))).toBe(true);
  });

  it('finds the same groups by 1, 4 and 64 tasks, and with little memory', async () => {
    const texts = planted(30);
    const one = await groupsBy(texts, 1);
    expect(await groupsBy(texts, 4)).toEqual(one);
    expect(await groupsBy(texts, 64)).toEqual(one);
    expect(await groupsBy(texts, 4, 200)).toEqual(one);
  });

  it('compares a thousand copies of one text a thousand times', async () => {
    const texts = all(1000).map(() => 'def f(x): return x + x * x - x');
    let edges = 0;
    for await (const { a } of nearEdges(textsOf(texts), {
      bands: [0],
      levels: LEVELS,
      shinglesMax: 1e6,
    })) {
      expect(a).toBe(0);
      edges += 1;
    }
    expect(edges).toBe(999);
  });

  it('reads all texts twice where the members of all buckets fit in memory together', async () => {
    // Every text is in a bucket of each of the 50 bands.
    const texts = all(40).flatMap((n) => [`def f${String(n)}(x): return x + ${String(n)}`]);
    const twins = [...texts, ...texts];
    const shingles = twins.reduce((sum, text) => sum + shinglesOf(text).length, 0);
    const readings = async (shinglesMax: number): Promise<number> => {
      let count = 0;
      const counted = (): AsyncIterable<string> => {
        count += 1;
        return textsOf(twins)();
      };
      const options = { bands: all(BANDS), levels: LEVELS, shinglesMax };
      for await (const edge of nearEdges(counted, options)) expect(edge.total).toBeGreaterThan(0);
      return count;
    };
    expect(await readings(shingles)).toBe(2);
    expect(await readings(shingles / 2)).toBeGreaterThan(2);
  });

  it('takes texts without shingles for near to nothing', async () => {
    expect(await groupsBy(['a b', 'a b', '', ''], 1)).toEqual([all(4), all(4)]);
  });
});
