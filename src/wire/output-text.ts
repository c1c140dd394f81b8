// Output bytes as text, without loss: a byte that is no part of UTF-8 becomes a code point of its own (docs/trace-format.md §8).

const ESCAPE_BASE = 0x10ff00;

/** Length of the valid UTF-8 sequence at `at`, 0 where there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  const next = (index: number): boolean => ((bytes[at + index] ?? 0) & 0xc0) === 0x80;
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return next(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const isOverlong = first === 0xe0 && second < 0xa0;
    const isSurrogate = first === 0xed && second > 0x9f;
    return next(1) && next(2) && !isOverlong && !isSurrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const isOverlong = first === 0xf0 && second < 0x90;
    const isTooLarge = first === 0xf4 && second > 0x8f;
    return next(1) && next(2) && next(3) && !isOverlong && !isTooLarge ? 4 : 0;
  }
  return 0;
}

function isReserved(bytes: Uint8Array, at: number): boolean {
  // U+10FF00 to U+10FFFF are F4 8F BC 80 to F4 8F BF BF.
  return bytes[at] === 0xf4 && bytes[at + 1] === 0x8f && (bytes[at + 2] ?? 0) >= 0xbc;
}

/** Text from which the bytes can be had again. */
export function outputText(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const parts: string[] = [];
  let from = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length > 0 && !(length === 4 && isReserved(bytes, at))) {
      at += length;
      continue;
    }
    parts.push(decoder.decode(bytes.subarray(from, at)));
    const end = at + Math.max(length, 1);
    for (; at < end; at += 1) {
      parts.push(String.fromCodePoint(ESCAPE_BASE + (bytes[at] ?? 0)));
    }
    from = at;
  }
  parts.push(decoder.decode(bytes.subarray(from)));
  return parts.join('');
}
