import { describe, expect, it } from 'vitest';
import { DigestIndex } from '../../../src/core/digest-index.ts';
import { KeyMap } from '../../../src/core/key-map.ts';
import { IntList } from '../../../src/core/int-list.ts';
import { sha256 } from '../../../src/identity/digest.ts';

describe('numbering digests', () => {
  it('numbers each digest once, in order, however many there are', () => {
    const index = new DigestIndex(1);
    const digests = Array.from({ length: 5_000 }, (_, each) => sha256(String(each)));
    for (const [number, digest] of digests.entries()) expect(index.add(digest)).toBe(number);
    for (const [number, digest] of digests.entries()) {
      expect(index.add(digest)).toBe(number);
      expect(index.find(digest)).toBe(number);
      expect(index.digest(number)).toBe(digest);
    }
    expect(index.size).toBe(5_000);
    expect(index.find(sha256('never added'))).toBeNull();
  });

  it('tells digests apart that differ in their last digit only', () => {
    const index = new DigestIndex();
    const same = 'a'.repeat(63);
    expect([index.add(`${same}0`), index.add(`${same}1`), index.find(`${same}2`)]).toEqual([
      0,
      1,
      null,
    ]);
  });
});

it('a map from keys keeps the first value of each, however many there are', () => {
  const map = new KeyMap();
  const keys = Uint32Array.from({ length: 3 * 5_000 }, (_, each) => (each % 3 === 0 ? 7 : each));
  for (let at = 0; at < keys.length; at += 3) expect(map.add(keys, at, at)).toBeUndefined();
  for (let at = 0; at < keys.length; at += 3) expect(map.add(keys, at, 1)).toBe(at);
});

describe('a list of integers', () => {
  it('grows and refuses what lies outside', () => {
    const list = new IntList();
    for (let value = 0; value < 3_000; value += 1) expect(list.push(-value)).toBe(value);
    expect(list.at(2_999)).toBe(-2_999);
    list.set(0, 7);
    expect(list.at(0)).toBe(7);
    expect(() => list.at(3_000)).toThrow(RangeError);
    expect(() => {
      list.set(3_000, 1);
    }).toThrow(RangeError);
  });
});
