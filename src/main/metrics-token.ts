// The token of a worker's metrics where the configuration names none: made once for a home folder, for its owner only.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const TOKEN_BYTES = 24;

export async function metricsToken(home: string): Promise<string> {
  const path = join(home, 'metrics.token');
  await mkdir(home, { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, randomBytes(TOKEN_BYTES).toString('base64url'), {
      mode: 0o600,
      flag: 'wx',
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return (await readFile(path, 'utf8')).trim();
}
