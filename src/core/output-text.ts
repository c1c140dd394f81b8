// Bytes of standard output as text, without loss: docs/trace-format.md §8 has the rule.

/** Code points U+10FF00 to U+10FFFF stand for single bytes. */
const BYTE_BASE = 0x10ff00;
const RUN_MAX = 4_096;

interface Sequence {
  readonly codePoint: number;
  readonly length: number;
}

/** [first byte from, to, continuation bytes, least code point] */
const FORMS = [
  [0x00, 0x7f, 0, 0],
  [0xc2, 0xdf, 1, 0x80],
  [0xe0, 0xef, 2, 0x800],
  [0xf0, 0xf4, 3, 0x10000],
] as const;

/** The valid sequence at `at`, or null where its first byte is to stand for itself. */
function sequenceAt(bytes: Uint8Array, at: number): Sequence | null {
  const first = bytes[at] ?? 0;
  const form = FORMS.find(([from, to]) => first >= from && first <= to);
  if (form === undefined) return null;
  const [, , more, least] = form;
  let codePoint = more === 0 ? first : first & (0x3f >> more);
  for (let index = 1; index <= more; index += 1) {
    const next = bytes[at + index] ?? 0;
    if ((next & 0xc0) !== 0x80) return null;
    codePoint = (codePoint << 6) | (next & 0x3f);
  }
  const isSurrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
  if (codePoint < least || codePoint >= BYTE_BASE || isSurrogate) return null;
  return { codePoint, length: more + 1 };
}

/** Every byte sequence has one text, and no two have the same. */
export function outputText(bytes: Uint8Array): string {
  const parts: string[] = [];
  let run: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const sequence = sequenceAt(bytes, at);
    run.push(sequence?.codePoint ?? BYTE_BASE + (bytes[at] ?? 0));
    at += sequence?.length ?? 1;
    if (run.length < RUN_MAX) continue;
    parts.push(String.fromCodePoint(...run));
    run = [];
  }
  parts.push(String.fromCodePoint(...run));
  return parts.join('');
}
