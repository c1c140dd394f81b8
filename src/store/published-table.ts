// The bytes of a published file, with the digest over its decoded rows in its own metadata.
import { asId } from '../contract/ids.ts';
import type { Digest } from '../contract/ids.ts';
import { AppError } from '../errors.ts';
import { rowsDigestOf } from '../identity/row-digest.ts';
import { writeTable } from './parquet.ts';
import type { TableFile } from './table-file.ts';
import type { Table } from './tables.ts';

const ROWS_DIGEST_KEY = 'tracemill.rows-digest';
const FORMAT_KEY = 'tracemill.format-version';

export function publishedTable<Row extends object>(
  table: Table<Row>,
  rows: readonly Row[],
): { readonly body: Uint8Array; readonly rows: number } {
  const rowsDigest = rowsDigestOf(table.columns, rows);
  const body = writeTable(table, rows, { [FORMAT_KEY]: '1', [ROWS_DIGEST_KEY]: rowsDigest });
  return { body, rows: rows.length };
}

/** The digest that a published file names for its rows. Throws AppError `object-damaged` where it names none. */
export function rowsDigestNamed<Row>(file: TableFile<Row>, key: string): Digest {
  const digest = file.metadata[ROWS_DIGEST_KEY];
  if (digest !== undefined && /^[0-9a-f]{64}$/.test(digest)) return asId<Digest>(digest);
  throw new AppError(
    'object-damaged',
    `object ${JSON.stringify(key)} does not name the digest of its rows`,
    { context: { key } },
  );
}
