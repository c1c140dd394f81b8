import { describe, expect, it } from 'vitest';
import type { SplitSpec } from '../../../src/contract/split.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { compareText } from '../../../src/store/tables.ts';
import { assignSplits } from '../../../src/unique/assign-splits.ts';
import type { Component } from '../../../src/unique/assign-splits.ts';
import { closestPair } from '../../../src/unique/closest.ts';
import type { Edge } from '../../../src/unique/near-join.ts';
import { FunctionList, placesOf } from '../../../src/unique/places.ts';
import { jaccard, sharedCount, shinglesOf } from '../../../src/unique/shingles.ts';
import { UnionFind } from '../../../src/unique/union-find.ts';
import { randomWords, variantOf } from './near-texts.ts';

const all = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const SPEC: SplitSpec = {
  by: 'repository',
  clusterJaccard: 0.5,
  shares: { test: 0.2, validation: 0.1 },
  seed: 7,
};

describe('components', () => {
  const of = (...sizes: readonly number[]): Component[] =>
    sizes.map((size, index) => ({ id: sha256(String(index)), size, fixed: null }));
  const held = (components: readonly Component[], seed = 7) => {
    const { splits, functionsTooLarge } = assignSplits(components, { ...SPEC, seed });
    const sum = (split: string): number =>
      components.reduce((total, { size }, at) => total + (splits[at] === split ? size : 0), 0);
    return { splits, functionsTooLarge, test: sum('test'), validation: sum('validation') };
  };

  it('fill the splits that are held out to the share that the spec names, and another seed draws others', () => {
    const components = of(...all(1000).map((index) => 1 + (index % 3)));
    const { test, validation, splits } = held(components);
    expect([test, validation]).toEqual([400, 200]);
    expect(held(components).splits).toEqual(splits);
    expect(held(components, 8).splits).not.toEqual(splits);
  });

  it('that are larger than all that is held out are in train, and counted', () => {
    const { splits, functionsTooLarge, test, validation } = held(of(500, ...all(500).map(() => 1)));
    expect(splits[0]).toBe('train');
    expect([functionsTooLarge, test, validation]).toEqual([500, 200, 100]);
    expect(held(of(10)).splits).toEqual(['train']);
  });

  it('do not depend on the order in which they come', () => {
    const components = of(...all(300).map((index) => 1 + (index % 7)));
    const { splits } = held(components);
    const reversed = held([...components].reverse()).splits;
    expect([...reversed].reverse()).toEqual(splits);
  });

  it('that an earlier set fixed stay where they are, and take their room', () => {
    const components = of(...all(100).map(() => 1)).map((component, index) =>
      index < 15 ? { ...component, fixed: 'test' as const } : component,
    );
    const { splits, test } = held(components);
    expect(splits.slice(0, 15)).toEqual(all(15).map(() => 'test'));
    expect(test).toBe(20);
  });
});

describe('functions', () => {
  it('of one repository, text or cluster have one split, and the smallest id of a cluster names it', () => {
    const functions = new FunctionList('repository');
    const count = 400;
    const texts = all(count).map((place) => `text ${String(place % 380)}`);
    for (const place of all(count)) {
      functions.add({
        functionId: sha256(`function ${String(place)}`),
        repository: place % 5 === 0 ? null : `repository ${String(place % 97)}`,
        sourceDigest: sha256(texts[place] ?? ''),
      });
    }
    const clusters = new UnionFind(count);
    for (const place of all(count / 4)) clusters.join(place, count - 1 - place * 2);
    const { splitOf, clusterOf, order } = placesOf(functions, clusters, SPEC);
    const ids = all(count).map((place) => functions.id(place));
    expect([...order].map((place) => ids[place])).toEqual([...ids].sort(compareText));
    const splits = new Set(all(count).map(splitOf));
    expect(splits.size).toBeGreaterThan(1);
    for (const a of all(count)) {
      const members = all(count).filter((b) => clusters.root(a) === clusters.root(b));
      const least = members.map((place) => ids[place] ?? '').sort(compareText)[0];
      expect(ids[clusterOf[a] ?? -1]).toBe(least);
      for (const b of all(count)) {
        const sameRepository = a % 97 === b % 97 && a % 5 !== 0 && b % 5 !== 0;
        if (members.includes(b) || texts[a] === texts[b] || sameRepository) {
          expect(splitOf(a)).toBe(splitOf(b));
        }
      }
    }
  });
});

describe('the closest pair', () => {
  const texts = all(60).flatMap((index) => {
    const words = randomWords(60, index);
    return [0, 3, 9, 14].map((changes) => variantOf(words, changes, index).join(' '));
  });
  const source = async function* (): AsyncGenerator<string> {
    yield* texts;
    await Promise.resolve();
  };

  it.each([1e6, 300])(
    'is the one that a comparison of every pair finds, with %s shingles held',
    async (shinglesMax) => {
      const shingles = texts.map(shinglesOf);
      for (const period of [2, 3, 7]) {
        const isIndexed = (place: number): boolean => place % period === 0;
        const pairs = all(texts.length)
          .filter(isIndexed)
          .flatMap((a) =>
            all(texts.length)
              .filter((b) => !isIndexed(b))
              .map((b) => ({ a, b, s: jaccard(shingles[a] ?? NONE, shingles[b] ?? NONE) })),
          );
        const found: Edge[] = [];
        const { best, compared } = await closestPair(source, {
          ...{ isIndexed, level: 0.3, shinglesMax },
          onPair: (edge) => found.push(edge),
        });
        expect(compared).toBe(all(texts.length).filter(isIndexed).length);
        const highest = pairs.reduce((most, { s }) => Math.max(most, s), 0);
        expect((best?.shared ?? 0) / (best?.total ?? 1)).toBe(highest);
        expect(best?.shared).toBe(
          sharedCount(shingles[best?.a ?? 0] ?? NONE, shingles[best?.b ?? 0] ?? NONE),
        );
        const name = ({ a, b }: { a: number; b: number }): string => `${String(a)} ${String(b)}`;
        const wanted = pairs.filter(({ s }) => s >= 0.3).map(name);
        expect(wanted.length).toBeGreaterThan(10);
        expect(found.map(name).sort()).toEqual(wanted.sort());
      }
    },
  );

  it('is none where nothing is shared', async () => {
    const apart = await closestPair(
      async function* () {
        yield* ['a b c d e f g', 'h i j k l m n', 'too short', ''];
        await Promise.resolve();
      },
      {
        isIndexed: (place) => place % 2 === 0,
        level: 0.5,
        shinglesMax: 9,
        onPair: () => undefined,
      },
    );
    expect(apart).toEqual({ compared: 2, best: null });
  });
});

const NONE = new Int32Array(0);
