// The kernel ends processes for memory: in a sandbox that something else has filled, and under a program that takes
// shared pages, which no limit of a process counts.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { dataDigests } from '../support/data-objects.ts';
import { Row, eventually, openRig } from './rig.ts';
import type { Rig } from './rig.ts';
import { onSandboxes } from './scenes.ts';

const HOG = fileURLToPath(new URL('../support/memory-hog.mjs', import.meta.url));

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});

/** Fills the sandbox of a worker before the job, and to the last byte while a function runs in it. */
async function survivesShortage(
  name: string,
  until: 'kill' | 'gone',
  check: (kills: number, isGone: () => Promise<boolean>) => unknown,
): Promise<void> {
  await onSandboxes(rig, name, async (row, relay) => {
    const sandbox = (await relay.living()).find((one) => one.includes('-trace-')) ?? '';
    const pid = (await relay.docker('inspect', '--format', '{{.State.Pid}}', sandbox)).trim();
    const hog = fork(HOG, [pid, until]);
    const left = once(hog, 'exit').then((how) => [`it left without a word: ${how.join(' ')}`]);
    const told = async (): Promise<unknown> =>
      ((await Promise.race([once(hog, 'message'), left])) as [unknown])[0];
    expect(await told()).toEqual({ near: true });
    await row.launch();
    await row.begun('trace');
    hog.send('take the rest');
    const end = await told();
    hog.disconnect();
    expect(end).toEqual({ kills: expect.any(Number) as number });
    const { kills } = end as { readonly kills: number };
    await check(kills, async () => !(await relay.living()).includes(sandbox));
  });
}

test('a child that the kernel ends for what others took in its sandbox costs no byte', async () => {
  await survivesShortage('child-oom', 'kill', async (kills, isGone) => {
    expect([kills, await isGone()]).toEqual([1, false]);
  });
});

test('a sandbox whose first process the kernel ends for memory costs no byte', async () => {
  await survivesShortage('sandbox-oom', 'gone', async (kills, isGone) => {
    expect(kills).toBeGreaterThanOrEqual(1);
    await eventually(async () => ((await isGone()) ? true : null));
  });
});

const HOG_SOURCE = [
  'import mmap',
  '',
  'def hog(mebibytes):',
  '    pages = mmap.mmap(-1, mebibytes << 20)',
  '    block = b"m" * (1 << 20)',
  '    for at in range(mebibytes):',
  '        pages[at << 20 : (at + 1) << 20] = block',
  '    return at',
  '',
].join('\n');
const HOG_CORPUS = [
  { source: HOG_SOURCE, entry: 'hog', calls: ['hog(8000)', 'hog(3)'] },
  { source: 'def beside(n):\n    return [n] * n\n', entry: 'beside', calls: ['beside(3)'] },
];

/** A job over the hog and its neighbour, in batches of that many functions. */
async function hogJob(spec: string, batchSize: number) {
  await using row = await Row.open({ ...rig, spec }, `hog-${String(batchSize)}`);
  await row.worker({ TRACEMILL_BATCH_SIZE: String(batchSize) });
  await row.launch();
  expect(await row.ended()).toEqual({ state: 'COMPLETED', code: null, message: null });
  const traced = (await row.acknowledged()).filter(({ input }) => input.pass === 'trace');
  const sum = (name: string): number =>
    traced.reduce((total, { result }) => total + (result.counts[name] ?? 0), 0);
  return {
    digests: await dataDigests(row.setFolder),
    ...{ exceeded: sum('memory-exceeded'), returned: sum('returned') },
  };
}

test('a program that the kernel ends for memory has the same row in every job, and harms no neighbour', async () => {
  const folder = join(rig.config.home, 'chaos');
  const lines = HOG_CORPUS.map((record) => JSON.stringify(record));
  await writeFile(join(folder, 'hog.jsonl'), `${lines.join('\n')}\n`);
  const spec = join(folder, 'hog.yaml');
  const corpus = 'corpus: [{ kind: jsonl, at: hog.jsonl }]';
  await writeFile(spec, `specVersion: 1\nname: hog\n${corpus}\noutput: { set: mixed@v1 }\n`);
  const single = await hogJob(spec, 1);
  expect(single).toMatchObject({ exceeded: 1, returned: 2 });
  expect(await hogJob(spec, 2)).toEqual(single);
});
