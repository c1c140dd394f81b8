// Which things belong together, in four bytes for each. The root of a group is its smallest member, so the groups and their
// roots are the same in whatever order the pairs come.

export class UnionFind {
  readonly #parent: Int32Array;

  constructor(count: number) {
    this.#parent = Int32Array.from({ length: count }, (_, index) => index);
  }

  get size(): number {
    return this.#parent.length;
  }

  /** The smallest member of its group. */
  root(member: number): number {
    let at = member;
    for (;;) {
      const parent = this.#parent[at] ?? at;
      if (parent === at) return at;
      const grand = this.#parent[parent] ?? parent;
      this.#parent[at] = grand;
      at = grand;
    }
  }

  /** True where the two were apart until now. */
  join(a: number, b: number): boolean {
    const x = this.root(a);
    const y = this.root(b);
    if (x === y) return false;
    this.#parent[Math.max(x, y)] = Math.min(x, y);
    return true;
  }
}
