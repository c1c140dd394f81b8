// What a file of rows really is, by its first bytes, and its bytes without their compression. The only importer of fzstd;
// Node's own zstd is used where this Node has one.
import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { readHead } from './head.ts';
import { unreadable } from './failure.ts';

export type StreamFormat = 'plain' | 'gzip' | 'zstd' | 'parquet';

const FORMATS: readonly { readonly magic: readonly number[]; readonly format: StreamFormat }[] = [
  { magic: [0x1f, 0x8b], format: 'gzip' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], format: 'zstd' },
  { magic: [0x50, 0x41, 0x52, 0x31], format: 'parquet' },
];

/** First bytes of formats that people take for JSON Lines by mistake. */
const OTHERS: readonly { readonly magic: readonly number[]; readonly advice: string }[] = [
  { magic: [0x50, 0x4b, 0x03, 0x04], advice: 'is a zip archive; unpack it first' },
  { magic: [0x42, 0x5a, 0x68], advice: 'is compressed with bzip2; use gzip or zstd' },
  { magic: [0xfd, 0x37, 0x7a, 0x58], advice: 'is compressed with xz; use gzip or zstd' },
  { magic: [0xff, 0xfe], advice: 'is UTF-16; write it as UTF-8' },
  { magic: [0xfe, 0xff], advice: 'is UTF-16; write it as UTF-8' },
];
const HEAD_BYTES = 18;

/** What zstd's own program allows without being asked: a larger window would be held in memory. */
const WINDOW_LOG_MAX = 27;

const begins = (head: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((byte, at) => head[at] === byte);

/** Throws AppError `corpus-unreadable` for what is known to be something else. */
export async function formatOf(path: string, shown: string): Promise<StreamFormat> {
  const head = await readHead(path, HEAD_BYTES);
  const other = OTHERS.find(({ magic }) => begins(head, magic));
  if (other !== undefined) throw unreadable(shown, other.advice);
  const format = FORMATS.find(({ magic }) => begins(head, magic))?.format ?? 'plain';
  if (format === 'zstd' && windowOf(head) > 2 ** WINDOW_LOG_MAX) {
    throw unreadable(
      shown,
      'needs more than 128 MiB to be decompressed; compress it without --long',
    );
  }
  return format;
}

/** Window of the first frame in bytes (RFC 8878 §3.1.1.1). */
function windowOf(head: Buffer): number {
  const descriptor = head[4] ?? 0;
  const isSingle = (descriptor & 0x20) !== 0;
  if (!isSingle) {
    const log = 10 + ((head[5] ?? 0) >> 3);
    return 2 ** log + 2 ** (log - 3) * ((head[5] ?? 0) & 7);
  }
  const at = 5 + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const size = [1, 2, 4, 8][descriptor >> 6] ?? 1;
  if (at + size > head.length) return 0;
  return size === 8 ? Number(head.readBigUInt64LE(at)) : head.readUIntLE(at, size);
}

/** zstd in JavaScript, for a Node without it: a frame that ends early is an error, as with zlib. */
class ZstdStream extends Transform {
  readonly #decoder = new Decompress((piece) => {
    // The decoder goes on writing to its own buffer.
    if (piece.length > 0) this.push(Buffer.from(piece));
  });

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    this.#step(done, () => {
      this.#decoder.push(chunk);
    });
  }

  override _flush(done: TransformCallback): void {
    this.#step(done, () => {
      this.#decoder.push(new Uint8Array(0), true);
    });
  }

  #step(done: TransformCallback, work: () => void): void {
    try {
      work();
      done();
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

type MakeZstd = (options: { readonly params: Readonly<Record<number, number>> }) => Transform;

function zstdStream(): Transform {
  const own = (zlib as { readonly createZstdDecompress?: MakeZstd }).createZstdDecompress;
  const name = (zlib.constants as Readonly<Record<string, number>>)['ZSTD_d_windowLogMax'];
  if (own === undefined || name === undefined) return new ZstdStream();
  return own({ params: { [name]: WINDOW_LOG_MAX } });
}

/** The bytes of a file that is no Parquet, decompressed. Throws AppError `corpus-unreadable` where they are damaged. */
export async function* plainBytes(
  path: string,
  format: Exclude<StreamFormat, 'parquet'>,
  shown: string,
): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  if (format === 'plain') {
    yield* file as AsyncIterable<Buffer>;
    return;
  }
  const decoder = format === 'gzip' ? zlib.createGunzip() : zstdStream();
  file.on('error', (error) => decoder.destroy(error));
  try {
    yield* file.pipe(decoder) as AsyncIterable<Buffer>;
  } catch (cause) {
    throw unreadable(shown, `is damaged: its ${format} data does not decompress`, cause);
  } finally {
    file.destroy();
  }
}
