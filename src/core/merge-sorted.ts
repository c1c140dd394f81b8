// Merges sorted runs that come piece by piece into one: holds one piece of each.

class Cursor<Row> {
  readonly run: number;
  readonly #pieces: AsyncIterator<readonly Row[]>;
  #piece: readonly Row[] = [];
  #at = 0;

  constructor(run: number, pieces: AsyncIterable<readonly Row[]>) {
    this.run = run;
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The row at hand; undefined at the end of the run. */
  get row(): Row | undefined {
    return this.#piece[this.#at];
  }

  /** Goes on to the next row of the piece; false where the piece has no more. */
  step(): boolean {
    this.#at += 1;
    return this.#at < this.#piece.length;
  }

  /** Takes the next piece that has rows; false at the end of the run. */
  async refill(): Promise<boolean> {
    for (;;) {
      const next = await this.#pieces.next();
      if (next.done === true) return false;
      this.#piece = next.value;
      this.#at = 0;
      if (this.#piece.length > 0) return true;
    }
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}

/** A binary heap of cursors that have a row; equal rows come in the order of their runs. */
class Heap<Row> {
  readonly #cursors: Cursor<Row>[] = [];
  readonly #compare: (a: Row, b: Row) => number;

  constructor(compare: (a: Row, b: Row) => number) {
    this.#compare = compare;
  }

  get first(): Cursor<Row> | undefined {
    return this.#cursors[0];
  }

  push(cursor: Cursor<Row>): void {
    let at = this.#cursors.push(cursor) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Puts the first one where its new row belongs. */
  sink(): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      let least = this.#isBefore(left, at) ? left : at;
      if (this.#isBefore(left + 1, least)) least = left + 1;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  removeFirst(): void {
    const last = this.#cursors.pop();
    if (last === undefined || this.#cursors.length === 0) return;
    this.#cursors[0] = last;
    this.sink();
  }

  #isBefore(a: number, b: number): boolean {
    const left = this.#cursors[a];
    const right = this.#cursors[b];
    if (left?.row === undefined || right?.row === undefined) return false;
    const order = this.#compare(left.row, right.row);
    return order < 0 || (order === 0 && left.run < right.run);
  }

  #swap(a: number, b: number): void {
    const left = this.#cursors[a];
    const right = this.#cursors[b];
    if (left === undefined || right === undefined) return;
    this.#cursors[a] = right;
    this.#cursors[b] = left;
  }
}

/** Rows of all runs in order; rows that compare equal come in the order of the runs. */
export async function* mergeSorted<Row>(
  runs: readonly AsyncIterable<readonly Row[]>[],
  compare: (a: Row, b: Row) => number,
): AsyncGenerator<Row> {
  const heap = new Heap<Row>(compare);
  const cursors = runs.map((pieces, run) => new Cursor(run, pieces));
  try {
    for (const cursor of cursors) if (await cursor.refill()) heap.push(cursor);
    for (let cursor = heap.first; cursor !== undefined; cursor = heap.first) {
      if (cursor.row !== undefined) yield cursor.row;
      if (cursor.step() || (await cursor.refill())) heap.sink();
      else heap.removeFirst();
    }
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}
