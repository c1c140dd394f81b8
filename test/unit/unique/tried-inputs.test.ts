import { describe, expect, it } from 'vitest';
import {
  LentInputs,
  changed,
  isLendable,
  related,
  shapeOf,
  splitArguments,
} from '../../../src/unique/tried-inputs.ts';

it('arguments are parted by the commas between them alone', () => {
  expect(splitArguments("'a, (b', [1, {2: 3, 4: 5}], f(6, 7), 'it\\'s, so'")).toEqual([
    ...["'a, (b'", '[1, {2: 3, 4: 5}]', 'f(6, 7)', "'it\\'s, so'"],
  ]);
  expect(splitArguments('')).toEqual([]);
  expect(splitArguments('(1,)')).toEqual(['(1,)']);
});

it('arguments of one shape differ in their texts, numbers and lengths', () => {
  expect(shapeOf('[1, 20, 3.5]')).toBe(shapeOf('[7, 8]'));
  expect(shapeOf('{"a": 1}')).toBe(shapeOf("{'b': 2, 'c': 3}"));
  expect(shapeOf("['a']")).not.toBe(shapeOf('[1]'));
});

describe('inputs by which an item is told apart', () => {
  it('are its own with one argument changed', () => {
    const [first, second] = changed(["'ab', [1]"]);
    expect(first).toBe("('ab') * 2, [1]");
    expect(second).toBe("'ab', ([1]) * 2");
    expect(changed(Array.from({ length: 9 }, () => '1, 2, 3')).length).toBeLessThanOrEqual(40);
    expect(changed([''])).toEqual([]);
    expect(related(["'ab', 'c'"]).slice(0, 2)).toEqual(["'ab', ('ab')[:2]", "('c')[:2], 'c'"]);
    expect(related(['1'])).toEqual([]);
  });

  it('are made of what others are given, the same each time', () => {
    const lent = (): LentInputs => {
      const inputs = new LentInputs();
      for (const args of ["'x', [1]", "'yy', [2, 3]", "{'k': 1}", `'${'q'.repeat(300)}', [4]`]) {
        inputs.add(args);
      }
      return inputs;
    };
    const { plain, doubled } = lent().mixed("'q', [9]");
    const lentOf = (args: string): boolean => /^('x'|'yy'), \[/.test(args);
    expect(plain.filter(lentOf).length).toBeGreaterThan(3);
    expect(doubled[0]).toMatch(/^\('.*'\) \* 2, \[/);
    expect([...plain, ...doubled].join()).not.toContain('qqq');
    expect(lent().mixed("'q', [9]")).toEqual({ plain, doubled });
    expect(lent().whole("'q', [9]")).toEqual(["'x', [1]", "'yy', [2, 3]"]);
  });

  it('hold no number that keeps a function busy', () => {
    expect(isLendable('12345')).toBe(true);
    expect(isLendable('1234567')).toBe(false);
  });
});
