// Parquet bytes to rows: the schema must be the table's, and nothing is believed that does not decode.
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import type { AsyncBuffer, FileMetaData, SchemaElement } from 'hyparquet';
import { AppError } from '../errors.ts';
import { schemaOf } from './parquet-schema.ts';
import type { Metadata } from './parquet.ts';
import type { Table } from './tables.ts';
import { zstdDecompress } from './zstd.ts';

// The default parser drops a leading byte order mark, which is part of a text like any other character.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const READ = {
  compressors: { ZSTD: zstdDecompress },
  parsers: { stringFromBytes: (bytes: Uint8Array | undefined) => bytes && utf8.decode(bytes) },
};

/** hyparquet leaves the cells of null lists undefined. */
function withNulls(row: Record<string, unknown>): object {
  for (const name of Object.keys(row)) row[name] ??= null;
  return row;
}

export interface RowRange {
  /** From (inclusive) and to (exclusive), 0-based; `to` may lie beyond the end. */
  readonly from: number;
  readonly to: number;
}

/** Neighbouring rows. */
export interface RowChunk<Row> {
  /** Place of the first one in the file, 0-based. */
  readonly from: number;
  readonly rows: readonly Row[];
}

/** An open table: its footer is read and its schema checked; rows are read as asked for. */
export interface TableFile<Row> {
  readonly rows: number;
  readonly metadata: Metadata;
  /** Uncompressed rows of a group are in memory once decoded: see `chunks` for more than a few groups. */
  read(range?: RowRange): Promise<Row[]>;
  /** All rows, or those of a range, a row group at a time; groups outside of the range are not read. */
  chunks(range?: RowRange): AsyncIterable<readonly Row[]>;
  readColumns<Name extends keyof Row & string>(
    names: readonly Name[],
    range?: RowRange,
  ): Promise<Pick<Row, Name>[]>;
  /** These columns of all rows, a row group at a time: each is decoded once. */
  columnChunks<Name extends keyof Row & string>(
    names: readonly Name[],
  ): AsyncIterable<RowChunk<Pick<Row, Name>>>;
}

function sameSchema(found: readonly SchemaElement[], wanted: readonly SchemaElement[]): boolean {
  const shape = (list: readonly SchemaElement[]): string =>
    JSON.stringify(
      list
        .slice(1)
        .map((e) => [e.name, e.type, e.repetition_type, e.num_children ?? 0, e.converted_type]),
    );
  return shape(found) === shape(wanted);
}

async function damagedUnlessRead<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AppError && cause.code !== 'object-damaged') throw cause;
    throw new AppError('object-damaged', `${JSON.stringify(name)} cannot be read as Parquet`, {
      cause,
      context: { key: name },
    });
  }
}

/** `name` is for messages. Throws AppError `object-damaged` where bytes or schema are not the table's. */
export async function openTable<Row>(
  table: Table<Row>,
  file: AsyncBuffer,
  name: string,
): Promise<TableFile<Row>> {
  const footer: FileMetaData = await damagedUnlessRead(name, () =>
    parquetMetadataAsync(file, READ),
  );
  if (!sameSchema(footer.schema, schemaOf(table))) {
    throw new AppError(
      'object-damaged',
      `${JSON.stringify(name)} has not the columns of ${table.name}`,
      {
        context: { key: name },
      },
    );
  }
  const all: RowRange = { from: 0, to: Number(footer.num_rows) };
  const select = async (range: RowRange, names?: readonly string[]): Promise<object[]> => {
    const to = Math.min(range.to, all.to);
    if (range.from >= to) return [];
    const rows = await damagedUnlessRead(name, () =>
      parquetReadObjects({
        file,
        metadata: footer,
        rowStart: range.from,
        rowEnd: to,
        ...(names === undefined ? {} : { columns: [...names] }),
        ...READ,
      }),
    );
    return rows.map(withNulls);
  };
  const groups = function* (range: RowRange): Generator<RowRange> {
    let from = 0;
    for (const group of footer.row_groups) {
      const to = from + Number(group.num_rows);
      const part = { from: Math.max(from, range.from), to: Math.min(to, range.to) };
      if (part.from < part.to) yield part;
      from = to;
    }
  };
  return {
    rows: all.to,
    metadata: Object.fromEntries(
      (footer.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? '']),
    ),
    async *chunks(range = all) {
      for (const part of groups(range)) yield (await select(part)) as Row[];
    },
    async *columnChunks(names) {
      for (const part of groups(all)) {
        const rows = (await select(part, names)) as Pick<Row, (typeof names)[number]>[];
        yield { from: part.from, rows };
      }
    },
    // The schema was compared above, so the cells have the row's types.
    read: async (range = all) => (await select(range)) as Row[],
    readColumns: async (names, range = all) =>
      (await select(range, names)) as Pick<Row, (typeof names)[number]>[],
  };
}

function bufferOf(bytes: Uint8Array): AsyncBuffer {
  return {
    byteLength: bytes.byteLength,
    slice: (start, end) => toArrayBuffer(bytes.subarray(start, end)),
  };
}

/** A copy that owns its buffer from offset 0, as hyparquet expects. */
function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

export async function openTableBytes<Row>(
  table: Table<Row>,
  bytes: Uint8Array,
  name: string = table.name,
): Promise<TableFile<Row>> {
  return await openTable(table, bufferOf(bytes), name);
}

/** All rows. Throws AppError `object-damaged`. */
export async function readTable<Row>(
  table: Table<Row>,
  bytes: Uint8Array,
  name: string = table.name,
): Promise<Row[]> {
  return await (await openTableBytes(table, bytes, name)).read();
}
