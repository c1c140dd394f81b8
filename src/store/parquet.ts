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

// Distinct long texts gain nothing from a dictionary and cost a hash each.
const PLAIN_COLUMNS: ReadonlySet<string> = new Set(['events', 'payload', 'inputs', 'id']);

export type Metadata = Readonly<Record<string, string>>;

/** UTF-8 bytes of a row's texts: what row groups and files are bounded by. */
export function textBytes(row: object): number {
  let bytes = 0;
  for (const cell of Object.values(row)) {
    if (typeof cell === 'string') bytes += Buffer.byteLength(cell, 'utf8');
  }
  return bytes;
}

/** Cuts rows into groups by count and by text, as they come: the cut depends on the rows only. */
export class RowGroups<Row extends object> {
  readonly #table: Table<Row>;
  #rows: Row[] = [];
  #bytes = 0;

  constructor(table: Table<Row>) {
    this.#table = table;
  }

  /** The group before this row, where the row begins the next one. */
  add(row: Row): readonly Row[] | null {
    const more = textBytes(row);
    const { groupRows, groupBytes } = this.#table;
    const isFull = this.#rows.length >= groupRows || this.#bytes + more > groupBytes;
    const group = isFull ? this.finish() : null;
    this.#rows.push(row);
    this.#bytes += more;
    return group;
  }

  /** What is left; null where nothing is. */
  finish(): readonly Row[] | null {
    const group = this.#rows;
    this.#rows = [];
    this.#bytes = 0;
    return group.length === 0 ? null : group;
  }
}

function* rowGroups<Row extends object>(
  table: Table<Row>,
  rows: readonly Row[],
): Generator<readonly Row[]> {
  const groups = new RowGroups(table);
  for (const row of rows) {
    const group = groups.add(row);
    if (group !== null) yield group;
  }
  const rest = groups.finish();
  if (rest !== null) yield rest;
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
