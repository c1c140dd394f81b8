// The members of a wheel or an sdist, read as a stream and never written anywhere: an archive's names lead to no file of
// this machine. What breaks a bound refuses the archive. The only importer of yauzl and tar.
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createGunzip } from 'node:zlib';
import { Parser } from 'tar';
import type { ReadEntry } from 'tar';
import { openPromise } from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';
import { AppError, isAppError } from '../../errors.ts';
import { SOURCE_BYTES_MAX } from '../../schema/spec-shape.ts';

export interface ArchiveBounds {
  readonly members: number;
  /** What may be decompressed of one archive. */
  readonly unpackedBytes: number;
}

/** Ten times what the largest pure packages have. */
export const ARCHIVE_BOUNDS: ArchiveBounds = { members: 200_000, unpackedBytes: 1024 ** 3 };
/** Read whole where it is wanted; longer ones are known by their size. */
export const MEMBER_BYTES_MAX = SOURCE_BYTES_MAX;
const NAME_CHARACTERS_MAX = 1_000;
/** Far above what the bounds allow on a slow machine. */
const ARCHIVE_MS = 10 * 60_000;

export interface Member {
  /** With slashes, inside the archive. */
  readonly path: string;
  readonly bytes: number;
  /** Null where it is longer than MEMBER_BYTES_MAX. */
  readonly content: Buffer | null;
}

/** An archive that breaks a bound or is damaged; says why. */
export class ArchiveRefusal extends Error {
  constructor(why: string, cause?: unknown) {
    super(why, { cause });
    this.name = 'ArchiveRefusal';
  }
}

/** The name without what changes nothing in it (`./`, `//`): some tools begin each with `./`. */
function insideName(path: string): string {
  const parts = path.split('/');
  const isInside =
    path.length <= NAME_CHARACTERS_MAX &&
    !path.startsWith('/') &&
    !/[\0\\]|^[A-Za-z]:/.test(path) &&
    !parts.includes('..');
  if (!isInside) throw new ArchiveRefusal('it names a file outside itself');
  return parts.filter((part) => part !== '' && part !== '.').join('/');
}

/** Counts of one archive. */
class Bounds {
  #members = 0;
  #bytes = 0;
  readonly #endsAt = performance.now() + ARCHIVE_MS;
  readonly #file: string;
  readonly #max: ArchiveBounds;

  constructor(path: string, max: ArchiveBounds) {
    this.#file = basename(path);
    this.#max = max;
  }

  /** The name of one more, as it is inside. */
  member(path: string): string {
    this.#members += 1;
    if (this.#members > this.#max.members) {
      throw new ArchiveRefusal(`it has more than ${String(this.#max.members)} members`);
    }
    return insideName(path);
  }

  unpacked(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#max.unpackedBytes) {
      throw new ArchiveRefusal(`it unpacks to more than ${String(this.#max.unpackedBytes)} bytes`);
    }
    if (performance.now() <= this.#endsAt) return;
    // No verdict on the archive: another machine would have read it.
    throw new AppError(
      'corpus-unreadable',
      `archive ${this.#file} takes longer than 10 min to read`,
    );
  }
}

export type ArchiveForm = 'zip' | 'tar';

/** By the end of its name; null for what is not read. */
export function formOf(filename: string): ArchiveForm | null {
  if (/\.(?:whl|zip)$/i.test(filename)) return 'zip';
  return /\.(?:tar\.gz|tgz)$/i.test(filename) ? 'tar' : null;
}

async function zipContent(zip: ZipFile, entry: Entry, bounds: Bounds): Promise<Buffer | null> {
  if (entry.uncompressedSize > MEMBER_BYTES_MAX) return null;
  if (entry.isEncrypted() || !entry.canDecodeFileData()) {
    throw new ArchiveRefusal('it is encrypted or compressed in another way than zip archives are');
  }
  const pieces: Buffer[] = [];
  // yauzl ends a member that unpacks to more than its head says.
  for await (const piece of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
    bounds.unpacked(piece.length);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function* zipMembers(
  path: string,
  wants: (member: string) => boolean,
  bounds: Bounds,
): AsyncGenerator<Member> {
  // Names are checked here; autoClose would close before the last member is read.
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      const name = bounds.member(entry.fileName);
      if (entry.fileName.endsWith('/') || !wants(name)) continue;
      const content = await zipContent(zip, entry, bounds);
      yield { path: name, bytes: entry.uncompressedSize, content };
    }
  } finally {
    zip.close();
  }
}

/** Bytes of the tar inside, counted as they come out. */
async function* untarred(path: string, bounds: Bounds): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  const gunzip = createGunzip();
  file.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const piece of file.pipe(gunzip) as AsyncIterable<Buffer>) {
      bounds.unpacked(piece.length);
      yield piece;
    }
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}

/** What the parser warns of that is no mere oddity. */
const DAMAGE: ReadonlySet<string> = new Set([
  'TAR_ABORT',
  'TAR_BAD_ARCHIVE',
  'TAR_ENTRY_ERROR',
  'TAR_ENTRY_INVALID',
]);
/** The parser would decompress what begins so once more, out of our sight. */
const PACKED_AGAIN = [Buffer.from([0x1f, 0x8b]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd])];

/** An event's listener may not throw: it keeps what it would throw. */
function refusalOf(work: () => void): Error | null {
  try {
    work();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Plain files of a tar; links, devices and folders hold nothing to read. */
class TarMembers {
  readonly #ready: Member[] = [];
  readonly #parser: Parser;
  #failure: Error | null = null;

  constructor(wants: (member: string) => boolean, bounds: Bounds) {
    this.#parser = new Parser({ maxMetaEntrySize: 64 * 1024 });
    this.#parser.on('error', (error: Error) => (this.#failure ??= error));
    this.#parser.on('warn', (code: string) => {
      if (DAMAGE.has(code)) this.#failure ??= new ArchiveRefusal('it is damaged');
    });
    this.#parser.on('entry', (entry: ReadEntry) => {
      let name = '';
      this.#failure ??= refusalOf(() => {
        name = bounds.member(entry.path);
      });
      const isFile = entry.type === 'File' || entry.type === 'OldFile';
      if (this.#failure === null && isFile && wants(name)) this.#collect(entry, name);
      else entry.resume();
    });
  }

  #collect(entry: ReadEntry, path: string): void {
    const bytes = entry.size;
    if (bytes > MEMBER_BYTES_MAX) {
      this.#ready.push({ path, bytes, content: null });
      entry.resume();
      return;
    }
    const pieces: Buffer[] = [];
    entry.on('data', (piece: Buffer) => pieces.push(Buffer.from(piece)));
    entry.on('end', () => this.#ready.push({ path, bytes, content: Buffer.concat(pieces) }));
  }

  feed(piece: Buffer): Member[] {
    this.#parser.write(piece);
    return this.#take();
  }

  end(): Member[] {
    this.#parser.end();
    return this.#take();
  }

  #take(): Member[] {
    if (this.#failure !== null) throw this.#failure;
    return this.#ready.splice(0);
  }
}

async function* tarMembers(
  path: string,
  wants: (member: string) => boolean,
  bounds: Bounds,
): AsyncGenerator<Member> {
  const members = new TarMembers(wants, bounds);
  let isFirst = true;
  for await (const piece of untarred(path, bounds)) {
    if (isFirst && PACKED_AGAIN.some((magic) => piece.subarray(0, magic.length).equals(magic))) {
      throw new ArchiveRefusal('it holds no tar');
    }
    isFirst = false;
    yield* members.feed(piece);
  }
  yield* members.end();
}

export interface ArchiveFile {
  readonly path: string;
  readonly form: ArchiveForm;
}

/** The members that are wanted, in the archive's own order. Throws ArchiveRefusal. */
export async function* membersOf(
  { path, form }: ArchiveFile,
  wants: (member: string) => boolean,
  max: ArchiveBounds = ARCHIVE_BOUNDS,
): AsyncGenerator<Member> {
  const bounds = new Bounds(path, max);
  const members =
    form === 'zip' ? zipMembers(path, wants, bounds) : tarMembers(path, wants, bounds);
  try {
    yield* members;
  } catch (cause) {
    if (cause instanceof ArchiveRefusal || isAppError(cause)) throw cause;
    throw new ArchiveRefusal('it is damaged', cause);
  }
}
