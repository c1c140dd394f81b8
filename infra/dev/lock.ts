// One at a time between processes: a file that names its holder. A holder that died is found by id and start time.
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../src/errors.ts';
import { isAlive, markOf } from './processes.ts';
import type { ProcessMark } from './processes.ts';

export interface LockOptions {
  readonly path: string;
  readonly waitMs: number;
  /** Called once where another process holds it. */
  readonly onWait?: (pid: number) => void;
}

const POLL_MS = 100;

async function tryTake(path: string, text: string): Promise<boolean> {
  try {
    await using file = await open(path, 'wx', 0o600);
    await file.writeFile(text);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Null where the file is gone, or where its holder has not written it yet. */
async function readHolder(path: string): Promise<{ text: string; mark: ProcessMark } | null> {
  try {
    const text = await readFile(path, 'utf8');
    const value = JSON.parse(text) as Partial<ProcessMark> | null;
    if (typeof value?.pid !== 'number' || typeof value.started !== 'string') return null;
    return { text, mark: { pid: value.pid, started: value.started } };
  } catch {
    return null;
  }
}

/** Moves a dead holder's file away; puts it back where another process took the lock in between. */
async function clearDead(path: string, deadText: string): Promise<void> {
  const aside = `${path}.${String(process.pid)}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, 'utf8')) !== deadText) await link(aside, path);
  } catch {
    // Another process cleared it first.
  } finally {
    await rm(aside, { force: true });
  }
}

/** Throws AppError `service-not-available` where the lock was not to be had in `waitMs`. */
export async function withLock<T>(options: LockOptions, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(options.path), { recursive: true });
  const own = JSON.stringify(await markOf(process.pid));
  const deadline = Date.now() + options.waitMs;
  let told = false;
  while (!(await tryTake(options.path, own))) {
    const holder = await readHolder(options.path);
    if (holder !== null && !(await isAlive(holder.mark))) {
      await clearDead(options.path, holder.text);
      continue;
    }
    if (Date.now() >= deadline) {
      const who = holder === null ? 'an unknown process' : `process ${String(holder.mark.pid)}`;
      throw new AppError(
        'service-not-available',
        `${who} has held ${JSON.stringify(options.path)} for too long; end it or remove the file`,
      );
    }
    if (!told && holder !== null) options.onWait?.(holder.mark.pid);
    told ||= holder !== null;
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await rm(options.path, { force: true });
  }
}
