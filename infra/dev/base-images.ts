// The two images that infra/docker builds from: in the Engine already, kept in the cache, pulled, or made of packages.
// Made ones bear the registry's names, so that the Dockerfile is the same with a registry and without.
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../src/config/load.ts';
import type { ServiceOrigin } from '../../src/config/services.ts';
import { AppError } from '../../src/errors.ts';
import type { DevContext } from './context.ts';
import { isRoot } from './docker.ts';
import { imageId } from './engine-api.ts';
import { withLock } from './lock.ts';
import { cacheLockPath, cacheLogPath } from './paths.ts';
import { lastLines, run, which } from './run.ts';

export interface BaseImage {
  readonly reference: string;
  /** Name of the kept archive in the cache folder. */
  readonly file: string;
  /** What the sandbox image needs of it, so that its build fetches nothing. */
  readonly packages: readonly string[];
}

const SUITE = 'trixie';

export const BASE_IMAGES: readonly BaseImage[] = [
  {
    reference: `debian:${SUITE}`,
    file: `${SUITE}.tar`,
    packages: ['gcc', 'libc6-dev', 'python3.13', 'python3.13-dev'],
  },
  { reference: `debian:${SUITE}-slim`, file: `${SUITE}-slim.tar`, packages: ['python3.13'] },
];

const LOCK_WAIT_MS = 30 * 60_000;
const PULL_MS = 10 * 60_000;
/** A registry that is out of reach is often no refusal but silence. */
const PULL_SILENCE_MS = 30_000;
const IMPORT_MS = 5 * 60_000;
/** 15 to 70 seconds were measured; the rest is for a slow mirror. */
const MAKE_MS = 20 * 60_000;
const APT_MS = 10 * 60_000;

export const dockerCommand = (socketPath: string, ...rest: readonly string[]): string[] => [
  'docker',
  '--host',
  `unix://${socketPath}`,
  ...rest,
];

/** Those that the Engine does not have. */
export async function missingBaseImages(socketPath: string): Promise<readonly BaseImage[]> {
  const ids = await Promise.all(BASE_IMAGES.map((image) => imageId(socketPath, image.reference)));
  return BASE_IMAGES.filter((_, index) => ids[index] === null);
}

/** Throws AppError `image-missing` where an image can be neither pulled nor made. */
export async function ensureBaseImages(context: DevContext, socketPath: string): Promise<void> {
  if ((await missingBaseImages(socketPath)).length === 0) return;
  const lock = { path: cacheLockPath(context.config, 'base-images'), waitMs: LOCK_WAIT_MS };
  await withLock(lock, async () => {
    // One after the other: the second archive is unpacked from packages that the first has just fetched.
    for (const image of await missingBaseImages(socketPath)) {
      const origin = await ensureImage(context, socketPath, image);
      const detail = `image ${image.reference}`;
      context.note({ kind: 'ready', service: 'base-images', origin, made: true, detail });
    }
  });
}

async function ensureImage(
  context: DevContext,
  socketPath: string,
  image: BaseImage,
): Promise<ServiceOrigin> {
  const { config } = context;
  if (await isKept(config, image)) {
    await importImage(config, socketPath, image);
    return 'installed';
  }
  const detail = `fetching the image ${image.reference}`;
  context.note({ kind: 'working', service: 'base-images', detail });
  const pulled = await run(dockerCommand(socketPath, 'pull', image.reference), {
    timeoutMs: PULL_MS,
    silenceMs: PULL_SILENCE_MS,
    logFile: cacheLogPath(config, 'docker-pull'),
  });
  if (pulled.ok) return 'published';
  await importMadeImage(context, socketPath, image);
  return 'built';
}

/** From the kept archive, which is made of packages where it is not there; pulls nothing. Throws AppError `image-missing`. */
export async function importMadeImage(
  context: DevContext,
  socketPath: string,
  image: BaseImage,
): Promise<void> {
  if (!(await isKept(context.config, image))) await makeArchive(context, image);
  await importImage(context.config, socketPath, image);
}

async function isKept(config: Config, image: BaseImage): Promise<boolean> {
  const found = await stat(join(config.cache, image.file)).catch(() => null);
  return found !== null && found.size > 0;
}

async function importImage(config: Config, socketPath: string, image: BaseImage): Promise<void> {
  const archive = join(config.cache, image.file);
  const command = dockerCommand(
    socketPath,
    ...['import', '--change', 'CMD ["bash"]', archive, image.reference],
  );
  const imported = await run(command, { timeoutMs: IMPORT_MS });
  if (!imported.ok) throw missing(image, `importing it failed: ${lastLines(imported.output)}`);
}

/** From the package mirror that this machine itself uses for Debian, by mmdebstrap's own default. */
async function makeArchive(context: DevContext, image: BaseImage): Promise<void> {
  const { config } = context;
  await ensureMmdebstrap(context, image);
  const detail = `making the image ${image.reference} from Debian's packages (up to a minute, once)`;
  context.note({ kind: 'working', service: 'base-images', detail });
  await mkdir(config.cache, { recursive: true });
  const draft = join(config.cache, `.${String(process.pid)}-${image.file}`);
  const include = `--include=${image.packages.join(',')}`;
  try {
    const made = await run(['mmdebstrap', '--variant=apt', include, SUITE, draft], {
      timeoutMs: MAKE_MS,
      logFile: cacheLogPath(config, 'mmdebstrap'),
    });
    if (!made.ok) throw missing(image, `mmdebstrap failed: ${lastLines(made.output)}`);
    await rename(draft, join(config.cache, image.file));
  } finally {
    await rm(draft, { force: true });
  }
}

async function ensureMmdebstrap(context: DevContext, image: BaseImage): Promise<void> {
  if ((await which('mmdebstrap')) !== null) return;
  if (!isRoot() || (await which('apt-get')) === null) {
    throw missing(image, 'making it needs Debian as root (mmdebstrap)');
  }
  const options = {
    timeoutMs: APT_MS,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    logFile: cacheLogPath(context.config, 'apt'),
  };
  context.note({ kind: 'working', service: 'base-images', detail: 'installing mmdebstrap' });
  await run(['apt-get', 'update'], options);
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', 'mmdebstrap'];
  const installed = await run(install, options);
  if (!installed.ok)
    throw missing(image, `installing mmdebstrap failed: ${lastLines(installed.output)}`);
}

function missing(image: BaseImage, why: string): AppError {
  return new AppError(
    'image-missing',
    `image ${image.reference} is not there and cannot be pulled, and ${why}; ` +
      'give Docker a registry, or name a ready sandbox image in TRACEMILL_SANDBOX_IMAGE',
  );
}
