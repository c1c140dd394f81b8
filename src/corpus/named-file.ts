// A file of text that a user named.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';

/** `what`: the noun for messages; `named` is as it was written, relative to `folder`. Throws AppError `usage` where it cannot be read. */
export async function readNamedFile(what: string, named: string, folder: string): Promise<string> {
  try {
    return await readFile(resolve(folder, named), 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    const why = code === 'ENOENT' ? 'is not there; check the path' : `cannot be read (${code})`;
    throw new AppError('usage', `${what} ${JSON.stringify(named)} ${why}`, { cause });
  }
}
