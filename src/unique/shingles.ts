// What near duplicates are measured by: the set of word 5-grams of a source text, as 32-bit hashes. The words are those of
// the Stack v2's deduplication (runs of word characters, lower case), so that thresholds mean what they mean there.

/** Words in one shingle. A text with fewer words has no shingles and is near to nothing. */
export const SHINGLE_WORDS = 5;

const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;
const BEYOND_ASCII = 128;

/** By code unit below 128: what it adds to a word's hash (lower-cased), or 0 where it ends the word. */
const WORD_UNIT = Uint8Array.from({ length: BEYOND_ASCII }, (_, unit) => {
  const character = String.fromCharCode(unit);
  return /\w/.test(character) ? character.toLowerCase().charCodeAt(0) : 0;
});

/** Murmur3's finaliser: every bit of the result depends on every bit of the value. */
export function mix32(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** Hashes of the words in order. Characters beyond ASCII count as word characters. */
function wordHashes(text: string): Int32Array {
  const words = new Int32Array((text.length >> 1) + 1);
  let count = 0;
  let hash = FNV_OFFSET;
  let isInWord = false;
  for (let at = 0; at <= text.length; at += 1) {
    const unit = at < text.length ? text.charCodeAt(at) : 0;
    const folded = unit < BEYOND_ASCII ? (WORD_UNIT[unit] ?? 0) : unit;
    if (folded !== 0) {
      hash = Math.imul(hash ^ folded, FNV_PRIME);
      isInWord = true;
    } else if (isInWord) {
      words[count] = mix32(hash);
      count += 1;
      hash = FNV_OFFSET;
      isInWord = false;
    }
  }
  return words.subarray(0, count);
}

/** The distinct shingles of a text, ascending. */
export function shinglesOf(text: string): Int32Array {
  const words = wordHashes(text);
  const count = Math.max(0, words.length - SHINGLE_WORDS + 1);
  const shingles = new Int32Array(count);
  for (let at = 0; at < count; at += 1) {
    let hash = SHINGLE_WORDS;
    for (let next = at; next < at + SHINGLE_WORDS; next += 1) {
      hash = Math.imul(((hash << 5) | (hash >>> 27)) ^ (words[next] ?? 0), 0x9e3779b1);
    }
    shingles[at] = mix32(hash);
  }
  shingles.sort();
  return shingles.subarray(0, withoutRepeats(shingles));
}

/** Moves the distinct values of a sorted list to its front and returns their number. */
function withoutRepeats(sorted: Int32Array): number {
  let kept = 0;
  for (let at = 0; at < sorted.length; at += 1) {
    const value = sorted[at] ?? 0;
    if (at > 0 && value === sorted[kept - 1]) continue;
    sorted[kept] = value;
    kept += 1;
  }
  return kept;
}

/** How many values two ascending sets share. */
export function sharedCount(a: Int32Array, b: Int32Array): number {
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const x = a[i] ?? 0;
    const y = b[j] ?? 0;
    if (x === y) shared += 1;
    if (x <= y) i += 1;
    if (y <= x) j += 1;
  }
  return shared;
}

/** Jaccard similarity of two sets of shingles; 0 where both are empty. */
export function jaccard(a: Int32Array, b: Int32Array): number {
  const shared = sharedCount(a, b);
  const all = a.length + b.length - shared;
  return all === 0 ? 0 : shared / all;
}
