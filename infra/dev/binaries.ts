// Server programs: one that is installed, else the vendor's published archive, else a build from the Go module mirror.
import { createHash } from 'node:crypto';
import {
  access,
  chmod,
  constants,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceOrigin } from '../../src/config/services.ts';
import { AppError } from '../../src/errors.ts';
import type { DevContext, ServiceName } from './context.ts';
import { withLock } from './lock.ts';
import { cacheLockPath, cacheLogPath, cachedBinary } from './paths.ts';
import { lastLines, run, which } from './run.ts';
import { deadlineSignal } from '../../src/core/deadline-signal.ts';

export interface BinarySource {
  readonly service: ServiceName;
  /** File name of the program. */
  readonly name: string;
  /** The pinned version, without `v`. */
  readonly version: string;
  /** Least version of an installed one; the first number that its `--version` prints is compared. Null: none will do. */
  readonly least: readonly [number, number, number] | null;
  /** The release that has it, or null where only a build will do. */
  readonly release: {
    /** Folder of the release's files, with `checksums.txt` beside the archives. */
    readonly url: string;
    /** A tar archive, or the program itself. */
    readonly file: (platform: string, arch: string) => string;
  } | null;
  /** What `go install` takes. */
  readonly goPackage: string;
  /** File name that Go gives it, where it is another. */
  readonly goName?: string;
  /** Its module, where `exclude` or `replace` lines forbid `go install`: then a module of our own requires it. */
  readonly goModule?: string;
  readonly buildMinutes: number;
}

export const TEMPORAL_BINARY: BinarySource = {
  service: 'temporal',
  name: 'temporal',
  // Later versions have a `replace` in go.mod and cannot be installed by `go install`.
  version: '1.5.1',
  least: [1, 5, 0],
  release: {
    url: 'https://github.com/temporalio/cli/releases/download/v1.5.1',
    file: (platform, arch) =>
      `temporal_cli_1.5.1_${platform}_${arch === 'x64' ? 'amd64' : arch}.tar.gz`,
  },
  goPackage: 'github.com/temporalio/cli/cmd/temporal@v1.5.1',
  buildMinutes: 2,
};

export const S3_BINARY: BinarySource = {
  service: 's3',
  name: 'versitygw',
  version: '1.8.0',
  // Conditional writes raced before 1.8.0.
  least: [1, 8, 0],
  release: {
    url: 'https://github.com/versity/versitygw/releases/download/v1.8.0',
    file: (platform, arch) =>
      `versitygw_v1.8.0_${platform === 'linux' ? 'Linux' : 'Darwin'}_${arch === 'x64' ? 'x86_64' : arch}.tar.gz`,
  },
  goPackage: 'github.com/versity/versitygw/cmd/versitygw@v1.8.0',
  buildMinutes: 2,
};

export interface FoundBinary {
  readonly path: string;
  readonly origin: Extract<ServiceOrigin, 'installed' | 'published' | 'built'>;
}

const CONNECT_MS = 8_000;
const DOWNLOAD_MS = 5 * 60_000;
/** The Temporal server took 20 minutes of a loaded two-core machine; the two programs here are smaller. */
const BUILD_MS = 30 * 60_000;
const VERSION_MS = 20_000;
const LOCK_WAIT_MS = 35 * 60_000;

/** Where the program is without making it, or null. */
export async function findBinary(cache: string, source: BinarySource): Promise<FoundBinary | null> {
  const cached = cachedBinary({ cache }, source.name);
  const note = await readFile(`${cached}.origin`, 'utf8').catch(() => 'built');
  const [origin = '', version = source.version] = note.trim().split(' ');
  if (version === source.version && (await runs(cached))) {
    return { path: cached, origin: origin === 'published' ? 'published' : 'built' };
  }
  const installed = source.least === null ? null : await which(source.name);
  if (installed === null || source.least === null) return null;
  return (await isRecent(installed, source.least))
    ? { path: installed, origin: 'installed' }
    : null;
}

async function runs(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
  } catch {
    return false;
  }
  return (await run([path, '--version'], { timeoutMs: VERSION_MS })).ok;
}

async function isRecent(path: string, least: readonly number[]): Promise<boolean> {
  const shown = await run([path, '--version'], { timeoutMs: VERSION_MS });
  const match = /(\d+)\.(\d+)\.(\d+)/.exec(shown.output);
  if (!shown.ok || match === null) return false;
  const found = match.slice(1).map(Number);
  const first = least.findIndex((number, index) => number !== found[index]);
  return first === -1 || (found[first] ?? 0) > (least[first] ?? 0);
}

/** Throws AppError `service-not-available` where it can be neither found, fetched nor built. */
export async function ensureBinary(
  context: DevContext,
  source: BinarySource,
): Promise<FoundBinary> {
  const { cache } = context.config;
  const found = await findBinary(cache, source);
  if (found !== null) return found;
  const lock = { path: cacheLockPath({ cache }, source.name), waitMs: LOCK_WAIT_MS };
  return withLock(lock, async () => {
    const made = (await findBinary(cache, source)) ?? (await fetchPublished(context, source));
    return made ?? build(context, source);
  });
}

async function fetchBytes(url: string, timeoutMs: number): Promise<Uint8Array | null> {
  const connect = new AbortController();
  const timer = setTimeout(() => {
    connect.abort();
  }, CONNECT_MS);
  try {
    const signal = deadlineSignal(connect.signal, timeoutMs);
    const answer = await fetch(url, { signal, redirect: 'follow' });
    clearTimeout(timer);
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** Null where the release is out of reach or is not what its own list of checksums says. */
async function fetchPublished(
  context: DevContext,
  source: BinarySource,
): Promise<FoundBinary | null> {
  if (source.release === null) return null;
  const { url } = source.release;
  const archive = source.release.file(process.platform, process.arch);
  const sums = await fetchBytes(`${url}/checksums.txt`, CONNECT_MS);
  if (sums === null) return null;
  const detail = `fetching ${source.name} ${source.version} from its release`;
  context.note({ kind: 'working', service: source.service, detail });
  const bytes = await fetchBytes(`${url}/${archive}`, DOWNLOAD_MS);
  if (bytes === null) return null;
  const digest = createHash('sha256').update(bytes).digest('hex');
  const line = Buffer.from(sums)
    .toString('utf8')
    .split('\n')
    .find((entry) => entry.trim().endsWith(archive));
  if (line === undefined || !line.includes(digest)) {
    context.log.warn({ service: source.service, digest }, 'published archive refused');
    return null;
  }
  return unpack(context, source, { bytes, isArchive: archive.endsWith('.tar.gz') });
}

async function unpack(
  context: DevContext,
  source: BinarySource,
  { bytes, isArchive }: { readonly bytes: Uint8Array; readonly isArchive: boolean },
): Promise<FoundBinary | null> {
  await mkdir(join(context.config.cache, 'bin'), { recursive: true });
  const folder = await mkdtemp(join(context.config.cache, 'bin', '.unpack-'));
  try {
    if (!isArchive) {
      await writeFile(join(folder, source.name), bytes);
      return await keep(context, source, { from: join(folder, source.name), origin: 'published' });
    }
    await writeFile(join(folder, 'archive.tar.gz'), bytes);
    const tar = ['tar', '-xzf', 'archive.tar.gz', '--no-same-owner'];
    const unpacked = await run(tar, { cwd: folder, timeoutMs: 60_000 });
    const find = ['find', folder, '-type', 'f', '-name', source.name];
    const path = (await run(find, { timeoutMs: 10_000 })).output.trim().split('\n')[0] ?? '';
    if (!unpacked.ok || path === '') return null;
    return await keep(context, source, { from: path, origin: 'published' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function keep(
  context: DevContext,
  source: BinarySource,
  made: { readonly from: string; readonly origin: 'published' | 'built' },
): Promise<FoundBinary> {
  const path = cachedBinary(context.config, source.name);
  await chmod(made.from, 0o755);
  await rename(made.from, path);
  await writeFile(`${path}.origin`, `${made.origin} ${source.version}\n`);
  return { path, origin: made.origin };
}

async function build(context: DevContext, source: BinarySource): Promise<FoundBinary> {
  const { cache } = context.config;
  if ((await which('go')) === null) throw notAvailable(source, 'Go 1.26 to build it is missing');
  const minutes = `about ${String(source.buildMinutes)} minutes of CPU time`;
  const detail = `building ${source.name} ${source.version} from its Go module (${minutes}, once)`;
  context.note({ kind: 'working', service: source.service, detail });
  await mkdir(join(cache, 'bin'), { recursive: true });
  const folder = await mkdtemp(join(cache, 'bin', '.build-'));
  try {
    const built = await run(await buildCommand(source, folder), {
      timeoutMs: BUILD_MS,
      env: { GOBIN: folder, GOFLAGS: '-trimpath -ldflags=-s', CGO_ENABLED: '0' },
      cwd: folder,
      logFile: cacheLogPath(context.config, `build-${source.name}`),
    });
    if (!built.ok) throw notAvailable(source, `its build failed: ${lastLines(built.output)}`);
    const from = join(folder, source.goName ?? source.name);
    return await keep(context, source, { from, origin: 'built' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** In `folder`, which becomes a module of our own where `go install` is not allowed to build the program. */
async function buildCommand(source: BinarySource, folder: string): Promise<readonly string[]> {
  const { goModule, goPackage, name } = source;
  if (goModule === undefined) return ['go', 'install', goPackage];
  const [path = '', version = ''] = goPackage.split('@');
  await writeFile(
    join(folder, 'go.mod'),
    `module scratch\n\ngo 1.26\n\nrequire ${goModule} ${version}\n`,
  );
  return ['go', 'build', '-mod=mod', '-o', join(folder, name), path];
}

function notAvailable(source: BinarySource, why: string): AppError {
  return new AppError(
    'service-not-available',
    `${source.name} is not installed, its release cannot be fetched, and ${why}; ` +
      `install ${source.name} ${source.version} or later, or Go 1.26, or name a running server in the configuration`,
  );
}
