// Clusters and components of functions, and the split of each. Fed with all functions in canonical order, then with pairs;
// holds ids and numbers only.
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

/** Functions as they come, numbered by place. */
export class FunctionList {
  readonly ids = new DigestIndex();
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
    return this.ids.size;
  }

  add({ functionId, repository, sourceDigest }: PlacedFunction): void {
    const place = this.ids.add(functionId);
    const source = this.#sources.add(sourceDigest);
    if (source === this.#firstOfSource.length) this.#firstOfSource.push(place);
    else this.#join(this.#firstOfSource.at(source), place);
    if (this.#by !== 'repository' || repository === null) return;
    const first = this.#repositories.get(repository);
    if (first === undefined) this.#repositories.set(repository, place);
    else this.#join(first, place);
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
  /** Places in the order of their functionIds. */
  readonly order: Int32Array;
  /** By place: the functionId of the cluster, as a place. */
  readonly clusterOf: Int32Array;
  /** By place: the split. */
  readonly splitOf: (place: number) => Split;
  readonly clusters: number;
  readonly components: readonly Component[];
  readonly functionsTooLarge: number;
}

/** Places in the order of their ids. */
function sortedById(ids: DigestIndex): Int32Array {
  return Int32Array.from({ length: ids.size }, (_, place) => place).sort((a, b) =>
    ids.compare(a, b),
  );
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

/** `clusters` has all pairs joined; earlier sets fix the split of some places. */
export function placesOf(
  functions: FunctionList,
  clusters: UnionFind,
  by: { readonly spec: SplitSpec; readonly fixedOf: (place: number) => Split | null },
): Places {
  const { ids, length } = functions;
  const components = new UnionFind(length);
  functions.joinInto(components);
  for (let place = 0; place < length; place += 1) components.join(clusters.root(place), place);
  const order = sortedById(ids);
  const first = smallestOf(clusters, order);
  const clusterOf = Int32Array.from({ length }, (_, place) => {
    return first[clusters.root(place)] ?? place;
  });
  const sizes = sizesOf(components);
  const numbers = new Int32Array(length);
  const list: Component[] = [];
  for (const [root, place] of smallestOf(components, order).entries()) {
    if (place === NONE) continue;
    numbers[root] = list.length;
    list.push({ id: ids.digest(place), size: sizes[root] ?? 0, fixed: by.fixedOf(root) });
  }
  const { splits, functionsTooLarge } = assignSplits(list, by.spec);
  return {
    order,
    clusterOf,
    splitOf: (place) => splits[numbers[components.root(place)] ?? NONE] ?? 'train',
    clusters: first.reduce((count, place) => count + (place === NONE ? 0 : 1), 0),
    components: list,
    functionsTooLarge,
  };
}
