// Checks the ledger against the published rows, both ways, and counts it. Ledger and tables have one order, so that both
// are read once, side by side, holding a row group of each.
import type { Counts } from '../contract/balance.ts';
import type { LedgerRow, ObjectEntry } from '../contract/row.ts';
import { LedgerCount } from '../core/balance.ts';
import { byShelf, entriesOf, openLedger, openRows, shelfOfFile } from './set-files.ts';
import type { SetFiles } from './set-files.ts';

const PROBLEMS_MAX = 5;

interface PlacedId {
  readonly id: string;
  readonly file: string;
  readonly row: number;
}

async function* publishedIds(
  files: SetFiles,
  entries: readonly ObjectEntry[],
): AsyncGenerator<PlacedId> {
  for (const entry of entries) {
    const file = await openRows(files, entry);
    for await (const { from, rows } of file.columnChunks(['id'])) {
      for (const [index, { id }] of rows.entries())
        yield { id, file: entry.key, row: from + index };
    }
  }
}

export interface LedgerProblem {
  readonly entry: Pick<ObjectEntry, 'key'>;
  readonly problem: string;
}

export interface LedgerCheck {
  readonly counts: Counts;
  readonly problems: readonly LedgerProblem[];
}

/** The accepted row ids of the function at hand, for duplicates that name one of them as keeper. */
class Keepers {
  #functionId = '';
  #accepted = new Set<string>();

  /** A duplicate names an accepted trace of its own function with a smaller input index, so one that came before it. */
  problemOf(row: LedgerRow): string | null {
    const functionId = (row.parent_id ?? '').split('/')[0] ?? '';
    if (functionId !== this.#functionId) {
      this.#functionId = functionId;
      this.#accepted = new Set();
    }
    if (row.verdict === 'accepted') this.#accepted.add(row.id);
    if (row.verdict !== 'duplicate') return null;
    return row.keeper_id !== null && this.#accepted.has(row.keeper_id)
      ? null
      : `duplicate ${row.id.slice(0, 12)} names a keeper that is not an accepted trace of its function`;
  }
}

/** What is wrong between an invocation and the next published row of its table; null where they are one. */
function problemOfPlace(row: LedgerRow, next: IteratorResult<PlacedId> | undefined): string | null {
  const id = row.id.slice(0, 12);
  if (next === undefined || next.done === true)
    return `row ${id} is in the ledger and in no published file`;
  const { value } = next;
  if (value.id === row.id && value.file === row.file && value.row === row.row) return null;
  return (
    `row ${id} should be row ${String(row.row)} of ${String(row.file)}, where ` +
    `${value.file} row ${String(value.row)} has ${value.id.slice(0, 12)}`
  );
}

/** Throws AppError `object-*` and `store-*`: objects are checked before their contents are compared. */
export async function checkLedger(files: SetFiles): Promise<LedgerCheck> {
  const published = byShelf(files, (entries) => publishedIds(files, entries));
  const count = new LedgerCount();
  const keepers = new Keepers();
  const problems: LedgerProblem[] = [];
  const report = (entry: Pick<ObjectEntry, 'key'>, problem: string | null): void => {
    if (problem !== null && problems.length < PROBLEMS_MAX) problems.push({ entry, problem });
  };
  let rowsPublished = 0;
  for (const entry of entriesOf(files, 'ledger')) {
    const file = await openLedger(files, entry);
    for await (const rows of file.chunks()) {
      for (const row of rows) {
        count.add(row);
        if (row.unit !== 'invocation') continue;
        report(entry, keepers.problemOf(row));
        const { verdict } = row;
        if (verdict !== 'accepted' && verdict !== 'rejected') continue;
        const table = verdict === 'accepted' ? 'traces/' : 'rejected/';
        const shelf = shelfOfFile(row.file ?? '');
        const next = shelf.startsWith(table) ? await published.get(shelf)?.next() : undefined;
        if (next?.done === false) rowsPublished += 1;
        report(entry, problemOfPlace(row, next));
      }
    }
  }
  for (const rest of published.values()) {
    for await (const { id, file } of rest) {
      rowsPublished += 1;
      report({ key: file }, `row ${id.slice(0, 12)} is published and not in the ledger`);
    }
  }
  return { counts: count.counts(rowsPublished), problems };
}
