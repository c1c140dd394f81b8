// The image of a worker from what is compiled here: the program, and the packages that it needs when it runs.
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../src/errors.ts';
import { buildWith, ensureNodeBase, isPublished } from './compose-images.ts';
import type { DevContext } from './context.ts';
import { imageId } from './engine-api.ts';
import { withLock } from './lock.ts';
import { cacheLockPath, cacheLogPath, projectRoot } from './paths.ts';
import { lastLines, run } from './run.ts';

const DOCKERFILE = join('infra', 'docker', 'worker.Dockerfile');
const INSTALL_MS = 10 * 60_000;
const LOCK_WAIT_MS = 20 * 60_000;
/** What the program reads beside its own files. */
const FILES = ['package.json', 'bin', 'dist', join('infra', 'docker', 'seccomp.json')];

/** Packages of the lock file but those for development, installed once for each lock file. */
async function ensurePackages(context: DevContext, lockDigest: string): Promise<string> {
  const { config } = context;
  const folder = join(config.cache, `worker-packages-${lockDigest}`);
  if ((await stat(folder).catch(() => null)) !== null) return folder;
  context.note({ kind: 'working', service: 'compose', detail: "installing the worker's packages" });
  await mkdir(config.cache, { recursive: true });
  const draft = await mkdtemp(join(config.cache, '.worker-packages-'));
  try {
    for (const name of ['package.json', 'package-lock.json']) {
      await cp(join(projectRoot(), name), join(draft, name));
    }
    const install = ['npm', 'ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
    const installed = await run(install, {
      timeoutMs: INSTALL_MS,
      cwd: draft,
      logFile: cacheLogPath(config, 'worker-packages'),
    });
    if (!installed.ok) {
      throw new AppError(
        'image-missing',
        `packages of the worker's image cannot be installed: ${lastLines(installed.output)}`,
      );
    }
    await rename(draft, folder);
    return folder;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function digestOfFiles(...names: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const name of names) hash.update(await readFile(join(projectRoot(), name)));
  return hash.digest('hex').slice(0, 16);
}

async function makeContext(packages: string, folder: string): Promise<void> {
  const ready = join(folder, 'ready');
  for (const name of FILES) {
    await cp(join(projectRoot(), name), join(ready, name), { recursive: true });
  }
  await cp(join(packages, 'node_modules'), join(ready, 'node_modules'), { recursive: true });
}

/**
 * `tracemill-worker:<digest of the build, the lock file and the Dockerfile>`, on `base`. The program must be compiled.
 * Throws AppError `image-missing`.
 */
export async function ensureWorkerImage(
  context: DevContext,
  at: { readonly socketPath: string; readonly base: string },
): Promise<string> {
  const lockDigest = await digestOfFiles('package-lock.json');
  const digest = createHash('sha256')
    .update(`${at.base}\n${lockDigest}\n`)
    .update(await digestOfFiles(join('dist', '.stamp'), DOCKERFILE, 'package.json'))
    .digest('hex')
    .slice(0, 16);
  const reference = `tracemill-worker:${digest}`;
  const lock = { path: cacheLockPath(context.config, 'worker-image'), waitMs: LOCK_WAIT_MS };
  return await withLock(lock, async () => {
    if ((await imageId(at.socketPath, reference)) !== null) return reference;
    const packages = await ensurePackages(context, lockDigest);
    const detail = `building the image ${reference}`;
    context.note({ kind: 'working', service: 'compose', detail });
    const folder = await mkdtemp(join(context.config.cache, '.worker-image-'));
    try {
      await makeContext(packages, folder);
      const file = join(projectRoot(), DOCKERFILE);
      await buildWith(context, { ...at, reference, file, folder });
      return reference;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

/** The same on the base that its services stand on: the registry's where that answers, else our own. */
export async function ensureOwnWorkerImage(
  context: DevContext,
  socketPath: string,
): Promise<string> {
  const base = (await isPublished(context.config, socketPath))
    ? 'debian:trixie-slim'
    : await ensureNodeBase(context, socketPath);
  return await ensureWorkerImage(context, { socketPath, base });
}
