// What a launch lends to the readers of corpora: a spool of its own that goes with it, and the adapters that they may not
// import.
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/load.ts';
import type { BucketReader, LaunchTools } from '../corpus/port.ts';
import { openRowFile } from '../store/row-file.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Spools of launches that were killed: their names begin with the number of their process. */
async function removeDead(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number.parseInt(name, 10);
    if (!Number.isNaN(pid) && !isAlive(pid)) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

/** Runs `work` with tools whose spool is removed when it ends, however it ends. */
export async function withLaunchTools<T>(
  config: Config,
  openBucket: (name: string) => Promise<BucketReader>,
  work: (tools: LaunchTools) => Promise<T>,
): Promise<T> {
  const spools = join(config.cache, 'spool');
  await mkdir(spools, { recursive: true, mode: 0o700 });
  await removeDead(spools);
  const spool = await mkdtemp(join(spools, `${String(process.pid)}-`));
  try {
    return await work({
      spool,
      packageIndex: { ...config.packageIndex, cache: join(config.cache, 'packages') },
      openParquet: openRowFile,
      openBucket,
    });
  } finally {
    await rm(spool, { recursive: true, force: true });
  }
}
