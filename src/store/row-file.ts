// Parquet files of other people: any columns, any of the usual codecs, read a row group at a time. What comes out is JSON.
import { compressors } from 'hyparquet-compressors';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import type { JsonRow, RowFile } from '../contract/row-file.ts';
import { AppError } from '../errors.ts';

/** Of the columns that are read; writers keep row groups under 512 MiB. */
const GROUP_BYTES_MAX = 1024 * 1024 * 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes that are no UTF-8 keep their place as base64: the record is then rejected for its type or its text. */
function textOrBase64(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('base64');
  }
}

const READ = {
  compressors,
  parsers: { stringFromBytes: (bytes: Uint8Array | undefined) => bytes && textOrBase64(bytes) },
};

/** Whole numbers that JavaScript would round become texts. */
function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof Uint8Array) return textOrBase64(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
}

function damaged(path: string, cause: unknown): AppError {
  return new AppError('object-damaged', `${JSON.stringify(path)} cannot be read as Parquet`, {
    cause,
  });
}

async function reading<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw damaged(path, cause);
  }
}

/** Names of the top-level columns, in the order of the schema, whose elements lie in it depth first. */
function columnsOf({ schema }: FileMetaData): string[] {
  const names: string[] = [];
  const after = (at: number): number => {
    let next = at + 1;
    for (let child = 0; child < (schema[at]?.num_children ?? 0); child += 1) next = after(next);
    return next;
  };
  for (let at = 1; at < schema.length; at = after(at)) names.push(schema[at]?.name ?? '');
  return names;
}

function checkGroups(path: string, footer: FileMetaData, columns: ReadonlySet<string>): void {
  for (const group of footer.row_groups) {
    const bytes = group.columns
      .filter(({ meta_data: facts }) => columns.has(facts?.path_in_schema[0] ?? ''))
      .reduce((sum, { meta_data: facts }) => sum + Number(facts?.total_uncompressed_size ?? 0), 0);
    if (bytes > GROUP_BYTES_MAX) {
      throw damaged(path, new RangeError('a row group has more than 1 GiB'));
    }
  }
}

async function* groups(
  path: string,
  given: { readonly file: AsyncBuffer; readonly footer: FileMetaData },
  columns: readonly string[],
): AsyncGenerator<JsonRow[]> {
  const { file, footer } = given;
  checkGroups(path, footer, new Set(columns));
  let from = 0;
  for (const group of footer.row_groups) {
    const to = from + Number(group.num_rows);
    const range = { rowStart: from, rowEnd: to };
    const rows = await reading(path, () =>
      parquetReadObjects({ file, metadata: footer, columns: [...columns], ...READ, ...range }),
    );
    yield rows.map((row) => toJson(row) as JsonRow);
    from = to;
  }
}

/** Throws AppError `object-damaged` from here and from `read`. */
export async function openRowFile(path: string): Promise<RowFile> {
  return await reading(path, async () => {
    const file = await asyncBufferFromFile(path);
    const footer = await parquetMetadataAsync(file);
    return {
      columns: columnsOf(footer),
      rows: Number(footer.num_rows),
      read: (columns) => groups(path, { file, footer }, columns),
    };
  });
}
