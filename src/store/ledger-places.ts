// Where the published rows of a ledger file lie: counted along, since ledger and tables have one order.
import type { LedgerRow } from '../contract/row.ts';
import { partOfId, rangeOfPart } from '../core/part-count.ts';
import type { IdRange } from '../core/part-count.ts';
import { anchoredRow } from './ledger-rows.ts';
import type { Anchored } from './ledger-rows.ts';
import { fileOf, shelfOf } from './publish-plan.ts';
import type { PublishPlan } from './publish-plan.ts';
import type { PublishSource, RowShelf } from './publish-source.ts';
import { tableOfVerdict } from './published-rows.ts';

type Place = Pick<LedgerRow, 'file' | 'row'>;

class Places {
  readonly #source: PublishSource;
  readonly #plan: PublishPlan;
  readonly #ids: IdRange;
  readonly #open = new Map<string, { readonly part: number; next: number }>();

  constructor(source: PublishSource, plan: PublishPlan, ids: IdRange) {
    this.#source = source;
    this.#plan = plan;
    this.#ids = ids;
  }

  async next(at: RowShelf, functionId: string): Promise<Place> {
    const shelf = shelfOf(this.#plan, at);
    const part = partOfId(functionId, shelf.files);
    const name = `${at.table}/${at.split}`;
    let open = this.#open.get(name);
    if (open?.part !== part) {
      open = { part, next: await this.#rowsBefore(at, { part, parts: shelf.files }) };
      this.#open.set(name, open);
    }
    const row = open.next;
    open.next += 1;
    return { file: fileOf(shelf, part), row };
  }

  /** Rows of the file before this range, where the file begins before it. */
  async #rowsBefore(
    at: RowShelf,
    { part, parts }: { readonly part: number; readonly parts: number },
  ): Promise<number> {
    const { from } = rangeOfPart(part, parts);
    const to = this.#ids.from;
    return from < to ? await this.#source.count(at, { from, to }) : 0;
  }
}

/** The ledger rows of a range with the file and row of everything that is published. */
export async function* placedRows(
  source: PublishSource,
  plan: PublishPlan,
  ids: IdRange,
): AsyncGenerator<Anchored> {
  const places = new Places(source, plan, ids);
  const splitOf = await source.splits(ids);
  for await (const row of source.ledger(ids)) {
    const anchored = anchoredRow(row);
    const table = tableOfVerdict(row.verdict);
    if (table === null) yield anchored;
    else {
      const split = splitOf(anchored.anchor);
      const place = await places.next({ table, split }, anchored.anchor);
      yield { ...anchored, row: { ...row, ...place } };
    }
  }
}
