// The bytes of a published file, with the digest over its decoded rows in its own metadata.
import type { ObjectEntry } from '../contract/row.ts';
import { sha256 } from '../identity/digest.ts';
import { RowsDigest } from '../identity/row-digest.ts';
import { RowGroups, TableWriter } from './parquet.ts';
import type { Table } from './tables.ts';

const ROWS_DIGEST_KEY = 'tracemill.rows-digest';
const FORMAT_KEY = 'tracemill.format-version';

/** A published file as the manifest lists it, with its bytes. */
export interface MadeFile extends Omit<ObjectEntry, 'key'> {
  readonly body: Uint8Array;
}

/** One file, row by row: holds the open row group and the compressed bytes of those before. */
export class PublishedFile<Row extends object> {
  readonly #writer: TableWriter<Row>;
  readonly #groups: RowGroups<Row>;
  readonly #digest: RowsDigest;

  constructor(table: Table<Row>) {
    this.#writer = new TableWriter(table);
    this.#groups = new RowGroups(table);
    this.#digest = new RowsDigest(table.columns);
  }

  add(row: Row): void {
    this.#append(this.#groups.add(row));
  }

  finish(): MadeFile {
    this.#append(this.#groups.finish());
    const rowsDigest = this.#digest.finish();
    const body = this.#writer.finish({ [FORMAT_KEY]: '1', [ROWS_DIGEST_KEY]: rowsDigest });
    return { body, bytes: body.length, rows: this.#writer.rows, digest: sha256(body), rowsDigest };
  }

  #append(group: readonly Row[] | null): void {
    if (group === null) return;
    this.#digest.add(group);
    this.#writer.append(group);
  }
}
