// The sandbox image: the configured one, else a build of infra/docker named by a digest of all that goes into it, so
// that a change of the tracer makes another image and no change makes none.
import { createHash } from 'node:crypto';
import {
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Config } from '../../src/config/load.ts';
import type { Services } from '../../src/config/services.ts';
import { AppError } from '../../src/errors.ts';
import { BASE_IMAGES, dockerCommand } from './base-images.ts';
import type { DevContext } from './context.ts';
import { imageId } from './engine-api.ts';
import { withLock } from './lock.ts';
import { cacheLockPath, cacheLogPath, projectRoot } from './paths.ts';
import { lastLines, run } from './run.ts';
import { ensureWheels, readPackagesLock } from './sandbox-packages.ts';
import type { PackagesLock } from './sandbox-packages.ts';

type SandboxImage = Services['sandboxImage'];

const DOCKERFILE = 'infra/docker/sandbox.Dockerfile';
/** All that the build sees, relative to the project; tests and caches are left out below. */
const INPUTS = [
  DOCKERFILE,
  'infra/docker/packages/none.lock',
  'infra/docker/packages/unpack.py',
  'tracer',
];
/** Where the chosen lock file and its wheels lie in the folder of the build. */
const CONTEXT_LOCK = 'packages.lock';
const CONTEXT_WHEELS = 'wheels';
const IGNORED = /^(__pycache__|build|tests|.*\.egg-info|.*\.so|\..*_cache|\.venv)$/;
const BUILD_MS = 15 * 60_000;
const LOCK_WAIT_MS = 20 * 60_000;
const REPOSITORY = 'tracemill-sandbox';

async function filesUnder(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) return [];
  if (found.isFile()) return [path];
  const names = (await readdir(path)).filter((name) => !IGNORED.test(name));
  const below = await Promise.all(names.map((name) => filesUnder(join(path, name))));
  return below.flat();
}

/** Absolute paths in a fixed order. */
async function inputFiles(root: string): Promise<readonly string[]> {
  const files = await Promise.all(INPUTS.map((input) => filesUnder(join(root, input))));
  return files.flat().sort((a, b) => (a < b ? -1 : 1));
}

/** `tracemill-sandbox:<digest of sources, base images and lock file>`. */
export async function sandboxReference(
  root: string,
  baseIds: readonly string[],
  lock: PackagesLock | null = null,
): Promise<string> {
  const hash = createHash('sha256');
  for (const id of baseIds) hash.update(`${id}\n`);
  for (const path of await inputFiles(root)) {
    const bytes = await readFile(path);
    hash.update(`${relative(root, path)}\n${String(bytes.length)}\n`);
    hash.update(bytes);
  }
  if (lock !== null) hash.update('packages\n').update(lock.bytes);
  return `${REPOSITORY}:${hash.digest('hex').slice(0, 16)}`;
}

async function wantedReference(socketPath: string, lock: PackagesLock | null): Promise<string> {
  const ids = await Promise.all(BASE_IMAGES.map((image) => imageId(socketPath, image.reference)));
  return sandboxReference(
    projectRoot(),
    ids.map((id) => id ?? ''),
    lock,
  );
}

/**
 * The image that fits the sources and the lock file as they are, or the configured one; null where it is not there.
 * Builds nothing. Throws AppError `config-invalid` where the lock file cannot be read.
 */
export async function findSandboxImage(
  config: Config,
  socketPath: string,
): Promise<SandboxImage | null> {
  const named = config.sandboxImage;
  const reference = named ?? (await wantedReference(socketPath, await readPackagesLock(config)));
  const id = await imageId(socketPath, reference);
  const origin = named === null ? 'installed' : 'configured';
  return id === null ? null : { reference, id, origin };
}

/**
 * Throws AppError `image-missing` where the configured one is not there, packages cannot be fetched or the build
 * fails, and `config-invalid` where the lock file cannot be read.
 */
export async function ensureSandboxImage(
  context: DevContext,
  socketPath: string,
): Promise<SandboxImage> {
  const { config } = context;
  const found = await findSandboxImage(config, socketPath);
  if (found !== null) {
    const detail = `sandbox image ${found.reference}`;
    const { origin } = found;
    context.note({ kind: 'ready', service: 'sandbox-image', origin, made: false, detail });
    return found;
  }
  if (config.sandboxImage !== null) {
    throw new AppError(
      'image-missing',
      `TRACEMILL_SANDBOX_IMAGE names ${JSON.stringify(config.sandboxImage)}, which the Docker Engine does not have; ` +
        'pull or build it, or unset the variable',
    );
  }
  const lock = { path: cacheLockPath(config, 'sandbox-image'), waitMs: LOCK_WAIT_MS };
  return withLock(lock, async () => {
    const packages = await readPackagesLock(config);
    const reference = await wantedReference(socketPath, packages);
    if ((await imageId(socketPath, reference)) === null) {
      await buildImage(context, { socketPath, reference, packages });
    }
    const id = await imageId(socketPath, reference);
    if (id === null)
      throw new AppError('image-missing', `image ${reference} vanished after its build`);
    const detail = `sandbox image ${reference}`;
    context.note({ kind: 'ready', service: 'sandbox-image', origin: 'built', made: true, detail });
    return { reference, id, origin: 'built' };
  });
}

/** A folder of its own for the build: older builders send all of a checkout, packages and data included. */
async function makeContext(root: string): Promise<string> {
  const context = await mkdtemp(join(tmpdir(), 'tracemill-image-'));
  for (const path of await inputFiles(root)) {
    const copy = join(context, relative(root, path));
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(path, copy);
  }
  return context;
}

/** Adds the lock file and its wheels to the folder of the build; build arguments that name them. */
async function addPackages(
  context: DevContext,
  folder: string,
  lock: PackagesLock | null,
): Promise<readonly string[]> {
  if (lock === null) return [];
  const wheels = await ensureWheels(context, lock);
  await writeFile(join(folder, CONTEXT_LOCK), lock.bytes);
  await cp(wheels, join(folder, CONTEXT_WHEELS), { recursive: true });
  return [
    ...['--build-arg', `PACKAGES_LOCK=${CONTEXT_LOCK}`],
    ...['--build-arg', `WHEELS=${CONTEXT_WHEELS}`],
  ];
}

interface Build {
  readonly socketPath: string;
  readonly reference: string;
  readonly packages: PackagesLock | null;
}

async function buildImage(context: DevContext, build: Build): Promise<void> {
  const { socketPath, reference, packages } = build;
  const detail = 'building the sandbox image';
  context.note({ kind: 'working', service: 'sandbox-image', detail });
  const folder = await makeContext(projectRoot());
  try {
    const args = await addPackages(context, folder, packages);
    const options = ['--network', 'host', '--tag', reference, ...args];
    await buildIn(context, folder, dockerCommand(socketPath, 'build', ...options));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function buildIn(
  context: DevContext,
  folder: string,
  command: readonly string[],
): Promise<void> {
  const logFile = cacheLogPath(context.config, 'sandbox-image');
  const built = await run([...command, '--file', join(folder, DOCKERFILE), folder], {
    timeoutMs: BUILD_MS,
    logFile,
  });
  if (built.ok) return;
  throw new AppError(
    'image-missing',
    built.cut === 'not-found'
      ? "the sandbox image cannot be built: the command `docker` is missing; install Docker's client"
      : `the sandbox image cannot be built: ${lastLines(built.output)}; see ${JSON.stringify(logFile)}`,
  );
}
