// Finds the pairs of near duplicates that some bands of MinHash suggest. Each suggested pair is compared by its real Jaccard
// similarity, unless both are known to belong together already: the groups, not all their pairs, are the answer. So a
// thousand copies of one function cost a thousand comparisons and not half a million.
import { IntList } from '../core/int-list.ts';
import { bandKey } from './minhash.ts';
import { sharedCount, shinglesOf } from './shingles.ts';
import { UnionFind } from './union-find.ts';

export interface Edge {
  /** Places of the two functions in canonical order; `a` is the smaller. */
  readonly a: number;
  readonly b: number;
  /** Shingles that both have, and that at least one has: the similarity is their ratio. */
  readonly shared: number;
  readonly total: number;
}

export interface NearJoinOptions {
  /** Bands to look at, from 0 to BANDS - 1: a task does some, and all tasks together do all. */
  readonly bands: readonly number[];
  /** Hashes of a band; absent: BAND_HASHES. */
  readonly hashes?: number;
  /** Similarities at which functions belong together, ascending: an edge is told where it joins two groups at one of them. */
  readonly levels: readonly number[];
  /** Shingles held at a time, four bytes each; candidates that need more are compared in several readings of the texts. */
  readonly shinglesMax: number;
}

/** Texts in canonical order; each call begins anew and gives the same. */
export type Texts = () => AsyncIterable<string>;

/** Members of one bucket: functions with the same key in one band, ascending. At least two. */
type Bucket = Int32Array;

/** Bytes on the way: keys 4 for each function and band, sizes and groups 4 for each function and level. */
export async function* nearEdges(texts: Texts, options: NearJoinOptions): AsyncGenerator<Edge> {
  const { keys, sizes } = await keysOf(texts, options);
  const buckets = keys.flatMap((column) => bucketsOf(column, sizes));
  const groups = options.levels.map(() => new UnionFind(sizes.length));
  for (const slice of slicesOf(buckets, sizes, options.shinglesMax)) {
    const shingles = await shinglesIn(texts, slice);
    for (const bucket of slice) yield* compareBucket(bucket, { shingles, groups, options });
  }
}

interface Keys {
  /** By band: the key of each function. */
  readonly keys: readonly Int32Array[];
  /** By function: the number of its shingles. */
  readonly sizes: Int32Array;
}

async function keysOf(
  texts: Texts,
  { bands, hashes }: Pick<NearJoinOptions, 'bands' | 'hashes'>,
): Promise<Keys> {
  const columns = bands.map(() => new IntList());
  const sizes = new IntList();
  for await (const text of texts()) {
    const shingles = shinglesOf(text);
    sizes.push(shingles.length);
    for (const [index, band] of bands.entries()) {
      columns[index]?.push(shingles.length === 0 ? 0 : bandKey(shingles, band, hashes));
    }
  }
  return { keys: columns.map((column) => column.toArray()), sizes: sizes.toArray() };
}

/** In order of the keys as unsigned numbers, members ascending. Functions without shingles are in none. */
function bucketsOf(keys: Int32Array, sizes: Int32Array): Bucket[] {
  const places = sortedPlaces(keys, sizes);
  const buckets: Bucket[] = [];
  for (let start = 0; start < places.length;) {
    let end = start + 1;
    const key = keys[places[start] ?? 0];
    while (end < places.length && keys[places[end] ?? 0] === key) end += 1;
    if (end - start > 1) buckets.push(places.subarray(start, end));
    start = end;
  }
  return buckets;
}

/** Functions with shingles, by key and place: sorted as 64-bit numbers, of which the key is the upper half. */
function sortedPlaces(keys: Int32Array, sizes: Int32Array): Int32Array {
  const pairs = new BigUint64Array(keys.length);
  const halves = new Uint32Array(pairs.buffer);
  let count = 0;
  for (const [place, key] of keys.entries()) {
    if (sizes[place] === 0) continue;
    halves[2 * count + LOWER] = place;
    halves[2 * count + 1 - LOWER] = key;
    count += 1;
  }
  pairs.subarray(0, count).sort();
  return Int32Array.from({ length: count }, (_, at) => halves[2 * at + LOWER] ?? 0);
}

/** Which half of a 64-bit number is its lower one on this machine. */
const LOWER = new Uint32Array(BigUint64Array.of(1n).buffer)[0] === 1 ? 0 : 1;

/**
 * Runs of buckets whose members have at most so many shingles together, each member counted once; a larger bucket is a run
 * of its own. Every run is a reading of all texts.
 */
function* slicesOf(
  buckets: readonly Bucket[],
  sizes: Int32Array,
  shinglesMax: number,
): Generator<readonly Bucket[]> {
  const sliceOf = new Int32Array(sizes.length);
  let number = 1;
  const newIn = (bucket: Bucket): number => {
    let size = 0;
    for (const place of bucket) if (sliceOf[place] !== number) size += sizes[place] ?? 0;
    return size;
  };
  let slice: Bucket[] = [];
  let held = 0;
  for (const bucket of buckets) {
    if (slice.length > 0 && held + newIn(bucket) > shinglesMax) {
      yield slice;
      slice = [];
      held = 0;
      number += 1;
    }
    held += newIn(bucket);
    for (const place of bucket) sliceOf[place] = number;
    slice.push(bucket);
  }
  if (slice.length > 0) yield slice;
}

async function shinglesIn(
  texts: Texts,
  slice: readonly Bucket[],
): Promise<ReadonlyMap<number, Int32Array>> {
  const wanted = new Set<number>();
  for (const bucket of slice) for (const place of bucket) wanted.add(place);
  const shingles = new Map<number, Int32Array>();
  let place = 0;
  for await (const text of texts()) {
    if (wanted.has(place)) shingles.set(place, shinglesOf(text).slice());
    place += 1;
    if (shingles.size === wanted.size) break;
  }
  return shingles;
}

interface Comparing {
  readonly shingles: ReadonlyMap<number, Int32Array>;
  /** By level. */
  readonly groups: readonly UnionFind[];
  readonly options: NearJoinOptions;
}

function* compareBucket(bucket: Bucket, comparing: Comparing): Generator<Edge> {
  const strictest = comparing.groups.at(-1);
  if (strictest === undefined) return;
  // Earlier members by their group, so that a member of one is compared with no more of it.
  let known = new Map<number, number[]>();
  for (const b of bucket) {
    for (const [root, members] of known) {
      for (const a of members) {
        if (strictest.root(b) === strictest.root(root)) break;
        const edge = compare(a, b, comparing);
        if (edge !== null) yield edge;
      }
    }
    known = regrouped(known, strictest);
    const own = strictest.root(b);
    const members = known.get(own);
    if (members === undefined) known.set(own, [b]);
    else members.push(b);
  }
}

/** Groups that came together become one. */
function regrouped(known: Map<number, number[]>, groups: UnionFind): Map<number, number[]> {
  let isSame = true;
  for (const root of known.keys()) isSame &&= groups.root(root) === root;
  if (isSame) return known;
  const merged = new Map<number, number[]>();
  for (const [old, members] of known) {
    const root = groups.root(old);
    merged.set(root, [...(merged.get(root) ?? []), ...members]);
  }
  return merged;
}

/** The edge where the pair joins two groups at one level. */
function compare(a: number, b: number, comparing: Comparing): Edge | null {
  const { shingles, groups, options } = comparing;
  const x = shingles.get(a) ?? NOTHING;
  const y = shingles.get(b) ?? NOTHING;
  // The sizes alone bound the similarity.
  const most = Math.min(x.length, y.length) / Math.max(x.length, y.length);
  const lowest = options.levels[0] ?? 1;
  if (most < lowest) return null;
  const shared = sharedCount(x, y);
  const total = x.length + y.length - shared;
  let joins = false;
  for (const [index, level] of options.levels.entries()) {
    if (shared / total >= level && groups[index]?.join(a, b) === true) joins = true;
  }
  return joins ? { a, b, shared, total } : null;
}

const NOTHING = new Int32Array(0);
