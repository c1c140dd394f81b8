// The rows of a sealed trace object: new ones as their parts become durable and, where a revision retries another, the
// rows of the older object that stay.
import type { SealedTraceRow } from '../src/contract/sealed-rows.ts';
import { TableWriter } from '../src/store/parquet.ts';
import { byFunctionThenInput, SEALED_TRACES } from '../src/store/tables.ts';

/**
 * Gives rows to the writer in pieces of one size, so that the bytes do not depend on how parts were cut; counts them on
 * the way. Holds one piece.
 */
export class RowSink {
  readonly #writer = new TableWriter(SEALED_TRACES);
  readonly #counts: Record<string, number> = {
    invocationsPlanned: 0,
    outcomes: 0,
    invocationsFaulted: 0,
  };
  readonly #ids: (string | null)[] = [];
  #pending: SealedTraceRow[] = [];

  add(rows: readonly SealedTraceRow[]): void {
    for (const row of rows) {
      this.#count('invocationsPlanned');
      this.#count(row.outcome === 'faulted' ? 'invocationsFaulted' : 'outcomes');
      if (row.outcome !== 'faulted') this.#count(row.outcome);
      this.#ids.push(row.outcome === 'faulted' ? null : row.id);
      this.#pending.push(row);
      if (this.#pending.length >= SEALED_TRACES.groupRows) this.#flush();
    }
  }

  finish() {
    this.#flush();
    return { writer: this.#writer, counts: this.#counts, ids: this.#ids };
  }

  #count(name: string): void {
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
  }

  #flush(): void {
    if (this.#pending.length > 0) this.#writer.append(this.#pending);
    this.#pending = [];
  }
}

/** Merges new rows into older ones by their place; a new row replaces the older one of the same place. */
export class MergedRows {
  readonly #older: AsyncIterator<readonly SealedTraceRow[]>;
  readonly #sink: RowSink;
  #piece: readonly SealedTraceRow[] = [];
  #at = 0;

  constructor(older: AsyncIterable<readonly SealedTraceRow[]>, sink: RowSink) {
    this.#older = older[Symbol.asyncIterator]();
    this.#sink = sink;
  }

  async add(rows: readonly SealedTraceRow[]): Promise<void> {
    for (const row of rows) {
      let older = await this.#peek();
      while (older !== null && byFunctionThenInput(older, row) < 0) {
        this.#sink.add([older]);
        this.#at += 1;
        older = await this.#peek();
      }
      if (older !== null && byFunctionThenInput(older, row) === 0) this.#at += 1;
      this.#sink.add([row]);
    }
  }

  /** Adds what is left of the older rows. */
  async finish(): Promise<void> {
    for (let older = await this.#peek(); older !== null; older = await this.#peek()) {
      this.#sink.add([older]);
      this.#at += 1;
    }
  }

  async #peek(): Promise<SealedTraceRow | null> {
    while (this.#at >= this.#piece.length) {
      const next = await this.#older.next();
      if (next.done === true) return null;
      this.#piece = next.value;
      this.#at = 0;
    }
    return this.#piece[this.#at] ?? null;
  }
}
