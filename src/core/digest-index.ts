// Numbers digests in the order in which they are first seen, in typed arrays: 36 to 72 bytes for each, so that one
// decision over millions of functions fits in memory.

const WORDS = 8;

export class DigestIndex {
  #count = 0;
  /** Eight words for each digest, in order of its number. */
  #words: Uint32Array;
  /** Open addressing: number + 1, 0 where free; at most half full. */
  #slots: Int32Array;

  constructor(expected = 1024) {
    let slots = 16;
    while (slots < expected * 2) slots *= 2;
    this.#slots = new Int32Array(slots);
    this.#words = new Uint32Array((slots / 2) * WORDS);
  }

  get size(): number {
    return this.#count;
  }

  /** The number of a digest (64 hex digits), or null where it was not seen. */
  find(digest: string): number | null {
    const found = this.#slots[this.#slotOf(wordsOf(digest))] ?? 0;
    return found === 0 ? null : found - 1;
  }

  /** The number of a digest, numbering it where it is new. */
  add(digest: string): number {
    if (this.#count * 2 >= this.#slots.length) this.#grow();
    const words = wordsOf(digest);
    const slot = this.#slotOf(words);
    const found = this.#slots[slot] ?? 0;
    if (found !== 0) return found - 1;
    this.#words.set(words, this.#count * WORDS);
    this.#count += 1;
    this.#slots[slot] = this.#count;
    return this.#count - 1;
  }

  /** The digest with this number, as 64 hex digits. */
  digest(number: number): string {
    let text = '';
    for (let index = 0; index < WORDS; index += 1) {
      text += (this.#words[number * WORDS + index] ?? 0).toString(16).padStart(8, '0');
    }
    return text;
  }

  /** Where the digest is, or the free slot where it would be. A digest is its own hash. */
  #slotOf(words: Uint32Array): number {
    const mask = this.#slots.length - 1;
    for (let slot = (words[0] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot] ?? 0;
      if (found === 0 || this.#equals(found - 1, words)) return slot;
    }
  }

  #equals(number: number, words: Uint32Array): boolean {
    for (let index = 0; index < WORDS; index += 1) {
      if (this.#words[number * WORDS + index] !== words[index]) return false;
    }
    return true;
  }

  #grow(): void {
    const words = new Uint32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let number = 0; number < this.#count; number += 1) {
      const at = words.subarray(number * WORDS, (number + 1) * WORDS);
      this.#slots[this.#slotOf(at)] = number + 1;
    }
  }
}

function wordsOf(digest: string): Uint32Array {
  const words = new Uint32Array(WORDS);
  for (let index = 0; index < WORDS; index += 1) {
    words[index] = Number.parseInt(digest.slice(index * 8, index * 8 + 8), 16);
  }
  return words;
}
