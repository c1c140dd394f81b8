// The launch side: files and folders of this machine become corpus objects. A problem of the whole corpus ends the
// launch; a problem of one record is left to the job.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, readdir, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { basename, join } from 'node:path';
import type { CorpusKind } from '../contract/spec.ts';
import { AppError } from '../errors.ts';
import { SOURCE_BYTES_MAX } from '../schema/spec-shape.ts';
import { LineScanner } from './lines.ts';
import type { LocalCorpus } from './port.ts';

/** An object is uploaded in one request that is held in memory; larger corpora are several entries of the spec. */
export const CORPUS_BYTES_MAX = 512 * 1024 * 1024;
/** Far above any source tree; a walk that finds more went astray. */
const FILES_MAX = 1_000_000;
const MAGIC_BYTES = 4;

const quote = (path: string): string => JSON.stringify(path);

function unreadable(path: string, why: string, cause?: unknown): AppError {
  return new AppError('corpus-unreadable', `corpus ${quote(path)} ${why}`, { cause });
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new AppError(
        'corpus-missing',
        `corpus ${quote(path)} is not there; check the path (in a spec it is relative to the spec file)`,
        { cause },
      );
    }
    throw unreadable(path, `cannot be read (${code}); check its permissions`, cause);
  }
}

async function reading<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw unreadable(path, `cannot be read (${code}); check its permissions`, cause);
  }
}

function checkSize(path: string, bytes: number): void {
  if (bytes <= CORPUS_BYTES_MAX) return;
  const max = String(CORPUS_BYTES_MAX / 1024 / 1024);
  throw unreadable(path, `is larger than ${max} MiB; split it into several entries of corpus`);
}

/** First bytes of formats that people take for JSON Lines by mistake. */
const OTHER_FORMATS: readonly { readonly magic: readonly number[]; readonly advice: string }[] = [
  { magic: [0x1f, 0x8b], advice: 'is compressed with gzip; decompress it first' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], advice: 'is compressed with zstd; decompress it first' },
  { magic: [0x50, 0x4b, 0x03, 0x04], advice: 'is a zip archive; unpack it first' },
  { magic: [0x50, 0x41, 0x52, 0x31], advice: 'is Parquet; write it as JSON Lines first' },
  { magic: [0xff, 0xfe], advice: 'is UTF-16; write it as UTF-8' },
  { magic: [0xfe, 0xff], advice: 'is UTF-16; write it as UTF-8' },
];

async function checkFormat(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    const other = OTHER_FORMATS.find(({ magic }) => magic.every((byte, at) => head[at] === byte));
    if (other !== undefined) throw unreadable(path, other.advice);
  } finally {
    await file.close();
  }
}

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

interface Scan {
  readonly digest: string;
  readonly bytes: number;
  readonly lines: number;
  readonly hasObject: boolean;
}

async function scanLines(path: string): Promise<Scan> {
  const hash = createHash('sha256');
  const scanner = new LineScanner();
  let [bytes, lines, hasObject] = [0, 0, false];
  const look = (line: Uint8Array | null): void => {
    lines += 1;
    hasObject ||= line !== null && isJsonObject(line);
  };
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(piece);
    bytes += piece.length;
    checkSize(path, bytes);
    for (const line of scanner.feed(piece)) look(line.bytes);
  }
  for (const line of scanner.end()) look(line.bytes);
  return { digest: hash.digest('hex'), bytes, lines, hasObject };
}

/** A file of JSON lines, uploaded as it is. Throws AppError `corpus-missing`, `corpus-unreadable`, `corpus-empty`. */
export async function openLinesFile(kind: CorpusKind, path: string): Promise<LocalCorpus> {
  const found = await statOf(path);
  if (!found.isFile())
    throw unreadable(path, `is no file; kind ${kind} reads a file of JSON lines`);
  checkSize(path, found.size);
  const scan = await reading(path, async () => {
    await checkFormat(path);
    return await scanLines(path);
  });
  if (scan.lines === 0) {
    throw new AppError('corpus-empty', `corpus ${quote(path)} holds no line; name another file`);
  }
  if (!scan.hasObject) {
    throw unreadable(path, 'has no line that is a JSON object; write one object per line');
  }
  const { digest, bytes } = scan;
  return {
    kind,
    name: basename(path),
    digest,
    bytes,
    body: () => reading(path, () => readFile(path)),
  };
}

/** Paths of the Python files of a folder, relative and with slashes. Hidden folders, caches and links are passed over. */
async function pythonFiles(root: string, below = ''): Promise<string[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    const isHidden = entry.name.startsWith('.') || entry.name === '__pycache__';
    if (entry.isDirectory() && !isHidden) found.push(...(await pythonFiles(root, path)));
    else if (entry.isFile() && entry.name.endsWith('.py')) found.push(path);
    if (found.length > FILES_MAX) {
      throw unreadable(root, `holds more than ${String(FILES_MAX)} Python files; name its parts`);
    }
  }
  return found;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function archiveLine(path: string, bytes: Buffer): Buffer {
  let entry: object;
  if (bytes.length > SOURCE_BYTES_MAX) entry = { path, bytes: bytes.length };
  else {
    try {
      entry = { path, text: strictUtf8.decode(bytes) };
    } catch {
      entry = { path, base64: bytes.toString('base64') };
    }
  }
  return Buffer.from(`${JSON.stringify(entry)}\n`, 'utf8');
}

/** The archive line by line: canonical, since paths are in UTF-8 order and a line says path and content only. */
async function* archiveOf(root: string, paths: readonly string[]): AsyncGenerator<Buffer> {
  for (const path of paths) {
    const file = join(root, path);
    const bytes = (await statOf(file)).size > SOURCE_BYTES_MAX ? null : await readFile(file);
    yield bytes === null
      ? Buffer.from(`${JSON.stringify({ path, bytes: (await statOf(file)).size })}\n`, 'utf8')
      : archiveLine(path, bytes);
  }
}

async function archiveBody(root: string, paths: readonly string[]): Promise<Uint8Array> {
  const lines: Buffer[] = [];
  for await (const line of archiveOf(root, paths)) lines.push(line);
  return Buffer.concat(lines);
}

/** A folder of Python files, or one of them, as an archive. Throws AppError `corpus-missing`, `-unreadable`, `-empty`. */
export async function openFolder(path: string): Promise<LocalCorpus> {
  const found = await statOf(path);
  const isFile = found.isFile();
  const root = isFile ? join(path, '..') : path;
  return await reading(path, async () => {
    const paths = isFile ? [basename(path)] : await pythonFiles(root);
    paths.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    if (paths.length === 0) {
      throw new AppError(
        'corpus-empty',
        `corpus ${quote(path)} holds no .py file; name another folder`,
      );
    }
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const line of archiveOf(root, paths)) {
      hash.update(line);
      bytes += line.length;
      checkSize(path, bytes);
    }
    const body = (): Promise<Uint8Array> => reading(path, () => archiveBody(root, paths));
    return { kind: 'files', name: basename(root), digest: hash.digest('hex'), bytes, body };
  });
}
