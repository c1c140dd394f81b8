import { expect, it } from 'vitest';
import { mergeSorted } from '../../../src/core/merge-sorted.ts';

interface Item {
  readonly key: number;
  readonly from: string;
}

async function* pieces(name: string, ...lists: (readonly number[])[]): AsyncGenerator<Item[]> {
  for (const list of lists) yield await Promise.resolve(list.map((key) => ({ key, from: name })));
}

async function merged(runs: readonly AsyncIterable<readonly Item[]>[]): Promise<string> {
  const seen: string[] = [];
  for await (const { key, from } of mergeSorted(runs, (a, b) => a.key - b.key)) {
    seen.push(`${String(key)}${from}`);
  }
  return seen.join(' ');
}

it('gives the rows of all runs in order, equal rows in the order of the runs', async () => {
  const runs = [
    pieces('a', [1, 4], [], [4, 9]),
    pieces('b', []),
    pieces('c', [0], [4], [10, 11]),
    pieces('d', [4, 4, 12]),
  ];
  expect(await merged(runs)).toBe('0c 1a 4a 4a 4c 4d 4d 9a 10c 11c 12d');
  expect(await merged([])).toBe('');
});

it('agrees with sorting, whatever the runs', async () => {
  let state = 7;
  const random = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  for (let round = 0; round < 50; round += 1) {
    const lists = Array.from({ length: random(9) }, () =>
      Array.from({ length: random(20) }, () => random(30)).sort((a, b) => a - b),
    );
    const all = lists.flatMap((list, at) => list.map((key) => ({ key, at })));
    all.sort((a, b) => a.key - b.key || a.at - b.at);
    const runs = lists.map((list, at) => pieces(`/${String(at)}`, list.slice(0, 3), list.slice(3)));
    expect(await merged(runs)).toBe(
      all.map(({ key, at }) => `${String(key)}/${String(at)}`).join(' '),
    );
  }
});

it('closes every run where its reader stops early', async () => {
  const closed: string[] = [];
  async function* run(name: string): AsyncGenerator<Item[]> {
    try {
      for (let key = 0; ; key += 1) yield await Promise.resolve([{ key, from: name }]);
    } finally {
      closed.push(name);
    }
  }
  for await (const { key } of mergeSorted([run('a'), run('b')], (a, b) => a.key - b.key)) {
    if (key === 3) break;
  }
  expect(closed).toEqual(['a', 'b']);
});
