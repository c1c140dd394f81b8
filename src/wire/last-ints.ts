// Last values that were ints, to which the trace stream gives differences (docs/trace-format.md §9.3, §9.5).
import type { ByteReader } from './byte-reader.ts';

/** Differences lead from and to ints between the negative of it and itself. */
const INT_MAX = 2n ** 60n;

const isInRange = (value: number | bigint): boolean =>
  typeof value === 'number' ? Number.isSafeInteger(value) : value > -INT_MAX && value < INT_MAX;

/** Exact, and a number where it is a safe one. */
function sumOf(a: number | bigint, b: number | bigint): number | bigint {
  const sum = typeof a === 'number' && typeof b === 'number' ? a + b : Number.NaN;
  if (Number.isSafeInteger(sum)) return sum;
  const exact = BigInt(a) + BigInt(b);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}

/** By name, or by number of an iterator. */
export class LastInts<Key> {
  readonly #in: ByteReader;
  readonly #last = new Map<Key, number | bigint>();

  constructor(input: ByteReader) {
    this.#in = input;
  }

  forget(key: Key): void {
    this.#last.delete(key);
  }

  /** The text of the int that a difference leads to. */
  moved(key: Key, step: number | bigint): string {
    const last = this.#last.get(key);
    if (last === undefined) throw this.#in.fail('a difference to no int');
    const now = sumOf(last, step);
    if (!isInRange(now)) throw this.#in.fail('a difference leads out of range');
    this.#last.set(key, now);
    return String(now);
  }

  /** Takes the text of an int that stands in full; others than ints are to be forgotten. */
  take(key: Key, text: string): void {
    const number = Number(text);
    const value = Number.isSafeInteger(number) ? number : BigInt(text);
    if (isInRange(value)) this.#last.set(key, value);
    else this.#last.delete(key);
  }
}
