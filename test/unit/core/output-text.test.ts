import { expect, test } from 'vitest';
import { outputText } from '../../../src/core/output-text.ts';

const codePoints = (bytes: readonly number[]): number[] =>
  Array.from(outputText(Uint8Array.from(bytes)), (character) => character.codePointAt(0) ?? -1);

test('valid UTF-8 is read as it is', () => {
  const text = 'naïve ☃ 𝔘 \0\u2028\r';
  expect(outputText(Buffer.from(text))).toBe(text);
});

test.each([
  ['a lone continuation', [0x80], [0x10ff80]],
  ['a start without its rest', [0xc3], [0x10ffc3]],
  ['a start before a letter', [0xe2, 0x82, 0x41], [0x10ffe2, 0x10ff82, 0x41]],
  ['an overlong form', [0xc0, 0xaf], [0x10ffc0, 0x10ffaf]],
  ['a surrogate', [0xed, 0xa0, 0x80], [0x10ffed, 0x10ffa0, 0x10ff80]],
  ['a code point of our own', [0xf4, 0x8f, 0xbc, 0x80], [0x10fff4, 0x10ff8f, 0x10ffbc, 0x10ff80]],
  ['what is beyond Unicode', [0xf4, 0x90, 0x80, 0x80], [0x10fff4, 0x10ff90, 0x10ff80, 0x10ff80]],
])('%s becomes one code point per byte', (_, bytes, expected) => {
  expect(codePoints(bytes)).toEqual(expected);
});

test('no two of ten thousand short byte sequences have the same text', () => {
  const seen = new Map<string, string>();
  let state = 1;
  for (let round = 0; round < 10_000; round += 1) {
    const bytes: number[] = [];
    for (let at = 0; at < 1 + (round % 5); at += 1) {
      state = (state * 48_271) % 0x7fffffff;
      bytes.push(state % 5 === 0 ? 0xf4 : state % 256);
    }
    const key = bytes.join();
    const text = outputText(Uint8Array.from(bytes));
    expect(seen.get(text) ?? key).toBe(key);
    seen.set(text, key);
  }
});

test('long output is read in one piece', () => {
  expect(outputText(Buffer.alloc(100_000, 'ab'))).toHaveLength(100_000);
});
