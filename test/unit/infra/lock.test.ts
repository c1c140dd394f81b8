// The lock between processes: one at a time, and a dead holder does not block for ever.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from '../../../infra/dev/lock.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-lock-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('works under one lock do not overlap, and nothing is left of it', async () => {
  const path = join(folder, 'a.lock');
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await sleep(20);
    inside -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock({ path, waitMs: 10_000 }, work)));
  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test('a lock whose holder died is taken over', async () => {
  const path = join(folder, 'a.lock');
  // Process 1 lives, but did not start at that time: the id was used again.
  await writeFile(path, JSON.stringify({ pid: 1, started: 'never' }));
  expect(await withLock({ path, waitMs: 5_000 }, () => Promise.resolve('done'))).toBe('done');
  expect(await readdir(folder)).toEqual([]);
});

test('a lock that is held for too long is a fault that names its holder', async () => {
  const path = join(folder, 'a.lock');
  const waiting = withLock({ path, waitMs: 5_000 }, () =>
    withLock({ path, waitMs: 50 }, () => Promise.resolve()),
  );
  await expect(waiting).rejects.toMatchObject({
    code: 'service-not-available',
    message: expect.stringContaining(`process ${String(process.pid)}`) as string,
  });
});

test('a lock is given back where the work fails', async () => {
  const path = join(folder, 'a.lock');
  const fail = withLock({ path, waitMs: 5_000 }, () => Promise.reject(new Error('no')));
  await expect(fail).rejects.toThrow('no');
  expect(await readdir(folder)).toEqual([]);
});
