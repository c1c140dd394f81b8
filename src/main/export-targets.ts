// Where a set is exported to: a folder of this machine, or a prefix of a bucket.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { sha256 } from '../identity/digest.ts';
import { exportConflict } from '../store/export-set.ts';
import type { ExportFile, ExportTarget, ExportedFile } from '../store/export-set.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { withSpooled, writePieces } from '../store/spooled-body.ts';
import type { Made } from '../store/spooled-body.ts';

/** Null where there is no such file. */
async function digestOfFile(path: string): Promise<string | null> {
  const sha = createHash('sha256');
  try {
    for await (const piece of createReadStream(path)) sha.update(piece as Buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return sha.digest('hex');
}

/** A file has its name only when it is whole: it is written beside, and then linked, which replaces nothing. */
async function intoFolder(folder: string, file: ExportFile): Promise<ExportedFile> {
  const path = join(folder, file.name);
  const there = await digestOfFile(path);
  if (there !== null && file.known !== null) {
    if (there !== file.known.digest) throw exportConflict(path);
    return { name: file.name, ...file.known, how: 'there' };
  }
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.part`;
  try {
    const made = await writePieces(draft, file.open());
    try {
      await link(draft, path);
      return { name: file.name, ...made, how: 'written' };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if ((await digestOfFile(path)) !== made.digest) throw exportConflict(path);
      return { name: file.name, ...made, how: 'there' };
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Throws AppError `usage` where the folder cannot be written. */
export function folderTarget(folder: string): ExportTarget {
  const root = resolve(folder);
  return {
    put: async (file) => {
      try {
        return await intoFolder(root, file);
      } catch (cause) {
        const code = (cause as NodeJS.ErrnoException).code ?? '';
        if (!/^E[A-Z]+$/.test(code)) throw cause;
        throw new AppError(
          'usage',
          `folder ${JSON.stringify(folder)} cannot be written (${code})`,
          {
            cause,
          },
        );
      }
    },
  };
}

async function intoBucket(
  store: ObjectStore,
  key: string,
  file: ExportFile & { readonly known: Made },
): Promise<ExportedFile> {
  const { bytes, digest } = file.known;
  const put = await store.putStreamIfAbsent(key, { bytes, digest, open: () => file.open() });
  if (put.kind === 'present') {
    const there = put.digest ?? sha256(await store.get(key));
    if (there !== digest) throw exportConflict(`s3://${store.bucket}/${key}`);
  }
  return { name: file.name, bytes, digest, how: put.kind === 'created' ? 'written' : 'there' };
}

/** What is made on the way is spooled first: a store is told size and digest before the body. */
export function bucketTarget(store: ObjectStore, prefix: string): ExportTarget {
  return {
    put: async (file) => {
      const key = `${prefix}${file.name}`;
      if (file.known !== null) return await intoBucket(store, key, { ...file, known: file.known });
      return await withSpooled(file.open(), (body) =>
        intoBucket(store, key, { name: file.name, known: body, open: () => body.open() }),
      );
    },
  };
}
