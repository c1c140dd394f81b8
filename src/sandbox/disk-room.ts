// A full disk loses batches half done: a worker takes no new work where little room is left.
import { statfs } from 'node:fs/promises';
import { AppError } from '../errors.ts';

const MIB = 1024 * 1024;

/** A batch's parts, its logs and the layers of two containers are far below it. */
export const FREE_LEAST_BYTES = 1024 * MIB;

/** Throws AppError `service-not-available`, retryable, where the disk of `folder` has less than `leastBytes` free. */
export async function requireDiskRoom(
  folder: string,
  leastBytes: number = FREE_LEAST_BYTES,
): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes >= leastBytes) return;
  const [free, least] = [freeBytes, leastBytes].map((bytes) => String(Math.floor(bytes / MIB)));
  throw new AppError(
    'service-not-available',
    `the disk of ${JSON.stringify(folder)} has ${free ?? ''} MiB free, and no batch is begun below ${least ?? ''} MiB; make room`,
    { retryable: true, context: { folder, freeBytes, leastBytes } },
  );
}
