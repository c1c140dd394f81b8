// A map from keys of 96 bits to numbers of 32, in typed arrays: 16 bytes and two to four slots of 4 for each key.

const KEY_WORDS = 3;
const WORDS = KEY_WORDS + 1;

export class KeyMap {
  #count = 0;
  #words: Uint32Array;
  /** Open addressing: number of the entry + 1, 0 where free; at most half full. */
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

  /** The value that the key (three words from `at`) had before; undefined where it is new and gets this one. */
  add(key: Uint32Array, at: number, value: number): number | undefined {
    if (this.#count * 2 >= this.#slots.length) this.#grow();
    const slot = this.#slotOf(key, at);
    const found = this.#slots[slot] ?? 0;
    if (found !== 0) return this.#words[(found - 1) * WORDS + KEY_WORDS];
    const base = this.#count * WORDS;
    for (let word = 0; word < KEY_WORDS; word += 1) this.#words[base + word] = key[at + word] ?? 0;
    this.#words[base + KEY_WORDS] = value;
    this.#count += 1;
    this.#slots[slot] = this.#count;
    return undefined;
  }

  /** Where the key is, or the free slot where it would be. Keys are parts of digests, so that one is its own hash. */
  #slotOf(key: Uint32Array, at: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = (key[at] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot] ?? 0;
      if (found === 0 || this.#equals((found - 1) * WORDS, key, at)) return slot;
    }
  }

  #equals(base: number, key: Uint32Array, at: number): boolean {
    for (let word = 0; word < KEY_WORDS; word += 1) {
      if (this.#words[base + word] !== key[at + word]) return false;
    }
    return true;
  }

  #grow(): void {
    const words = new Uint32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let entry = 0; entry < this.#count; entry += 1) {
      this.#slots[this.#slotOf(words, entry * WORDS)] = entry + 1;
    }
  }
}
