// Numbers keys of a fixed count of 32-bit words in the order in which they are first seen, in typed arrays: the words and
// two to four slots of 4 bytes for each key. Keys are digests or parts of them, so that the first word is the hash.

export class WordTable {
  readonly #width: number;
  #count = 0;
  /** The words of each key, in order of its number. */
  #words: Uint32Array;
  /** Open addressing: number + 1, 0 where free; at most half full. */
  #slots: Int32Array;

  /** `width`: words of a key. */
  constructor(width: number, expected: number) {
    let slots = 16;
    while (slots < expected * 2) slots *= 2;
    this.#width = width;
    this.#slots = new Int32Array(slots);
    this.#words = new Uint32Array((slots / 2) * width);
  }

  get size(): number {
    return this.#count;
  }

  /** The number of the key whose words begin at `at`, or null where it was not seen. */
  find(key: Uint32Array, at: number): number | null {
    const found = this.#slots[this.#slotOf(key, at)] ?? 0;
    return found === 0 ? null : found - 1;
  }

  /** The number of the key, numbering it where it is new: it is then the `size` before. */
  add(key: Uint32Array, at: number): number {
    if (this.#count * 2 >= this.#slots.length) this.#grow();
    const slot = this.#slotOf(key, at);
    const found = this.#slots[slot] ?? 0;
    if (found !== 0) return found - 1;
    const base = this.#count * this.#width;
    for (let word = 0; word < this.#width; word += 1)
      this.#words[base + word] = key[at + word] ?? 0;
    this.#count += 1;
    this.#slots[slot] = this.#count;
    return this.#count - 1;
  }

  /** A word of the key with this number. */
  word(number: number, index: number): number {
    return this.#words[number * this.#width + index] ?? 0;
  }

  /** Where the key is, or the free slot where it would be. */
  #slotOf(key: Uint32Array, at: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = (key[at] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot] ?? 0;
      if (found === 0 || this.#equals((found - 1) * this.#width, key, at)) return slot;
    }
  }

  #equals(base: number, key: Uint32Array, at: number): boolean {
    for (let word = 0; word < this.#width; word += 1) {
      if (this.#words[base + word] !== key[at + word]) return false;
    }
    return true;
  }

  #grow(): void {
    const words = new Uint32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let number = 0; number < this.#count; number += 1) {
      this.#slots[this.#slotOf(words, number * this.#width)] = number + 1;
    }
  }
}
