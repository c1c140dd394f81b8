// The items of smallest rank among any number of them: the same whatever order they come in, where ranks differ.

export class LeastRanked<Item extends { readonly rank: string }> {
  readonly #wanted: number;
  #kept: Item[] = [];

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  /** Holds twice as many as are wanted at most. */
  add(item: Item): void {
    this.#kept.push(item);
    if (this.#kept.length >= 2 * this.#wanted) this.#kept = this.least();
  }

  /** By rank. */
  least(): Item[] {
    return this.#kept.sort((a, b) => (a.rank < b.rank ? -1 : 1)).slice(0, this.#wanted);
  }
}
