// The files of a published set as they lie in the folder of the S3 server.
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';

/** Folder of `name@version` in a bucket of this run of tests. */
export function setFolder(bucket: string, set: string): string {
  const [name = '', version = ''] = set.split('@');
  return join(inject('tracemillHome'), 's3', bucket, 'sets', name, version);
}

/** SHA-256 by path of every file but the manifest: what must not depend on how a job was run. */
export async function dataDigests(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const digests: [string, string][] = [];
  for (const entry of entries) {
    if (!entry.isFile() || entry.name === 'manifest.json') continue;
    const path = join(entry.parentPath, entry.name);
    const digest = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    digests.push([path.slice(folder.length + 1), digest]);
  }
  return Object.fromEntries(digests.sort(([a], [b]) => (a < b ? -1 : 1)));
}
