// A growing list of 32-bit integers: four to eight bytes an item.

export class IntList {
  #items = new Int32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): number {
    if (this.#length === this.#items.length) {
      const items = new Int32Array(this.#items.length * 2);
      items.set(this.#items);
      this.#items = items;
    }
    this.#items[this.#length] = value;
    this.#length += 1;
    return this.#length - 1;
  }

  /** Throws a RangeError outside of the list. */
  at(index: number): number {
    const value = index < this.#length ? this.#items[index] : undefined;
    if (value === undefined) throw new RangeError(`no item ${String(index)}`);
    return value;
  }

  set(index: number, value: number): void {
    if (index >= this.#length) throw new RangeError(`no item ${String(index)}`);
    this.#items[index] = value;
  }

  /** A copy of the items. */
  toArray(): Int32Array {
    return this.#items.slice(0, this.#length);
  }
}
