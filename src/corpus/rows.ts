// The launch side of kinds whose records are rows: JSON Lines, plain or compressed, and Parquet. Plain lines are uploaded
// as they are; everything else becomes lines.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CorpusKind } from '../contract/spec.ts';
import { isAppError } from '../errors.ts';
import { RECORD_FIELDS } from '../schema/spec-shape.ts';
import { empty, reading, unreadable } from './failure.ts';
import { globMatcher } from './glob.ts';
import { LineScanner } from './lines.ts';
import type { Line } from './lines.ts';
import type { CorpusPlace, LaunchTools, LocalCorpus } from './port.ts';
import { checkSize, Spool } from './spool.ts';
import { formatOf, plainBytes } from './stream-format.ts';
import type { StreamFormat } from './stream-format.ts';
import { noFacts, walkFiles } from './walk.ts';

/** In a folder, what ends so is taken. */
const ROW_FILE = /\.(?:jsonl|ndjson|json|parquet)(?:\.(?:gz|zst))?$/;
/** A job names at most so many objects: one entry of its spec and of its plan each. */
export const SOURCES_MAX = 10_000;

function isJsonObject(line: Uint8Array): boolean {
  const text = Buffer.from(line)
    .toString('utf8')
    .trim()
    .replace(/^\uFEFF/, '');
  if (!text.startsWith('{')) return false;
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

interface RowsFile {
  readonly kind: CorpusKind;
  readonly path: string;
  readonly shown: string;
  readonly name: string;
}

/** Whether there are lines at all, and one that could be a record. */
class LinesCheck {
  #lines = 0;
  #hasObject = false;
  readonly #scanner = new LineScanner();

  feed(piece: Uint8Array): void {
    for (const line of this.#scanner.feed(piece)) this.#look(line);
  }

  end({ shown }: RowsFile): void {
    for (const line of this.#scanner.end()) this.#look(line);
    if (this.#lines === 0) throw empty(shown, 'holds no line; name another file');
    if (!this.#hasObject) {
      throw unreadable(shown, 'has no line that is a JSON object; write one object per line');
    }
  }

  #look({ bytes }: Line): void {
    this.#lines += 1;
    this.#hasObject ||= bytes !== null && isJsonObject(bytes);
  }
}

/** Plain lines: read once for their digest, and again for the upload. */
async function plainCorpus(file: RowsFile): Promise<LocalCorpus> {
  const { kind, path, shown, name } = file;
  const hash = createHash('sha256');
  const lines = new LinesCheck();
  let bytes = 0;
  for await (const piece of plainBytes(path, 'plain', shown)) {
    hash.update(piece);
    bytes += piece.length;
    checkSize(shown, bytes);
    lines.feed(piece);
  }
  lines.end(file);
  return { kind, name, digest: hash.digest('hex'), bytes, open: () => createReadStream(path) };
}

async function unpackedCorpus(
  file: RowsFile,
  format: 'gzip' | 'zstd',
  spool: Spool,
): Promise<LocalCorpus> {
  const lines = new LinesCheck();
  for await (const piece of plainBytes(file.path, format, file.shown)) {
    lines.feed(piece);
    await spool.write(piece);
  }
  lines.end(file);
  return await spool.finish(file.kind, file.name);
}

/** Columns that a record may come from: those of our names, and those that `map` names. A benchmark has its own. */
function wantedColumns(
  { kind, map }: { readonly kind: CorpusKind; readonly map: CorpusPlace['map'] },
  columns: readonly string[],
): string[] {
  if (kind !== 'jsonl' && kind !== 'parquet') return [...columns];
  const wanted = new Set<string>([...RECORD_FIELDS, 'code', ...Object.values(map)]);
  return columns.filter((column) => wanted.has(column));
}

async function parquetCorpus(
  file: RowsFile,
  given: { readonly place: CorpusPlace; readonly tools: LaunchTools },
  spool: Spool,
): Promise<LocalCorpus> {
  const { kind, path, shown, name } = file;
  const { map } = given.place;
  const rows = await given.tools.openParquet(path);
  const columns = wantedColumns({ kind, map }, rows.columns);
  const absent = Object.values(map).find((column) => !rows.columns.includes(column));
  if (absent !== undefined) {
    const known = rows.columns.slice(0, 30).join(', ');
    throw unreadable(
      shown,
      `has no column ${JSON.stringify(absent)}, which map names; it has ${known}`,
    );
  }
  if (rows.rows === 0) throw empty(shown, 'holds no row; name another file');
  if (columns.length === 0) {
    const known = rows.columns.slice(0, 30).join(', ');
    throw unreadable(
      shown,
      `has no column that a record is made of; name them with map (${known})`,
    );
  }
  for await (const some of rows.read(columns)) for (const row of some) await spool.append(row);
  return await spool.finish(kind, name);
}

function checkKind({ kind, shown }: RowsFile, format: StreamFormat): void {
  if (kind === 'jsonl' && format === 'parquet') {
    throw unreadable(shown, 'is Parquet; write kind: parquet');
  }
  if (kind === 'parquet' && format !== 'parquet') {
    throw unreadable(shown, 'is no Parquet; write kind: jsonl for JSON lines');
  }
}

async function undamaged(file: RowsFile, work: Promise<LocalCorpus>): Promise<LocalCorpus> {
  try {
    return await work;
  } catch (cause) {
    if (!isAppError(cause) || cause.code !== 'object-damaged') throw cause;
    throw unreadable(file.shown, 'cannot be read as Parquet; is it whole?', cause);
  }
}

async function openFile(
  file: RowsFile,
  given: { readonly place: CorpusPlace; readonly tools: LaunchTools },
): Promise<LocalCorpus> {
  const format = await formatOf(file.path, file.shown);
  checkKind(file, format);
  if (format === 'plain') return await plainCorpus(file);
  const spool = await Spool.create(given.tools.spool, file.shown);
  try {
    if (format === 'parquet') return await undamaged(file, parquetCorpus(file, given, spool));
    return await unpackedCorpus(file, format, spool);
  } finally {
    await spool[Symbol.asyncDispose]();
  }
}

async function* rowFiles(place: CorpusPlace): AsyncGenerator<string> {
  const fits = globMatcher(place.glob ?? '**');
  const walk = { root: place.path, shown: place.shown, enter: noFacts };
  for await (const { path } of walkFiles(walk)) {
    if (place.glob === null ? ROW_FILE.test(path) : fits(path)) yield path;
  }
}

/**
 * A file of rows, or all of a folder or glob, one object each. Throws AppError `corpus-missing`, `corpus-unreadable`,
 * `corpus-empty`.
 */
export async function openRows(
  kind: CorpusKind,
  place: CorpusPlace,
  tools: LaunchTools,
): Promise<LocalCorpus[]> {
  const { path, shown, name } = place;
  return await reading(shown, async () => {
    const found = await stat(path);
    const given = { place, tools };
    if (!found.isDirectory()) {
      if (!found.isFile()) throw unreadable(shown, 'is no file');
      return [await openFile({ kind, path, shown, name }, given)];
    }
    const corpora: LocalCorpus[] = [];
    for await (const below of rowFiles(place)) {
      const file = { kind, path: join(path, below), shown: `${shown} (${below})`, name: below };
      corpora.push(await openFile(file, given));
      if (corpora.length > SOURCES_MAX) {
        throw unreadable(shown, `has more than ${String(SOURCES_MAX)} files; name its parts`);
      }
    }
    if (corpora.length === 0) throw empty(shown, 'holds no file of rows; name another one');
    return corpora;
  });
}
