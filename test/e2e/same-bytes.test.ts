// Promise 2: the same corpus gives the same bytes, however the job is cut, ordered, scaled and whichever build of the
// image runs it; and a control shows that the comparison can fail.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../infra/dev/paths.ts';
import { cli, cliJson } from '../support/cli.ts';
import { dataDigests, setFolder } from '../support/data-objects.ts';
import { writeMixedCorpus } from '../support/mixed-corpus.ts';
import type { MixedCorpus } from '../support/mixed-corpus.ts';
import { testServices } from '../support/services.ts';

const SET = 'mixed@v1';
const REBUILT = 'tracemill-sandbox:e2e-rebuilt';
let folder = '';
let corpus: MixedCorpus;
/** Named in the configuration, so that all runs but one use this very build. */
let image = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-e2e-'));
  corpus = await writeMixedCorpus(folder);
  image = (await testServices()).services.sandboxImage.reference;
  execFileSync('cp', ['-r', join(projectRoot(), 'tracer'), folder]);
  await mkdir(join(folder, 'infra'));
  execFileSync('cp', ['-r', join(projectRoot(), 'infra', 'docker'), join(folder, 'infra')]);
});
afterAll(async () => {
  const { services } = await testServices();
  const docker = ['--host', `unix://${services.docker.socketPath}`];
  execFileSync('docker', [...docker, 'rmi', '--force', REBUILT], { stdio: 'pipe' });
  await rm(folder, { recursive: true });
});

interface Launched {
  readonly published: {
    readonly counts: Readonly<Record<string, number>>;
    readonly balance: readonly { readonly name: string; readonly holds: boolean }[];
  };
}

/** Runs the job in a bucket of its own, so that nothing of another run is found again. */
async function launch(bucket: string, env: Readonly<Record<string, string>>): Promise<Launched> {
  const given = {
    env: { TRACEMILL_SANDBOX_IMAGE: image, ...env, TRACEMILL_BUCKET: bucket },
  };
  return (await cliJson(['launch', corpus.spec, '--watch'], given)) as Launched;
}

const digestsOf = (bucket: string): Promise<Record<string, string>> =>
  dataDigests(setFolder(bucket, SET));

/**
 * Another image of the same sources: other layers and times, the same environment. Its recorder is compiled otherwise, so
 * that it takes another number of pages: builds with a profile may differ so by themselves.
 */
async function rebuiltImage(): Promise<string> {
  const { services } = await testServices();
  const docker = ['--host', `unix://${services.docker.socketPath}`, 'build', '--no-cache'];
  const text = await readFile(join(projectRoot(), 'infra', 'docker', 'sandbox.Dockerfile'), 'utf8');
  const other = text.replaceAll('--compiler "$CC"', '--compiler "$CC -O1"');
  expect(other).not.toBe(text);
  const dockerfile = join(folder, 'sandbox.Dockerfile');
  await writeFile(dockerfile, other);
  execFileSync(
    'docker',
    [...docker, '--network', 'host', '--file', dockerfile, '--tag', REBUILT, folder],
    { stdio: 'pipe' },
  );
  return REBUILT;
}

test('batch size, slots, order of dispatch and a rebuilt image change no byte of a data set', async () => {
  const first = await launch('calm', { TRACEMILL_BATCH_SIZE: '250', TRACEMILL_SLOTS: '1' });
  expect(first.published.balance.filter((equation) => !equation.holds)).toEqual([]);
  expect(first.published.counts).toMatchObject({
    recordsRead: corpus.records,
    invocationsFaulted: 0,
  });
  const calm = await digestsOf('calm');
  expect(Object.keys(calm).some((path) => path.startsWith('traces/'))).toBe(true);

  await launch('cut', {
    TRACEMILL_BATCH_SIZE: '17',
    TRACEMILL_SLOTS: '2',
    TRACEMILL_DISPATCH_SEED: '3',
  });
  expect(await digestsOf('cut')).toEqual(calm);

  await launch('rebuilt', {
    TRACEMILL_BATCH_SIZE: '17',
    TRACEMILL_SLOTS: '1',
    TRACEMILL_SANDBOX_IMAGE: await rebuiltImage(),
  });
  expect(await digestsOf('rebuilt')).toEqual(calm);
});

test('with address randomisation left on, the program made for it gives other bytes', async () => {
  await launch('random', { TRACEMILL_BATCH_SIZE: '250', TRACEMILL_ASLR: 'on' });
  expect(await digestsOf('random')).not.toEqual(await digestsOf('calm'));
});

test('verify passes, and names the object after one of its bytes was flipped', async () => {
  const env = { TRACEMILL_BUCKET: 'cut' };
  const whole = await cli(['verify', SET], { env });
  expect(whole.stderr + whole.stdout).toContain('is whole');
  expect(whole.code).toBe(0);
  const object = Object.keys(await digestsOf('cut')).find((path) => path.startsWith('traces/'));
  const path = join(setFolder('cut', SET), String(object));
  const bytes = await readFile(path);
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(path, bytes);
  const damaged = await cli(['verify', SET], { env });
  expect(damaged.code).toBe(1);
  expect(damaged.stdout).toContain(String(object));
});

test('launching the same spec on the same corpus again finds the same job and runs nothing', async () => {
  const again = (await cliJson(['launch', corpus.spec, '--watch'], {
    env: { TRACEMILL_BUCKET: 'calm', TRACEMILL_SANDBOX_IMAGE: image },
  })) as { readonly how: string };
  expect(again.how).toBe('found');
});
