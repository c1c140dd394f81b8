import { describe, expect, it } from 'vitest';
import { BenchmarkIndex } from '../../../src/unique/contamination.ts';
import { isTelling, likeness, outputTable, wordsOf } from '../../../src/unique/output-table.ts';
import { skeletonGrams, skeletonTokens } from '../../../src/unique/skeleton-grams.ts';

const LONG = `def $0($1, $2):
    $3 = []
    for $4 in $1:
        if $4.isdigit() and int($4) > $2:
            $3.append(int($4) * 2)
    return sorted($3)[::-1]`;
const item = (name: string, skeleton: string, parameters = 2) => ({
  ...{ item: name, skeleton, parameters },
  outputs: { rows: [{ args: "'a1', 0", value: '[2, 4, 6]' }], silent: [], telling: true },
});

describe('a skeleton', () => {
  it('is read as tokens with one name for all names', () => {
    expect(skeletonTokens("$12.split('a \\' b')[$3] += 0x1f")).toEqual([
      ...['$', '.', 'split', '(', "'a \\' b'", ')', '[', '$', ']', '+', '=', '0x1f'],
    ]);
    expect(skeletonGrams('def $0($1): pass').size).toBe(0);
    expect(skeletonGrams(LONG)).toEqual(skeletonGrams(LONG.replaceAll('$3', '$9')));
  });
});

describe('a function', () => {
  const short = 'def $0($1):\n    return $1.lower()';
  const index = new BenchmarkIndex([item('b:1', LONG), item('b:2', short, 1)], 0.8);
  const labels = (skeleton: string): string[] =>
    index.hits(skeleton, false).map((hit) => `${hit.rule} ${index.label(hit.item)}`);

  it('that is an item is told by its tree', () => {
    expect(labels(LONG)).toEqual(['tree b:1']);
    expect(labels(short)).toEqual(['tree b:2']);
    expect(index.hits(short, true)).toEqual([]);
    expect(index.hits(LONG, true)).toHaveLength(1);
  });

  it('that holds an item is told by its tokens, unless the item is too short to say anything', () => {
    const around = LONG.replace('    $3 = []', '    $7($1)\n    $3 = []');
    expect(labels(`${around}\n    $8.close()`)).toEqual(['tokens b:1']);
    expect(labels(`${short}\n    $8.close()`)).toEqual([]);
    expect(labels(LONG.replace('int($4) > $2', '$4 != $2'))).toEqual([]);
  });

  it('of equal arity with most words of an item is worth running, and no other', () => {
    const loops = `def $0($1, $2):
    $3, $4 = [], 0
    while $4 < len($1):
        if $1[$4].isdigit() and int($1[$4]) > $2:
            $3.append(2 * int($1[$4]))
        $4 += 1
    return sorted($3)[::-1]`;
    expect(labels(loops)).toEqual([]);
    expect(index.candidates(loops, 2).map((each) => index.label(each.item))).toEqual(['b:1']);
    expect(index.candidates(loops, 3)).toEqual([]);
    expect(index.candidates('def $0($1, $2):\n    return $1.read($2)', 2)).toEqual([]);
    expect(likeness(wordsOf(LONG), wordsOf(LONG.repeat(9)))).toBeNull();
  });
});

it('outputs tell something unless they are common, short, or what was given', () => {
  const one = (args: string, value: string): boolean => isTelling([{ args, value }]);
  expect(one('3', '[1, 2, 3]')).toBe(true);
  expect(one('3', 'False')).toBe(false);
  expect(one('3', '12')).toBe(false);
  expect(one("'13:45:56', 'shift_jis'", "b'13:45:56'")).toBe(false);
  expect(isTelling([1, 2, 3].map((n) => ({ args: String(n), value: String(n * n) })))).toBe(true);
  expect(isTelling([])).toBe(false);
  const given = ["'ab'", "'cd'", "'ef'"].map((args) => ({ args, value: args }));
  expect(isTelling(given)).toBe(false);
  const parts = ["'ab'", "'cd'", "'ef'"].map((args) => ({ args, value: `${args.slice(0, 2)}'` }));
  expect(isTelling(parts)).toBe(true);
  const yes = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({ args: `[${String(n)}]`, value: 'True' }));
  expect(isTelling(yes)).toBe(false);
  const byTurns = yes.map((row, at) => (at % 3 === 0 ? { ...row, value: 'False' } : row));
  expect(isTelling(byTurns)).toBe(true);
});

it('a table holds rows of all sources whose answers differ, and inputs for which nothing is returned', () => {
  const same = Array.from({ length: 30 }, (_, n) => ({ args: `[${String(n)}]`, value: '0' }));
  const others = [1, 2, 3].map((n) => ({ args: String(n), value: String(n * n + 1) }));
  const silent = { args: 'None', value: null };
  const table = outputTable([[...same, silent], others]);
  expect(table.rows.slice(0, 5)).toEqual([same[0], others[0], same[1], others[1], others[2]]);
  expect(table.rows).toHaveLength(33);
  expect(table.silent).toEqual(['None']);
  expect(table.telling).toBe(true);
  expect(outputTable([same, [silent]]).telling).toBe(false);
});
