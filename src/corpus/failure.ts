// What is said of a corpus that cannot be read as a whole. Problems of one record never come here.
import { AppError, isAppError } from '../errors.ts';

export const quote = (path: string): string => JSON.stringify(path);

export function unreadable(shown: string, why: string, cause?: unknown): AppError {
  return new AppError('corpus-unreadable', `corpus ${quote(shown)} ${why}`, { cause });
}

export function missing(shown: string, cause?: unknown): AppError {
  return new AppError(
    'corpus-missing',
    `corpus ${quote(shown)} is not there; check the path (in a spec it is relative to the spec file)`,
    { cause },
  );
}

export function empty(shown: string, why: string): AppError {
  return new AppError('corpus-empty', `corpus ${quote(shown)} ${why}`);
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}

/** Runs file operations on a corpus; what the system refuses becomes AppError `corpus-missing` or `-unreadable`. */
export async function reading<T>(shown: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (isAppError(cause)) throw cause;
    const code = codeOf(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw missing(shown, cause);
    if (code === 'ENOSPC') throw unreadable(shown, 'does not fit on the disk of the cache', cause);
    if (code === 'unknown') throw unreadable(shown, `cannot be read: ${String(cause)}`, cause);
    throw unreadable(shown, `cannot be read (${code}); check its permissions`, cause);
  }
}
