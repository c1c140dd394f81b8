// The most similar pair of two functions on either side of a split, over all pairs: exact, and near-linear in practice.
//
// The texts of one side are indexed by their shingles. A text x of the other side can only reach a similarity t with a text
// that shares at least t·|x| of its shingles, so at least one among any |x| - ⌈t·|x|⌉ + 1 of them: the rarest ones are
// looked up, and most texts have none that the index knows. t is the best similarity found so far.
import { IntList } from '../core/int-list.ts';
import { WordTable } from '../core/word-table.ts';
import type { Edge, Texts } from './near-join.ts';
import { sharedCount, shinglesOf } from './shingles.ts';

export interface ClosestOptions {
  /** Whether the function at a place is on the side that is indexed. */
  readonly isIndexed: (place: number) => boolean;
  /** Every pair that is at least so similar is told. */
  readonly level: number;
  /** Shingles held at a time; more are compared in several readings of the texts. */
  readonly shinglesMax: number;
  readonly onPair: (edge: Edge) => void;
  /** Places from here on are compared with all; two before it with none. Absent: 0. */
  readonly firstNew?: number;
}

/** Edge and pairs: `a` is the place of the indexed text, `b` of the other one. */
export interface Closest {
  readonly compared: number;
  /** Null where no two texts share a shingle. */
  readonly best: Edge | null;
}

/** Room for rounding: a text that is looked up for nothing costs time, one that is left out would be an error. */
const EPSILON = 1e-9;

export async function closestPair(texts: Texts, options: ClosestOptions): Promise<Closest> {
  const search = new Search(options);
  let from = 0;
  for (;;) {
    const slice = await sliceFrom(texts, from, options);
    if (slice.places.length === 0) return { compared: search.compared, best: search.best };
    search.begin(slice);
    let place = 0;
    for await (const text of texts()) {
      if (!options.isIndexed(place)) search.look(place, shinglesOf(text));
      place += 1;
    }
    from = slice.end;
  }
}

interface Slice {
  readonly places: readonly number[];
  readonly shingles: readonly Int32Array[];
  /** The place after the last one that was looked at. */
  readonly end: number;
}

async function sliceFrom(
  texts: Texts,
  from: number,
  { isIndexed, shinglesMax }: ClosestOptions,
): Promise<Slice> {
  const places: number[] = [];
  const shingles: Int32Array[] = [];
  let held = 0;
  let place = 0;
  for await (const text of texts()) {
    if (place >= from && isIndexed(place)) {
      const own = shinglesOf(text).slice();
      if (places.length > 0 && held + own.length > shinglesMax) break;
      places.push(place);
      shingles.push(own);
      held += own.length;
    }
    place += 1;
  }
  return { places, shingles, end: place };
}

class Index {
  readonly #numbers: WordTable;
  readonly #key = new Uint32Array(1);
  /** By number of a shingle: where its texts begin in `members`. */
  readonly #starts: Int32Array;
  readonly #members: Int32Array;

  constructor(shingles: readonly Int32Array[]) {
    const total = shingles.reduce((sum, { length }) => sum + length, 0);
    this.#numbers = new WordTable(1, Math.max(16, total));
    const counts = new IntList();
    const numbers = new Int32Array(total);
    let at = 0;
    for (const own of shingles) {
      for (const shingle of own) {
        const number = this.#add(shingle);
        if (number === counts.length) counts.push(0);
        counts.set(number, counts.at(number) + 1);
        numbers[at] = number;
        at += 1;
      }
    }
    this.#starts = startsOf(counts);
    this.#members = membersOf(shingles, numbers, this.#starts);
  }

  /** Null where no text has it. */
  number(shingle: number): number | null {
    this.#key[0] = shingle;
    return this.#numbers.find(this.#key, 0);
  }

  members(number: number): Int32Array {
    return this.#members.subarray(this.#starts[number], this.#starts[number + 1]);
  }

  #add(shingle: number): number {
    this.#key[0] = shingle;
    return this.#numbers.add(this.#key, 0);
  }
}

function startsOf(counts: IntList): Int32Array {
  const starts = new Int32Array(counts.length + 1);
  for (let number = 0; number < counts.length; number += 1) {
    starts[number + 1] = (starts[number] ?? 0) + counts.at(number);
  }
  return starts;
}

function membersOf(
  shingles: readonly Int32Array[],
  numbers: Int32Array,
  starts: Int32Array,
): Int32Array {
  const members = new Int32Array(numbers.length);
  const next = starts.slice();
  let at = 0;
  for (const [text, { length }] of shingles.entries()) {
    for (const end = at + length; at < end; at += 1) {
      const number = numbers[at] ?? 0;
      const free = next[number] ?? 0;
      members[free] = text;
      next[number] = free + 1;
    }
  }
  return members;
}

class Search {
  compared = 0;
  best: Edge | null = null;
  readonly #options: ClosestOptions;
  #slice: Slice = { places: [], shingles: [], end: 0 };
  #index = new Index([]);
  /** By indexed text: the last place that it was compared with. */
  #seen = new Int32Array(0);

  constructor(options: ClosestOptions) {
    this.#options = options;
  }

  begin(slice: Slice): void {
    this.#slice = slice;
    this.#index = new Index(slice.shingles);
    this.#seen = new Int32Array(slice.places.length).fill(-1);
    this.compared += slice.places.length;
  }

  look(place: number, own: Int32Array): void {
    const known: Int32Array[] = [];
    for (const shingle of own) {
      const number = this.#index.number(shingle);
      if (number !== null) known.push(this.#index.members(number));
    }
    if (known.length === 0) return;
    const least = this.#threshold();
    const enough = own.length - Math.ceil(least * own.length - EPSILON) + 1;
    // Shingles that no text has are the rarest of all.
    const wanted = enough - (own.length - known.length);
    if (wanted <= 0) return;
    known.sort((a, b) => a.length - b.length);
    for (const members of known.slice(0, wanted)) {
      for (const text of members) {
        if (this.#seen[text] === place) continue;
        this.#seen[text] = place;
        this.#compare(text, place, own);
      }
    }
  }

  #threshold(): number {
    const best = this.best === null ? 0 : this.best.shared / this.best.total;
    return Math.min(best, this.#options.level);
  }

  #compare(text: number, place: number, own: Int32Array): void {
    const other = this.#slice.shingles[text];
    const a = this.#slice.places[text];
    if (other === undefined || a === undefined) return;
    const most = Math.min(other.length, own.length) / Math.max(other.length, own.length);
    if (most < this.#threshold()) return;
    if (Math.max(a, place) < (this.#options.firstNew ?? 0)) return;
    const shared = sharedCount(other, own);
    const total = other.length + own.length - shared;
    const edge: Edge = { a, b: place, shared, total };
    if (this.best === null || shared / total > this.best.shared / this.best.total) this.best = edge;
    if (shared / total >= this.#options.level) this.#options.onPair(edge);
  }
}
