// Clusters and components of functions, and the split of each. Fed with all functions in canonical order, then with pairs;
// holds ids and numbers only.
import { SPLITS } from '../contract/split.ts';
import type { Split, SplitSpec } from '../contract/split.ts';
import { DigestIndex } from '../core/digest-index.ts';
import { IntList } from '../core/int-list.ts';
import { assignSplits } from './assign-splits.ts';
import type { Component } from './assign-splits.ts';
import { UnionFind } from './union-find.ts';

/** What is read of a function; equal keys belong together. */
export interface PlacedFunction {
  readonly functionId: string;
  readonly repository: string | null;
  /** SHA-256 of its source: functions of one text are learned with it, so they are never apart. */
  readonly sourceDigest: string;
}

/** Functions as they come, numbered by place: those of earlier sets, then those of the job. */
export class FunctionList {
  readonly #ids = new DigestIndex();
  /** By place: the number of its id, and of earlier functions their split. A function of two sets has two places. */
  readonly #idOf = new IntList();
  readonly #splitOf = new IntList();
  readonly #firstOfId = new IntList();
  readonly #repositories = new Map<string, number>();
  readonly #sources = new DigestIndex();
  readonly #firstOfSource = new IntList();
  /** Pairs of places that belong together, one after the other. */
  readonly #pairs = new IntList();
  readonly #by: SplitSpec['by'];

  constructor(by: SplitSpec['by']) {
    this.#by = by;
  }

  get length(): number {
    return this.#idOf.length;
  }

  /** Functions of earlier sets, which have the first places. */
  get earlier(): number {
    return this.#splitOf.length;
  }

  addEarlier(of: PlacedFunction, split: Split): void {
    this.add(of);
    this.#splitOf.push(SPLITS.indexOf(split));
  }

  add({ functionId, repository, sourceDigest }: PlacedFunction): void {
    const id = this.#ids.add(functionId);
    const place = this.#idOf.push(id);
    if (id === this.#firstOfId.length) this.#firstOfId.push(place);
    else this.#join(this.#firstOfId.at(id), place);
    const source = this.#sources.add(sourceDigest);
    if (source === this.#firstOfSource.length) this.#firstOfSource.push(place);
    else this.#join(this.#firstOfSource.at(source), place);
    if (this.#by !== 'repository' || repository === null) return;
    const first = this.#repositories.get(repository);
    if (first === undefined) this.#repositories.set(repository, place);
    else this.#join(first, place);
  }

  id(place: number): string {
    return this.#ids.digest(this.#idOf.at(place));
  }

  /** Below 0 where the first place has the smaller id; the order of places where they have one. */
  compare(a: number, b: number): number {
    return this.#ids.compare(this.#idOf.at(a), this.#idOf.at(b)) || a - b;
  }

  /** Of a function of an earlier set. */
  splitOf(place: number): Split {
    return SPLITS[this.#splitOf.at(place)] ?? 'train';
  }

  joinInto(components: UnionFind): void {
    for (let at = 0; at < this.#pairs.length; at += 2) {
      components.join(this.#pairs.at(at), this.#pairs.at(at + 1));
    }
  }

  #join(a: number, b: number): void {
    this.#pairs.push(a);
    this.#pairs.push(b);
  }
}

export interface Places {
  /** Places of the job's own functions in the order of their functionIds. */
  readonly order: readonly number[];
  /** By place: the place whose functionId names the cluster. */
  readonly clusterOf: Int32Array;
  /** A function of an earlier set stays where it is. */
  readonly splitOf: (place: number) => Split;
  /** Clusters and components that the job's own functions are in. */
  readonly clusters: number;
  readonly components: readonly Component[];
  readonly functionsTooLarge: number;
  /** The job's own functions in components with functions of earlier sets, and with those of two splits. */
  readonly joinedEarlier: number;
  readonly conflicting: number;
}

/** Places in the order of their ids. */
function sortedById(functions: FunctionList): Int32Array {
  return Int32Array.from({ length: functions.length }, (_, place) => place).sort((a, b) =>
    functions.compare(a, b),
  );
}

/** What of earlier sets is in a component. */
interface Earlier {
  /** The split that is held out most. */
  readonly split: Split;
  readonly isConflict: boolean;
}

/** By root, where functions of earlier sets are in the group. */
function earlierOf(functions: FunctionList, components: UnionFind): Map<number, Earlier> {
  const found = new Map<number, Earlier>();
  for (let place = 0; place < functions.earlier; place += 1) {
    const root = components.root(place);
    const split = functions.splitOf(place);
    const known = found.get(root);
    if (known === undefined) found.set(root, { split, isConflict: false });
    else if (known.split !== split) {
      // SPLITS ends with what is held out most.
      const isMore = SPLITS.indexOf(split) > SPLITS.indexOf(known.split);
      found.set(root, { split: isMore ? split : known.split, isConflict: true });
    }
  }
  return found;
}

const NONE = -1;

/** By root: the member whose id is smallest, NONE where the place is no root; `order` has the places by id. */
function smallestOf(groups: UnionFind, order: Int32Array): Int32Array {
  const smallest = new Int32Array(groups.size).fill(NONE);
  for (const place of order) {
    const root = groups.root(place);
    if (smallest[root] === NONE) smallest[root] = place;
  }
  return smallest;
}

function sizesOf(groups: UnionFind): Int32Array {
  const sizes = new Int32Array(groups.size);
  for (let place = 0; place < groups.size; place += 1) {
    const root = groups.root(place);
    sizes[root] = (sizes[root] ?? 0) + 1;
  }
  return sizes;
}

/** How many of the job's own functions are in each group, by root. */
function ownSizes(groups: UnionFind, earlier: number): Int32Array {
  const sizes = new Int32Array(groups.size);
  for (let place = earlier; place < groups.size; place += 1) {
    const root = groups.root(place);
    sizes[root] = (sizes[root] ?? 0) + 1;
  }
  return sizes;
}

const positive = (sizes: Int32Array): number =>
  sizes.reduce((count, size) => count + (size > 0 ? 1 : 0), 0);

/** `clusters` has all pairs joined. */
export function placesOf(functions: FunctionList, clusters: UnionFind, spec: SplitSpec): Places {
  const { length, earlier } = functions;
  const components = new UnionFind(length);
  functions.joinInto(components);
  for (let place = 0; place < length; place += 1) components.join(clusters.root(place), place);
  const order = sortedById(functions);
  const first = smallestOf(clusters, order);
  const clusterOf = Int32Array.from({ length }, (_, place) => first[clusters.root(place)] ?? place);
  const sizes = sizesOf(components);
  const own = ownSizes(components, earlier);
  const fixed = earlierOf(functions, components);
  const numbers = new Int32Array(length);
  const list: Component[] = [];
  let joinedEarlier = 0;
  let conflicting = 0;
  for (const [root, place] of smallestOf(components, order).entries()) {
    if (place === NONE) continue;
    const of = fixed.get(root);
    const members = own[root] ?? 0;
    if (of !== undefined) joinedEarlier += members;
    if (of?.isConflict === true) conflicting += members;
    numbers[root] = list.length;
    list.push({ id: functions.id(place), size: sizes[root] ?? 0, fixed: of?.split ?? null });
  }
  const { splits, functionsTooLarge } = assignSplits(list, spec);
  const splitOf = (place: number): Split =>
    place < earlier
      ? functions.splitOf(place)
      : (splits[numbers[components.root(place)] ?? NONE] ?? 'train');
  return {
    order: [...order].filter((place) => place >= earlier),
    clusterOf,
    splitOf,
    clusters: positive(ownSizes(clusters, earlier)),
    components: [...own.entries()].flatMap(([root, members]) =>
      members === 0 ? [] : (list[numbers[root] ?? NONE] ?? []),
    ),
    functionsTooLarge,
    joinedEarlier,
    conflicting,
  };
}
