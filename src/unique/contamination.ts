// Which items of benchmarks a function is, or holds. Both are compared by their skeletons, in which names, layout,
// docstrings and annotations are gone.
import type { ContaminationRule } from '../contract/sealed-rows.ts';
import { NO_OUTPUTS, SURE_LIKENESS, likeness, wordsOf } from './output-table.ts';
import type { OutputTable, Words } from './output-table.ts';
import { skeletonGrams } from './skeleton-grams.ts';

/** Items with fewer runs of tokens are found by their whole tree only: what they consist of stands in any program. */
export const GRAMS_MIN = 16;
/** Hits told of one function. */
const HITS_MAX = 5;

export interface BenchmarkItem {
  /** `humaneval.jsonl:17`. */
  readonly item: string;
  readonly skeleton: string;
  readonly parameters: number | null;
  /** Empty where it is no function that is called by its name. */
  readonly outputs: OutputTable;
}

/** An item that a function may be a rewriting of: whether it is, its outputs tell. */
export interface Candidate {
  readonly item: number;
  readonly outputs: OutputTable;
  /** Whether it has nearly all words of the item. */
  readonly isSure: boolean;
}

/** One child runs a function on some inputs of all of them. */
const CANDIDATES_MAX = 8;

export interface Hit {
  /** Place of the item in the index. */
  readonly item: number;
  readonly rule: ContaminationRule;
  /** Runs of tokens that both have, of those of the item; of the rule tree all. */
  readonly shared: number;
  readonly total: number;
}

/** The items of all benchmarks of a job: some thousands, held whole. */
export class BenchmarkIndex {
  readonly #items: BenchmarkItem[] = [];
  readonly #byTree = new Map<string, number[]>();
  readonly #byGram = new Map<number, number[]>();
  readonly #sizes: number[] = [];
  /** By number of parameters, items with outputs. */
  readonly #byParameters = new Map<number, { readonly item: number; readonly words: Words }[]>();
  readonly #containment: number;

  /** `containment`: the least share of an item's runs of tokens that a function holds. */
  constructor(items: Iterable<BenchmarkItem>, containment: number) {
    this.#containment = containment;
    for (const item of items) this.#add(item);
  }

  label(place: number): string {
    return this.#items[place]?.item ?? '';
  }

  /**
   * By tree first, then by how much of the item there is; at most five. A method of a few tokens (`return len(self)`) is
   * like some item by chance.
   */
  hits(skeleton: string, isMethod: boolean): Hit[] {
    const same = (this.#byTree.get(skeleton) ?? []).flatMap((item): Hit[] => {
      const total = this.#sizes[item] ?? 0;
      if (isMethod && total < GRAMS_MIN) return [];
      return [{ item, rule: 'tree', shared: total, total }];
    });
    const held = this.#held(skeleton).filter(({ item }) => !same.some((hit) => hit.item === item));
    return [...same, ...held].slice(0, HITS_MAX);
  }

  /** The likeliest items of equal arity that have outputs, best first. */
  candidates(skeleton: string, parameters: number): Candidate[] {
    const words = wordsOf(skeleton);
    const likely = (this.#byParameters.get(parameters) ?? []).flatMap((each) => {
      const share = likeness(each.words, words);
      const { telling } = this.#items[each.item]?.outputs ?? NO_OUTPUTS;
      const isLikely = share !== null && (telling || share >= SURE_LIKENESS);
      return isLikely ? [{ item: each.item, share }] : [];
    });
    likely.sort((a, b) => b.share - a.share || a.item - b.item);
    return likely.slice(0, CANDIDATES_MAX).map(({ item, share }) => ({
      item,
      isSure: share >= SURE_LIKENESS,
      outputs: this.#items[item]?.outputs ?? NO_OUTPUTS,
    }));
  }

  #held(skeleton: string): Hit[] {
    const shared = new Map<number, number>();
    for (const gram of skeletonGrams(skeleton)) {
      for (const item of this.#byGram.get(gram) ?? []) {
        shared.set(item, (shared.get(item) ?? 0) + 1);
      }
    }
    const hits: Hit[] = [];
    for (const [item, count] of shared) {
      const total = this.#sizes[item] ?? 0;
      if (count >= this.#containment * total) {
        hits.push({ item, rule: 'tokens', shared: count, total });
      }
    }
    return hits.sort((a, b) => b.shared / b.total - a.shared / a.total || a.item - b.item);
  }

  #add(item: BenchmarkItem): void {
    const place = this.#items.length;
    this.#items.push(item);
    const grams = skeletonGrams(item.skeleton);
    this.#sizes.push(grams.size);
    append(this.#byTree, item.skeleton, place);
    if (grams.size < GRAMS_MIN) return;
    for (const gram of grams) append(this.#byGram, gram, place);
    if (item.parameters === null || item.outputs.rows.length === 0) return;
    append(this.#byParameters, item.parameters, { item: place, words: wordsOf(item.skeleton) });
  }
}

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
