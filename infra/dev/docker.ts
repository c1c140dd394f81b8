// The Docker Engine: a running one; else, as root, an installed dockerd started by hand, or Debian's package of it.
// The daemon is shared by all checkouts of a machine, so what we started is recorded in the cache folder, not in home.
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Config } from '../../src/config/load.ts';
import type { ServiceOrigin, Services } from '../../src/config/services.ts';
import { AppError } from '../../src/errors.ts';
import type { DevContext } from './context.ts';
import { engineAnswers, engineVersion } from './engine-api.ts';
import { withLock } from './lock.ts';
import { cacheLockPath, cacheLogPath, engineStatePath } from './paths.ts';
import { spawnDetached, stopProcess, waitFor } from './processes.ts';
import { lastLines, run, which } from './run.ts';

type Docker = Services['docker'];

const LOCK_WAIT_MS = 15 * 60_000;
/** Some seconds on an idle machine; a first start makes its data folder and networks. */
const START_MS = 60_000;
const APT_MS = 10 * 60_000;
/** The daemon ends its containers before it goes. */
const STOP_MS = 30_000;

/** Where the Engine listens unless told otherwise; at another place nothing is started, for somebody else sees to it. */
const DEFAULT_SOCKET = '/var/run/docker.sock';

const engineState = z.object({ pid: z.number().int().positive(), started: z.string() });

/** A running Engine, or null; starts nothing. */
export async function findDocker(config: Config): Promise<Docker | null> {
  if (!(await engineAnswers(config.dockerSocket))) return null;
  return { socketPath: config.dockerSocket, origin: originOf(config) };
}

export const isConfigured = (config: Config): boolean => config.dockerSocket !== DEFAULT_SOCKET;

const originOf = (config: Config): 'configured' | 'running' =>
  isConfigured(config) ? 'configured' : 'running';

export const isRoot = (): boolean => process.getuid?.() === 0;

/** `docker0` can vanish while the daemon lives; builds and sandboxes here do not use it, other containers do. */
export function hasBridge(): boolean {
  return process.platform !== 'linux' || existsSync('/sys/class/net/docker0');
}

/** Throws AppError `docker-unreachable` that says what to do. */
export async function ensureDocker(context: DevContext): Promise<Docker> {
  const { config } = context;
  const running = await findDocker(config);
  if (running !== null) {
    await noteReady(context, running.origin, false);
    return running;
  }
  if (isConfigured(config)) {
    throw new AppError(
      'docker-unreachable',
      `no Docker Engine answers at ${JSON.stringify(config.dockerSocket)}; ` +
        'start it, or unset TRACEMILL_DOCKER_SOCKET to use the one of this machine',
    );
  }
  const lock = { path: cacheLockPath(config, 'dockerd'), waitMs: LOCK_WAIT_MS };
  return withLock(lock, async () => {
    if (await engineAnswers(config.dockerSocket))
      return { socketPath: config.dockerSocket, origin: 'running' };
    if (!isRoot()) throw unreachable(config, 'only root can start it here; start Docker');
    const installed = (await which('dockerd')) !== null;
    if (!installed) await installDocker(context);
    await startDocker(context);
    const origin: ServiceOrigin = installed ? 'installed' : 'published';
    await noteReady(context, origin, true);
    return { socketPath: config.dockerSocket, origin };
  });
}

async function noteReady(context: DevContext, origin: ServiceOrigin, made: boolean): Promise<void> {
  const { dockerSocket } = context.config;
  const version = (await engineVersion(dockerSocket)) ?? 'of unknown version';
  const detail = `Docker Engine ${version} at ${dockerSocket}`;
  context.note({ kind: 'ready', service: 'docker', origin, made, detail });
}

function unreachable(config: Config, what: string): AppError {
  return new AppError(
    'docker-unreachable',
    `no Docker Engine answers at ${JSON.stringify(config.dockerSocket)}, and ${what}, ` +
      'or name its socket in TRACEMILL_DOCKER_SOCKET',
  );
}

/** Installs Debian's packages with apt. */
async function installDocker(context: DevContext): Promise<void> {
  const { config } = context;
  if ((await which('apt-get')) === null) {
    throw unreachable(config, 'it cannot be installed here without apt; install Docker');
  }
  const detail = "installing Debian's packages docker.io and iptables";
  context.note({ kind: 'working', service: 'docker', detail });
  const options = {
    timeoutMs: APT_MS,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    logFile: cacheLogPath(config, 'apt'),
  };
  await run(['apt-get', 'update'], options);
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', 'docker.io', 'iptables'];
  // Newer releases of Debian have the client in a package of its own.
  const installed = await run([...install, 'docker-cli'], options);
  const plain = installed.ok ? installed : await run(install, options);
  if (!plain.ok) {
    throw unreachable(config, `installing it failed (${lastLines(plain.output)}); install Docker`);
  }
}

/** Without rules of its own where the kernel refuses them: our containers have no network, and builds use the host's. */
const DAEMON_FORMS: readonly (readonly string[])[] = [
  [],
  ['--iptables=false', '--ip6tables=false', '--bridge=none'],
];

async function startDocker(context: DevContext): Promise<void> {
  const { config } = context;
  const socket = `unix://${config.dockerSocket}`;
  const logFile = cacheLogPath(config, 'dockerd');
  context.note({ kind: 'working', service: 'docker', detail: 'starting dockerd' });
  for (const form of DAEMON_FORMS) {
    const mark = await spawnDetached({ command: ['dockerd', '--host', socket, ...form], logFile });
    if (mark === null) continue;
    const ready = () => engineAnswers(config.dockerSocket);
    if (await waitFor(ready, { timeoutMs: START_MS, mark })) {
      await writeFile(engineStatePath(config), JSON.stringify(mark));
      return;
    }
    await stopProcess(mark, STOP_MS);
  }
  throw unreachable(config, `dockerd did not start (see ${JSON.stringify(logFile)}); start Docker`);
}

/** Ends a daemon that this program started; false where there is none. Other checkouts may be using it. */
export async function stopDocker(config: Config): Promise<boolean> {
  const path = engineStatePath(config);
  try {
    const mark = engineState.parse(JSON.parse(await readFile(path, 'utf8')));
    return await stopProcess(mark, STOP_MS);
  } catch {
    return false;
  } finally {
    await rm(path, { force: true });
  }
}
