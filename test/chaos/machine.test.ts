// The machine itself runs short: a full disk under the store, no descriptors left in a worker, a process that stands still.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { stopServices } from '../../infra/dev/down.ts';
import { ensureServices } from '../../infra/dev/services.ts';
import { loadConfig } from '../../src/config/load.ts';
import { testLog } from '../support/services.ts';
import { Row, openRig, signal } from './rig.ts';
import type { Rig, WorkerProcess } from './rig.ts';
import { writesTrace } from './rules.ts';

const run = promisify(execFile);

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});

/** Services of their own over a store folder of 64 MiB; needs root. */
async function onSmallDisk(work: (small: Rig, disk: string) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'tracemill-small-'));
  const disk = join(home, 's3');
  await mkdir(disk);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=0700', 'tmpfs', disk]);
  const config = loadConfig({ ...process.env, TRACEMILL_HOME: home });
  try {
    const services = await ensureServices(config, testLog());
    await work({ ...rig, config, services }, disk);
  } finally {
    await stopServices(config, testLog());
    await run('umount', [disk]);
    await rm(home, { recursive: true });
  }
}

/** Takes what is left of the disk; the file is removed to give it back. */
async function fill(disk: string): Promise<string> {
  const path = join(disk, 'filler');
  const file = await open(path, 'w');
  try {
    for (const size of [1024 * 1024, 4096]) {
      const block = Buffer.alloc(size);
      for (;;) {
        const { bytesWritten } = await file.write(block);
        if (bytesWritten < size) break;
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await file.close();
  }
  return path;
}

/** Makes trouble at the first write of a sealed trace object; `came` tells that it is there, or why it is not. */
async function atFirstSeal(row: Row, trouble: () => Promise<unknown>) {
  const begun = signal();
  let made: Promise<unknown> = Promise.resolve();
  const run = async (): Promise<'pass'> => {
    made = trouble();
    begun.give();
    await made;
    return 'pass';
  };
  const proxy = await row.proxy([{ when: writesTrace, times: 1, fault: { kind: 'before', run } }]);
  return { proxy, came: begun.came.then(() => made) };
}

test('a full disk under the store stops a job for as long as it is full', async () => {
  await onSmallDisk(async (small, disk) => {
    await using row = await Row.open(small, 'disk');
    const { proxy, came } = await atFirstSeal(row, () => fill(disk));
    await row.worker({ TRACEMILL_S3_ENDPOINT: proxy.endpoint });
    await row.launch();
    await came;
    await sleep(8_000);
    await rm(join(disk, 'filler'));
    await row.expectCalm();
    const attempts = (await row.acknowledged()).map(({ attempt }) => attempt);
    expect(Math.max(...attempts)).toBeGreaterThan(1);
  });
});

test('a worker without a free descriptor for ten seconds costs no byte', async () => {
  await using row = await Row.open(rig, 'descriptors');
  let worker: WorkerProcess | null = null;
  const limit = (count: string): Promise<unknown> =>
    run('prlimit', ['--pid', String(worker?.pid), `--nofile=${count}:`]);
  const { proxy, came } = await atFirstSeal(row, async () => {
    const used = await readdir(`/proc/${String(worker?.pid)}/fd`);
    await limit(String(used.length));
    proxy.closeIdle();
  });
  // The virtual machines of workflows abort their process where they get no descriptor: those are another worker's.
  await row.worker({}, 'job,refine');
  worker = await row.worker({ TRACEMILL_S3_ENDPOINT: proxy.endpoint }, 'trace');
  await row.launch();
  await came;
  await sleep(10_000);
  await limit('1024');
  await row.expectCalm();
  expect(worker.isAlive).toBe(true);
});

test('a worker that stands still for eight seconds costs no byte and no attempt', async () => {
  await using row = await Row.open(rig, 'still');
  let worker: WorkerProcess | null = null;
  const { proxy, came } = await atFirstSeal(row, () => {
    worker?.freeze();
    return Promise.resolve();
  });
  worker = await row.worker({ TRACEMILL_S3_ENDPOINT: proxy.endpoint });
  await row.launch();
  await came;
  await sleep(8_000);
  worker.thaw();
  await row.expectCalm();
  const attempts = (await row.acknowledged()).map(({ attempt }) => attempt);
  expect(Math.max(...attempts)).toBe(1);
});

test('a clock that jumps an hour ahead, and then two hours back, costs no byte and no attempt', async () => {
  await using row = await Row.open(rig, 'clock');
  const folder = await mkdtemp(join(tmpdir(), 'tracemill-clock-'));
  const file = join(folder, 'offset');
  const turn = (hours: number): Promise<void> => writeFile(file, String(hours * 3_600_000));
  await turn(0);
  const { proxy, came } = await atFirstSeal(row, () => turn(1));
  await row.worker({
    TRACEMILL_S3_ENDPOINT: proxy.endpoint,
    TEST_CLOCK_FILE: file,
    NODE_OPTIONS: `--import ${fileURLToPath(new URL('../support/clock-jump.mjs', import.meta.url))}`,
  });
  await row.launch();
  await came;
  await sleep(2_000);
  await turn(-1);
  await row.expectCalm();
  const attempts = (await row.acknowledged()).map(({ attempt }) => attempt);
  expect(Math.max(...attempts)).toBe(1);
  // Requests of both times were sent, or the row has shown nothing.
  const skews = proxy.seen.map(({ signedAtMs }) => signedAtMs - Date.now());
  expect(Math.max(...skews)).toBeGreaterThan(50 * 60_000);
  expect(Math.min(...skews)).toBeLessThan(-50 * 60_000);
  await rm(folder, { recursive: true });
});
