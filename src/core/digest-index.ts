// Numbers digests in the order in which they are first seen: 36 to 72 bytes for each, so that one decision over millions
// of functions fits in memory.
import { WordTable } from './word-table.ts';

const WORDS = 8;

export class DigestIndex {
  readonly #table: WordTable;

  constructor(expected = 1024) {
    this.#table = new WordTable(WORDS, expected);
  }

  get size(): number {
    return this.#table.size;
  }

  /** The number of a digest (64 hex digits), or null where it was not seen. */
  find(digest: string): number | null {
    return this.#table.find(wordsOf(digest), 0);
  }

  /** The number of a digest, numbering it where it is new. */
  add(digest: string): number {
    return this.#table.add(wordsOf(digest), 0);
  }

  /** Below 0 where the digest with the first number is the smaller one as a text. */
  compare(a: number, b: number): number {
    for (let index = 0; index < WORDS; index += 1) {
      const difference = this.#table.word(a, index) - this.#table.word(b, index);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** The digest with this number, as 64 hex digits. */
  digest(number: number): string {
    let text = '';
    for (let index = 0; index < WORDS; index += 1) {
      text += this.#table.word(number, index).toString(16).padStart(8, '0');
    }
    return text;
  }
}

function wordsOf(digest: string): Uint32Array {
  const words = new Uint32Array(WORDS);
  for (let index = 0; index < WORDS; index += 1) {
    words[index] = Number.parseInt(digest.slice(index * 8, index * 8 + 8), 16);
  }
  return words;
}
