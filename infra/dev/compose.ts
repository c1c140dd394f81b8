// docker-compose.yml on this machine: the program, the images, the secrets, and the variables that name them.
import { randomBytes } from 'node:crypto';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../src/config/load.ts';
import type { Logger } from '../../src/log/logger.ts';
import { ensureBaseImages } from './base-images.ts';
import { ensureBinary } from './binaries.ts';
import type { BinarySource } from './binaries.ts';
import { ensureComposeImages, ensureNodeBase } from './compose-images.ts';
import { devContext } from './context.ts';
import type { DevContext, DevOptions } from './context.ts';
import { ensureDocker } from './docker.ts';
import { projectRoot } from './paths.ts';
import { run } from './run.ts';
import { ensureSandboxImage } from './sandbox-image.ts';
import { ensureWorkerImage } from './worker-image.ts';

const VERSION = '2.40.3';
/** As a program of its own it needs no folder of plugins, and works with any client of Docker. */
const COMPOSE_BINARY: BinarySource = {
  service: 'compose',
  name: 'docker-compose',
  version: VERSION,
  least: [2, 24, 0],
  release: {
    url: `https://github.com/docker/compose/releases/download/v${VERSION}`,
    file: (platform, arch) => `docker-compose-${platform}-${arch === 'x64' ? 'x86_64' : 'aarch64'}`,
  },
  goPackage: `github.com/docker/compose/v2/cmd@v${VERSION}`,
  goModule: 'github.com/docker/compose/v2',
  buildMinutes: 3,
};

const ANSWER_MS = 20_000;
const SECRETS = ['postgres', 's3', 'metrics', 'grafana'] as const;
/** 192 bits, as 32 characters of base64. */
const SECRET_BYTES = 24;

export interface Compose {
  /** The program with the file; arguments of `docker compose` follow. */
  readonly command: readonly string[];
  /** For the environment of the command; the operator's own variables come after it. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where the secrets lie as files. */
  readonly secrets: string;
}

async function composeProgram(context: DevContext): Promise<readonly string[]> {
  const plugin = ['docker', 'compose'];
  const shown = await run([...plugin, 'version', '--short'], { timeoutMs: ANSWER_MS });
  const [, major = 0, minor = 0] = (/^v?(\d+)\.(\d+)/.exec(shown.output) ?? []).map(Number);
  if (shown.ok && (major > 2 || (major === 2 && minor >= 24))) return plugin;
  return [(await ensureBinary(context, COMPOSE_BINARY)).path];
}

/**
 * Made once. The folder is closed to others; the files are open, since compose gives them to users of containers who are
 * nobody on this machine.
 */
async function ensureSecrets(config: Config): Promise<string> {
  const folder = join(config.home, 'compose');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const make = async (name: string, secret: string, mode: number): Promise<void> => {
    await writeFile(join(folder, name), secret, { mode, flag: 'wx' }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  };
  for (const name of SECRETS) {
    await make(name, randomBytes(SECRET_BYTES).toString('base64url'), 0o444);
  }
  // The one that nobody can make: the operator puts a key into it, where the model's server wants one.
  await make('llm', '', 0o644);
  return folder;
}

/**
 * Everything that `docker compose up` needs. Throws AppError `docker-unreachable`, `image-missing` and
 * `service-not-available`.
 */
export async function ensureCompose(
  config: Config,
  log: Logger,
  options: DevOptions = {},
): Promise<Compose> {
  const context = devContext(config, log, options);
  const { socketPath } = await ensureDocker(context);
  if (config.sandboxImage === null) await ensureBaseImages(context, socketPath);
  const sandbox = await ensureSandboxImage(context, socketPath);
  const program = await composeProgram(context);
  const images = await ensureComposeImages(context, socketPath);
  const base =
    images.origin === 'built' ? await ensureNodeBase(context, socketPath) : 'debian:trixie-slim';
  const worker = await ensureWorkerImage(context, { socketPath, base });
  const secrets = await ensureSecrets(config);
  const { gid } = await stat(socketPath);
  return {
    command: [...program, '--file', join(projectRoot(), 'docker-compose.yml')],
    variables: {
      ...images.variables,
      TRACEMILL_IMAGE_WORKER: worker,
      TRACEMILL_SANDBOX_IMAGE: sandbox.reference,
      TRACEMILL_SECRETS: secrets,
      TRACEMILL_DOCKER_SOCKET: socketPath,
      TRACEMILL_DOCKER_GID: String(gid),
      DOCKER_HOST: `unix://${socketPath}`,
      ...(images.origin === 'published' ? { COMPOSE_PROFILES: 'ui' } : {}),
    },
    secrets,
  };
}
