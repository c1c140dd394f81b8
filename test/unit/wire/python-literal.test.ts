import { describe, expect, it } from 'vitest';
import { pythonFloat, tupleText } from '../../../src/wire/python-literal.ts';

describe('a float literal', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e16, '1e+16'],
    [9999999999999998, '9999999999999998.0'],
    [1e22, '1e+22'],
    [123456789.125, '123456789.125'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [-2.5e-7, '-2.5e-07'],
    [NaN, "float('nan')"],
    [-Infinity, "-float('inf')"],
  ])('of %d is %s', (value, text) => {
    expect(pythonFloat(value)).toBe(text);
  });
});

describe('a tuple literal', () => {
  it('of one item has a comma', () => {
    expect([tupleText([]), tupleText(['1']), tupleText(['1', '()'])]).toEqual([
      '()',
      '(1,)',
      '(1, ())',
    ]);
  });
});
