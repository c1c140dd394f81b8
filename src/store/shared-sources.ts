// Examples and steps that functions of one text have in common, over all render objects of a set. Functions of one file know
// their own; here only those are looked at whose text another function has too, some millions of keys at a time.
import type { RenderRow } from '../contract/sealed-rows.ts';
import { KeyMap } from '../core/key-map.ts';
import { KEY_LENGTH, unpackedKeys } from '../identity/text-keys.ts';

/** Keys of one round: 16 bytes and up to 16 of slots for each, so some 64 MiB. */
const KEYS_PER_ROUND = 2 * 1024 * 1024;
/** Digits of a source key that a JavaScript number holds exactly. */
const SOURCE_DIGITS = 13;
const KEY_WORDS = 3;

/** The rows of all render objects, file by file, in the order of the set. May be read more than once. */
export type RenderObjects = () => AsyncIterable<{
  readonly part: number;
  readonly rows: readonly RenderRow[];
}>;

const sourceNumber = (key: string): number => Number.parseInt(key.slice(0, SOURCE_DIGITS), 16);

/** Texts that more than one function has. */
export class SharedSources {
  readonly #shared: Float64Array;
  /** Examples and steps of functions that have them. */
  readonly keys: number;

  constructor(shared: Float64Array, keys: number) {
    this.#shared = shared;
    this.keys = keys;
  }

  has(key: string): boolean {
    const wanted = sourceNumber(key);
    let low = 0;
    let high = this.#shared.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#shared[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return this.#shared[low] === wanted;
  }
}

class Numbers {
  #items = new Float64Array(1024);
  #length = 0;

  push(item: number): void {
    if (this.#length === this.#items.length) {
      const items = new Float64Array(this.#items.length * 2);
      items.set(this.#items);
      this.#items = items;
    }
    this.#items[this.#length] = item;
    this.#length += 1;
  }

  sorted(): Float64Array {
    return this.#items.slice(0, this.#length).sort();
  }
}

/** Reads all objects once: 8 bytes for each function. */
export async function sharedSources(objects: RenderObjects): Promise<SharedSources> {
  const numbers = new Numbers();
  let keys = 0;
  let last = '';
  for await (const { rows } of objects()) {
    for (const { function_id, source_key, examples, steps } of rows) {
      if (function_id !== last) numbers.push(sourceNumber(source_key));
      last = function_id;
      keys += (examples.length + steps.length) / KEY_LENGTH;
    }
  }
  const all = numbers.sorted();
  const shared = all.filter((number, index) => number === all[index - 1]);
  return new SharedSources(shared, shared.length === 0 ? 0 : keys);
}

export interface SharedFindings {
  /** Steps that another function has too, and those that it has otherwise. */
  readonly repeated: number;
  readonly ambiguous: number;
}

interface Round {
  readonly seen: KeyMap;
  readonly next: KeyMap;
}

class Finder {
  repeated = 0;
  ambiguous = 0;
  readonly #onRepeat: (example: number) => void;

  constructor(onRepeat: (example: number) => void) {
    this.#onRepeat = onRepeat;
  }

  take(row: RenderRow, first: number, { seen, next }: Round): void {
    const examples = unpackedKeys(row.examples);
    for (let at = 0; at < examples.length; at += KEY_WORDS) {
      if (seen.add(examples, at, 0) !== undefined) this.#onRepeat(first + at / KEY_WORDS);
    }
    const steps = unpackedKeys(row.steps);
    const source = Number.parseInt(row.source_key.slice(0, 8), 16);
    for (let at = 0; at < steps.length; at += KEY_WORDS) {
      const following = steps[at + 2] ?? 0;
      const key = Uint32Array.of(steps[at] ?? 0, steps[at + 1] ?? 0, source);
      const known = next.add(key, 0, following);
      if (known !== undefined) this.repeated += 1;
      if (known !== undefined && known !== following) this.ambiguous += 1;
    }
  }
}

/** Tells each example, by its place among all of them, that a function before it in the set offers too. */
export async function findShared(
  objects: RenderObjects,
  shared: SharedSources,
  onRepeat: (example: number) => void,
): Promise<SharedFindings> {
  const finder = new Finder(onRepeat);
  const rounds = Math.ceil(shared.keys / KEYS_PER_ROUND);
  for (let number = 0; number < rounds; number += 1) {
    const round: Round = { seen: new KeyMap(), next: new KeyMap() };
    let example = 0;
    for await (const { rows } of objects()) {
      for (const row of rows) {
        const isOurs = sourceNumber(row.source_key) % rounds === number;
        if (isOurs && shared.has(row.source_key)) finder.take(row, example, round);
        example += row.examples.length / KEY_LENGTH;
      }
    }
  }
  return { repeated: finder.repeated, ambiguous: finder.ambiguous };
}
