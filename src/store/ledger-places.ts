// Where the published rows of a ledger file lie: counted along, since ledger and tables have one order.
import type { LedgerRow } from '../contract/row.ts';
import { partOfId, rangeOfPart } from '../core/part-count.ts';
import type { IdRange } from '../core/part-count.ts';
import { anchoredRow } from './ledger-rows.ts';
import type { Anchored } from './ledger-rows.ts';
import { fileOf } from './publish-plan.ts';
import type { PublishPlan } from './publish-plan.ts';
import type { PublishSource } from './publish-source.ts';
import { tableOfVerdict } from './published-rows.ts';
import type { RowTable } from './published-rows.ts';

type Place = Pick<LedgerRow, 'file' | 'row'>;

class Places {
  readonly #source: PublishSource;
  readonly #parts: PublishPlan['parts'];
  readonly #ids: IdRange;
  readonly #open = new Map<RowTable, { readonly part: number; next: number }>();

  constructor(source: PublishSource, parts: PublishPlan['parts'], ids: IdRange) {
    this.#source = source;
    this.#parts = parts;
    this.#ids = ids;
  }

  async next(table: RowTable, functionId: string): Promise<Place> {
    const part = partOfId(functionId, this.#parts[table]);
    let open = this.#open.get(table);
    if (open?.part !== part) {
      open = { part, next: await this.#rowsBefore(table, part) };
      this.#open.set(table, open);
    }
    const row = open.next;
    open.next += 1;
    return { file: fileOf(this.#parts, table, part), row };
  }

  /** Rows of the file before this range, where the file begins before it. */
  async #rowsBefore(table: RowTable, part: number): Promise<number> {
    const { from } = rangeOfPart(part, this.#parts[table]);
    const to = this.#ids.from;
    return from < to ? await this.#source.count(table, { from, to }) : 0;
  }
}

/** The ledger rows of a range with the file and row of everything that is published. */
export async function* placedRows(
  source: PublishSource,
  parts: PublishPlan['parts'],
  ids: IdRange,
): AsyncGenerator<Anchored> {
  const places = new Places(source, parts, ids);
  for await (const row of source.ledger(ids)) {
    const anchored = anchoredRow(row);
    const table = tableOfVerdict(row.verdict);
    if (table === null) yield anchored;
    else {
      const place = await places.next(table, anchored.anchor);
      yield { ...anchored, row: { ...row, ...place } };
    }
  }
}
