import { describe, expect, it } from 'vitest';
import { isInRange, partCount, partOfId, rangeOfPart } from '../../../src/core/part-count.ts';
import { sha256 } from '../../../src/identity/digest.ts';

describe('the cut of a table into files', () => {
  it.each([
    [0, 1],
    [100, 1],
    [101, 2],
    [400, 4],
    [401, 8],
    [10_000_000, 65_536],
  ])('makes of %i rows %i files of a hundred', (rows, parts) => {
    expect(partCount(rows, 100)).toBe(parts);
  });

  it.each([1, 2, 64, 65_536])('puts every id into exactly one of %i ranges', (parts) => {
    for (let index = 0; index < 200; index += 1) {
      const id = sha256(String(index));
      const part = partOfId(id, parts);
      expect(isInRange(id, rangeOfPart(part, parts))).toBe(true);
      for (const other of [part - 1, part + 1].filter((each) => each >= 0 && each < parts)) {
        expect(isInRange(id, rangeOfPart(other, parts))).toBe(false);
      }
    }
    expect(isInRange('f'.repeat(64), rangeOfPart(parts - 1, parts))).toBe(true);
    expect(isInRange('0'.repeat(64), rangeOfPart(0, parts))).toBe(true);
  });
});
