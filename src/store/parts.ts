// Parts: what an attempt of a batch made durable on the way. Scratch, not a promise: whatever is there first wins, and
// the next attempt adopts it and goes on after it.
import { partKey, partsPrefix } from '../core/keys.ts';
import type { PartAddress } from '../core/keys.ts';
import { AppError } from '../errors.ts';
import type { ObjectStore } from './object-store.ts';
import { writeTable } from './parquet.ts';
import { openTableBytes } from './table-file.ts';
import type { Table } from './tables.ts';

/** Items `start` (inclusive) to `end` (exclusive) of a batch, and the rows that they made. */
export interface Part<Row> {
  readonly start: number;
  readonly end: number;
  readonly rows: readonly Row[];
}

const END_KEY = 'tracemill.end';

/** Rows of a part are in the order of the batch; only the sealed object is sorted. */
function unsorted<Row>(table: Table<Row>): Table<Row> {
  return { ...table, order: null };
}

interface PartsAt<Row> {
  readonly store: ObjectStore;
  readonly table: Table<Row>;
  readonly at: PartAddress;
}

/** Throws AppError `object-missing` and `object-damaged`. */
export async function readPart<Row>(from: PartsAt<Row>, start: number): Promise<Part<Row>> {
  const key = partKey(from.at, start);
  const file = await openTableBytes(unsorted(from.table), await from.store.get(key), key);
  const end = Number(file.metadata[END_KEY]);
  if (!Number.isSafeInteger(end) || end <= start) {
    throw new AppError('object-damaged', `part ${JSON.stringify(key)} does not say where it ends`, {
      context: { key },
    });
  }
  return { start, end, rows: await file.read() };
}

/** Returns the part that holds from now on: this one, or the one that was there before it. */
export async function writePart<Row extends object>(
  to: PartsAt<Row>,
  part: Part<Row>,
): Promise<Part<Row>> {
  const key = partKey(to.at, part.start);
  const body = writeTable(unsorted(to.table), part.rows, { [END_KEY]: String(part.end) });
  const put = await to.store.putIfAbsent(key, body);
  return put.kind === 'created' ? part : await readPart(to, part.start);
}

/**
 * Where durable parts begin, ascending. Attempts that follow one another leave one chain; ranges that were isolated may
 * begin after a gap, or inside an older part.
 */
export async function listParts(from: Pick<PartsAt<never>, 'store' | 'at'>): Promise<number[]> {
  const starts: number[] = [];
  for await (const { key } of from.store.list(partsPrefix(from.at))) {
    starts.push(Number(key.slice(key.lastIndexOf('/') + 1)));
  }
  return starts.sort((a, b) => a - b);
}
