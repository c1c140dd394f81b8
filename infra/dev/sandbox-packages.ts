// The third-party packages of a sandbox image: a lock file, and its wheels, fetched once into the cache by pip. They
// are only moved here; the image's build unpacks them, and their code runs in sandboxes alone.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../src/config/load.ts';
import { AppError } from '../../src/errors.ts';
import type { DevContext } from './context.ts';
import { cacheLogPath } from './paths.ts';
import { lastLines, run } from './run.ts';

export interface PackagesLock {
  /** Absolute path. */
  readonly path: string;
  readonly bytes: Buffer;
}

const FETCH_MS = 10 * 60_000;
/** What the image's interpreter and C library take. */
const TARGET = ['--python-version', '3.13', '--implementation', 'cp', '--abi', 'cp313'];
const OTHER_ABIS = ['abi3', 'none'];
const GLIBC_MINORS = [41, 40, 39, 38, 37, 36, 35, 34, 31, 28, 27, 26, 24, 17, 12, 5];

/** The lock file that the configuration names; null where it names none. Throws AppError `config-invalid`. */
export async function readPackagesLock(config: Config): Promise<PackagesLock | null> {
  const path = config.sandboxPackages;
  if (path === null) return null;
  try {
    return { path, bytes: await readFile(path) };
  } catch (cause) {
    throw new AppError(
      'config-invalid',
      `TRACEMILL_SANDBOX_PACKAGES names ${JSON.stringify(path)}, which cannot be read`,
      { cause },
    );
  }
}

function targetOptions(): readonly string[] {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const platforms = GLIBC_MINORS.map((minor) => `manylinux_2_${String(minor)}_${machine}`);
  return [
    ...TARGET,
    ...OTHER_ABIS.flatMap((abi) => ['--abi', abi]),
    ...platforms.flatMap((platform) => ['--platform', platform]),
    ...['--platform', `manylinux2014_${machine}`, '--platform', 'any'],
  ];
}

/**
 * Folder in the cache that holds the lock file's wheels and nothing else; pip checks each against its digest. The
 * caller holds the lock of the sandbox image. Throws AppError `image-missing`.
 */
export async function ensureWheels(context: DevContext, lock: PackagesLock): Promise<string> {
  const { config } = context;
  const digest = createHash('sha256').update(lock.bytes).digest('hex').slice(0, 16);
  const folder = join(config.cache, 'wheels', digest);
  if ((await stat(folder).catch(() => null)) !== null) return folder;
  const detail = `fetching the packages of ${lock.path}`;
  context.note({ kind: 'working', service: 'sandbox-image', detail });
  const draft = `${folder}.${String(process.pid)}`;
  await mkdir(draft, { recursive: true });
  try {
    const fetched = await run(
      [
        ...['python3', '-m', 'pip', 'download', '--disable-pip-version-check', '--no-deps'],
        ...['--require-hashes', '--only-binary=:all:', ...targetOptions()],
        ...['--dest', draft, '--requirement', lock.path],
      ],
      { timeoutMs: FETCH_MS, logFile: cacheLogPath(config, 'packages') },
    );
    if (!fetched.ok) throw notFetched(lock, fetched.output);
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

function notFetched(lock: PackagesLock, output: string): AppError {
  const hint = output.includes('No module named pip')
    ? 'pip is missing; install it (Debian: python3-pip)'
    : lastLines(output);
  return new AppError(
    'image-missing',
    `the packages of ${JSON.stringify(lock.path)} cannot be fetched: ${hint}`,
  );
}
