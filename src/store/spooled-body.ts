// A body whose size and digest are known only once it was made: it lies in a file of its own until it was sent, so that memory
// stays flat.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StreamBody } from './object-store.ts';

export type Made = Pick<StreamBody, 'bytes' | 'digest'>;

/** Creates the file. */
export async function writePieces(path: string, pieces: AsyncIterable<Uint8Array>): Promise<Made> {
  const sha = createHash('sha256');
  let bytes = 0;
  const handle = await open(path, 'wx');
  try {
    for await (const piece of pieces) {
      sha.update(piece);
      bytes += piece.length;
      await handle.writeFile(piece);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { bytes, digest: sha.digest('hex') };
}

/** The file is removed once `use` has settled. */
export async function withSpooled<T>(
  pieces: AsyncIterable<Uint8Array>,
  use: (body: StreamBody) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tracemill-spool-'));
  try {
    const path = join(folder, 'body');
    const made = await writePieces(path, pieces);
    return await use({ ...made, open: () => createReadStream(path) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
