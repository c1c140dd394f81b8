// Images between a real Docker Engine and a real bucket: what is loaded is what was stored, and nothing else is.
import { randomBytes, randomUUID } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { engineImages } from '../../../infra/dev/engine-images.ts';
import type { Services } from '../../../src/config/services.ts';
import { imageKey } from '../../../src/core/keys.ts';
import { S3Store } from '../../../src/store/s3.ts';
import { loadImage, storeImage } from '../../../src/store/stored-image.ts';
import { cli, cliJson } from '../../support/cli.ts';
import { dockerCommandAt, hasImage } from '../../support/docker-command.ts';
import type { DockerCommand } from '../../support/docker-command.ts';
import { testServices } from '../../support/services.ts';

const BUCKET = `images-${randomUUID()}`;
const MIB = 1024 * 1024;
/** Many times what a stream may hold. */
const LARGE_BYTES = 192 * MIB;
const HELD_BYTES_MAX = 96 * MIB;

let services: Services;
let store: S3Store;
let folder: string;
let docker: DockerCommand;
const made = new Set<string>();

const isThere = (id: string): boolean => hasImage(docker, id);

/** Of one file, on nothing or on another image; its id. */
function build(dockerfile: string): string {
  const id = docker('build', '--quiet', '--file', dockerfile, folder);
  made.add(id);
  return id;
}

async function buildOf(file: string, content: Uint8Array): Promise<string> {
  await writeFile(join(folder, file), content);
  const dockerfile = join(folder, `${file}.Dockerfile`);
  await writeFile(dockerfile, `FROM scratch\nCOPY ${file} /${file}\n`);
  return build(dockerfile);
}

beforeAll(async () => {
  ({ services } = await testServices());
  docker = dockerCommandAt(services.docker.socketPath);
  store = new S3Store({ ...services.s3, bucket: BUCKET });
  await store.ensureBucket();
  folder = await mkdtemp(join(tmpdir(), 'tracemill-images-'));
});

afterAll(async () => {
  for (const id of made) if (isThere(id)) docker('image', 'rm', '--force', id);
  store[Symbol.dispose]();
  await rm(folder, { recursive: true, force: true });
});

it('an image goes to the bucket and comes back under its own id, without being held', async () => {
  const engine = await engineImages(services.docker.socketPath);
  const id = await buildOf('large', randomBytes(LARGE_BYTES));
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  try {
    expect(await storeImage(store, engine, id)).toMatchObject({ id, how: 'written' });
    docker('image', 'rm', '--force', id);
    expect(isThere(id)).toBe(false);
    expect(await loadImage(store, engine, id)).toBe('loaded');
  } finally {
    clearInterval(watch);
  }
  expect(isThere(id)).toBe(true);
  expect(await storeImage(store, engine, id)).toMatchObject({ how: 'there' });
  expect(await loadImage(store, engine, id)).toBe('there');
  expect(peak - before).toBeLessThan(HELD_BYTES_MAX);
});

it('an archive that was changed in the bucket is not loaded', async () => {
  const engine = await engineImages(services.docker.socketPath);
  const id = await buildOf('small', randomBytes(MIB));
  const { key } = await storeImage(store, engine, id);
  docker('image', 'rm', '--force', id);
  const path = join(services.s3.folder ?? '', BUCKET, key);
  const bytes = await readFile(path);
  // In the middle of the layer, and then in the zeros after the last file, which no reader of archives looks at.
  for (const at of [Math.floor(bytes.length / 2), bytes.length - 1]) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await copyOver(path, changed);
    await expect(loadImage(store, engine, id)).rejects.toMatchObject({ code: 'object-damaged' });
    expect(isThere(id)).toBe(false);
  }
  await copyOver(path, bytes);
  expect(await loadImage(store, engine, id)).toBe('loaded');
});

/** Keeps the file, whose attributes are the object's metadata. */
async function copyOver(path: string, bytes: Uint8Array): Promise<void> {
  const from = join(folder, 'changed');
  await writeFile(from, bytes);
  await copyFile(from, path);
}

it('an object that is another image, or none, is refused', async () => {
  const engine = await engineImages(services.docker.socketPath);
  const [one, other] = [await buildOf('one', Buffer.from('1')), `sha256:${'0'.repeat(64)}`];
  const { key } = await storeImage(store, engine, one);
  await store.putIfAbsent(imageKey(other), await store.get(key));
  await expect(loadImage(store, engine, other)).rejects.toMatchObject({
    code: 'image-missing',
    message: expect.stringContaining(`is not image ${other}`) as string,
  });
  const none = `sha256:${'1'.repeat(64)}`;
  await store.putIfAbsent(imageKey(none), Buffer.from('no archive'));
  await expect(loadImage(store, engine, none)).rejects.toMatchObject({ code: 'image-missing' });
});

it('the command stores the sandbox image, and another machine loads just that one or says why not', async () => {
  const dockerfile = join(folder, 'sandbox.Dockerfile');
  const label = `LABEL dev.tracemill.test=${randomUUID()}`;
  await writeFile(dockerfile, `FROM ${services.sandboxImage.reference}\n${label}\n`);
  const id = build(dockerfile);
  const env = { TRACEMILL_BUCKET: BUCKET, TRACEMILL_SANDBOX_IMAGE: id };
  const pushed = await cliJson(['image', 'push', '--only', 'sandbox'], { env });
  expect(pushed).toMatchObject({
    images: [{ name: 'sandbox', id, place: `s3://${BUCKET}/${imageKey(id)}`, how: 'written' }],
    environment: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
  docker('image', 'rm', '--force', id);

  const missing = `sha256:${'2'.repeat(64)}`;
  const failed = await cli(['image', 'pull', missing], { env });
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain(`image ${missing} is neither in this machine's Docker Engine`);

  expect(await cliJson(['image', 'pull', id], { env })).toMatchObject({
    images: [{ id, how: 'loaded' }],
  });
  expect(isThere(id)).toBe(true);
});
