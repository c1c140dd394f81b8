// Rows to Parquet bytes. The same rows and metadata give the same bytes, whenever and wherever they are written.
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { KeyValue } from 'hyparquet';
import type { ColumnSource } from 'hyparquet-writer';
import { invariant } from '../core/assert.ts';
import { columnList, schemaOf } from './parquet-schema.ts';
import type { Table } from './tables.ts';
import { zstdCompress } from './zstd.ts';

/** Named in manifests beside the zstd build: bytes are reproducible for one pair of them. */
export const PARQUET_WRITER = 'hyparquet-writer 0.17.0';

/** Uncompressed text of a row group at most, unless one row alone is larger. */
const GROUP_BYTES_MAX = 64 * 1024 * 1024;
// Distinct long texts gain nothing from a dictionary and cost a hash each.
const PLAIN_COLUMNS: ReadonlySet<string> = new Set(['events', 'payload', 'inputs', 'id']);

export type Metadata = Readonly<Record<string, string>>;

function textBytes(row: object): number {
  let bytes = 0;
  for (const cell of Object.values(row)) {
    if (typeof cell === 'string') bytes += Buffer.byteLength(cell, 'utf8');
  }
  return bytes;
}

/** Cuts rows into groups by count and by text: the cut depends on the rows only. */
function* rowGroups<Row extends object>(
  table: Table<Row>,
  rows: readonly Row[],
): Generator<readonly Row[]> {
  let start = 0;
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    const more = textBytes(row);
    const full = index - start >= table.groupRows || bytes + more > GROUP_BYTES_MAX;
    if (full && index > start) {
      yield rows.slice(start, index);
      start = index;
      bytes = 0;
    }
    bytes += more;
  }
  if (start < rows.length) yield rows.slice(start);
}

function columnData<Row>(table: Table<Row>, rows: readonly Row[]): ColumnSource[] {
  const statistics: ReadonlySet<string> = new Set(table.statistics);
  return columnList(table).map(([name]) => ({
    name,
    data: rows.map((row) => row[name]),
    statistics: statistics.has(name),
    ...(PLAIN_COLUMNS.has(name) ? { encoding: 'PLAIN' as const } : {}),
  }));
}

/**
 * Writes a table in pieces: only compressed bytes of earlier pieces are held. Row groups never span two pieces. A lone
 * surrogate, which UTF-8 cannot express, becomes U+FFFD.
 */
export class TableWriter<Row extends object> {
  readonly #table: Table<Row>;
  readonly #bytes = new ByteWriter();
  readonly #metadata: KeyValue[] = [];
  readonly #parquet: ParquetWriter;
  #last: Row | null = null;
  #rows = 0;

  constructor(table: Table<Row>) {
    this.#table = table;
    this.#parquet = new ParquetWriter({
      writer: this.#bytes,
      schema: schemaOf(table),
      codec: 'ZSTD',
      compressors: { ZSTD: zstdCompress },
      createdBy: 'tracemill',
      kvMetadata: this.#metadata,
    });
  }

  /** Rows appended so far. */
  get rows(): number {
    return this.#rows;
  }

  append(rows: readonly Row[]): void {
    const { order, name } = this.#table;
    if (order !== null) {
      for (const row of rows) {
        const inOrder = this.#last === null || order(this.#last, row) <= 0;
        invariant(inOrder, `rows of ${name} are in order`);
        this.#last = row;
      }
    }
    for (const group of rowGroups(this.#table, rows)) {
      // The writer has no asynchronous sink, so that it returns when all is written.
      void this.#parquet.write({
        columnData: columnData(this.#table, group),
        rowGroupSize: group.length,
      });
    }
    this.#rows += rows.length;
  }

  /** The whole file; the writer cannot be used afterwards. */
  finish(metadata: Metadata = {}): Uint8Array {
    for (const [key, value] of Object.entries({
      'tracemill.table': this.#table.name,
      ...metadata,
    })) {
      this.#metadata.push({ key, value });
    }
    void this.#parquet.finish();
    return this.#bytes.getBytes().slice();
  }
}

/** A table in one piece. */
export function writeTable<Row extends object>(
  table: Table<Row>,
  rows: readonly Row[],
  metadata: Metadata = {},
): Uint8Array {
  const writer = new TableWriter(table);
  writer.append(rows);
  return writer.finish(metadata);
}
