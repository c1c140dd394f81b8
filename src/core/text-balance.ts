// Which traces give text where shares are bounded: whole traces are taken in an order that their ids, which are digests,
// decide, until the bound is reached.
import type { BalanceSpec } from '../contract/text.ts';
import { IntList } from './int-list.ts';

/** Facts of all traces in their published order: some 16 bytes for each. */
export class TraceFacts {
  readonly #ranks = new IntList();
  readonly #examples = new IntList();
  /** Number of the repository; -1 where none is known. */
  readonly #repositories = new IntList();
  readonly #raised = new IntList();
  readonly #numbers = new Map<string, number>();

  get length(): number {
    return this.#ranks.length;
  }

  add(trace: {
    readonly id: string;
    readonly repository: string | null;
    readonly raised: boolean;
  }): number {
    const { id, repository, raised } = trace;
    // The sign bit is dropped: lists hold signed numbers.
    this.#ranks.push(Number.parseInt(id.slice(0, 8), 16) & 0x7fffffff);
    this.#repositories.push(repository === null ? -1 : this.#numberOf(repository));
    this.#raised.push(raised ? 1 : 0);
    return this.#examples.push(0);
  }

  setExamples(trace: number, count: number): void {
    this.#examples.set(trace, count);
  }

  examples(trace: number): number {
    return this.#examples.at(trace);
  }

  /** 1 for each trace that gives its examples. */
  kept({ perRepositoryMax, raisingMax }: BalanceSpec): Uint8Array {
    const kept = new Uint8Array(this.length).fill(1);
    const all = this.#examples.toArray();
    const total = all.reduce((sum, count) => sum + count, 0);
    const order = Uint32Array.from({ length: this.length }, (_, trace) => trace);
    const ranks = this.#ranks.toArray();
    order.sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0) || a - b);
    const cap = (share: number, groupOf: (trace: number) => number): void => {
      const most = Math.floor(share * total);
      const taken = new Map<number, number>();
      for (const trace of order) {
        const group = groupOf(trace);
        if (kept[trace] === 0 || group < 0) continue;
        const sum = (taken.get(group) ?? 0) + (all[trace] ?? 0);
        if (sum > most) kept[trace] = 0;
        else taken.set(group, sum);
      }
    };
    if (raisingMax !== null) cap(raisingMax, (trace) => this.#raised.at(trace) - 1);
    if (perRepositoryMax !== null) cap(perRepositoryMax, (trace) => this.#repositories.at(trace));
    return kept;
  }

  #numberOf(repository: string): number {
    const known = this.#numbers.get(repository);
    if (known !== undefined) return known;
    this.#numbers.set(repository, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}
