// A corpus object while launch makes it: lines go to a file in order, and what is known of them is a digest and a length,
// so that memory does not grow with the corpus.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { CorpusKind } from '../contract/spec.ts';
import { unreadable } from './failure.ts';
import type { LocalCorpus } from './port.ts';

/** What S3 takes in one request. Larger corpora are several entries of the spec. */
export const CORPUS_BYTES_MAX = 5 * 1024 ** 3;
/** Lines are gathered to writes of about this size. */
const WRITE_BYTES = 1024 * 1024;

export function checkSize(shown: string, bytes: number): void {
  if (bytes <= CORPUS_BYTES_MAX) return;
  const max = String(CORPUS_BYTES_MAX / 1024 ** 3);
  throw unreadable(shown, `is larger than ${max} GiB; split it into several entries of corpus`);
}

let drafts = 0;

/** A place to come back to with `rollback`. */
export interface SpoolMark {
  readonly bytes: number;
  readonly lines: number;
  readonly hash: ReturnType<typeof createHash>;
}

export class Spool implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #shown: string;
  #hash = createHash('sha256');
  #bytes = 0;
  #lines = 0;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  private constructor(file: FileHandle, path: string, shown: string) {
    this.#file = file;
    this.#path = path;
    this.#shown = shown;
  }

  /** `shown` is the corpus as written, for messages. */
  static async create(folder: string, shown: string): Promise<Spool> {
    drafts += 1;
    const path = join(folder, `corpus-${String(drafts)}`);
    return new Spool(await open(path, 'wx', 0o600), path, shown);
  }

  get lines(): number {
    return this.#lines;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A value as one line. Throws AppError `corpus-unreadable` where the object becomes larger than it may be. */
  async append(value: object): Promise<void> {
    this.#lines += 1;
    await this.write(Buffer.from(`${JSON.stringify(value)}\n`, 'utf8'));
  }

  /** Bytes as they are. */
  async write(bytes: Buffer): Promise<void> {
    this.#bytes += bytes.length;
    checkSize(this.#shown, this.#bytes);
    this.#hash.update(bytes);
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= WRITE_BYTES) await this.#flush();
  }

  mark(): SpoolMark {
    return { bytes: this.#bytes, lines: this.#lines, hash: this.#hash.copy() };
  }

  /** Forgets what was written after the mark. */
  async rollback(mark: SpoolMark): Promise<void> {
    await this.#flush();
    await this.#file.truncate(mark.bytes);
    this.#bytes = mark.bytes;
    this.#lines = mark.lines;
    this.#hash = mark.hash.copy();
  }

  /** Closes the file; the corpus reads it. */
  async finish(kind: CorpusKind, name: string): Promise<LocalCorpus> {
    await this.#flush();
    await this.#file.close();
    const path = this.#path;
    return {
      kind,
      name,
      digest: this.#hash.digest('hex'),
      bytes: this.#bytes,
      open: () => createReadStream(path),
    };
  }

  /** For a draft that is given up; after `finish` it does nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    // After a rollback the file is shorter than where its handle stands.
    if (bytes.length > 0) await writeAll(this.#file, bytes, this.#bytes - bytes.length);
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}
