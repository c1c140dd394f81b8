// A map from keys of 96 bits to numbers of 32: 16 bytes and two to four slots of 4 for each key.
import { WordTable } from './word-table.ts';

const KEY_WORDS = 3;
const EXPECTED = 1024;

export class KeyMap {
  readonly #table = new WordTable(KEY_WORDS, EXPECTED);
  /** By the number of the key. */
  #values = new Uint32Array(EXPECTED);

  /** The value that the key (three words from `at`) had before; undefined where it is new and gets this one. */
  add(key: Uint32Array, at: number, value: number): number | undefined {
    const { size } = this.#table;
    const number = this.#table.add(key, at);
    if (number < size) return this.#values[number];
    if (number >= this.#values.length) {
      const values = new Uint32Array(this.#values.length * 2);
      values.set(this.#values);
      this.#values = values;
    }
    this.#values[number] = value;
    return undefined;
  }
}
