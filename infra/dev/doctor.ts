// What is there, what could be made and what is missing, service by service; changes nothing.
import { statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { Config } from '../../src/config/load.ts';
import { missingBaseImages } from './base-images.ts';
import { S3_BINARY, TEMPORAL_BINARY, findBinary } from './binaries.ts';
import type { BinarySource } from './binaries.ts';
import { findDocker, hasBridge, isConfigured, isRoot } from './docker.ts';
import { engineVersion } from './engine-api.ts';
import { which } from './run.ts';
import { findS3 } from './s3.ts';
import { findSandboxImage } from './sandbox-image.ts';
import { findTemporal } from './temporal.ts';
import { findWorker } from './worker-process.ts';

/** `can-be-made`: `tracemill up` makes it; `missing`: somebody must do what `todo` says first. */
export type FindingState = 'found' | 'can-be-made' | 'missing' | 'not-needed';

export interface Finding {
  readonly service: string;
  readonly state: FindingState;
  readonly detail: string;
  readonly todo: string | null;
}

const NODE_LEAST = [20, 19] as const;
const GIB = 1024 ** 3;
/** Programs, base images and the sandbox image take about 2 GiB of it. */
const FREE_LEAST_BYTES = 5 * GIB;

const found = (service: string, detail: string): Finding => ({
  service,
  state: 'found',
  detail,
  todo: null,
});
const canBeMade = (service: string, detail: string): Finding => ({
  service,
  state: 'can-be-made',
  detail,
  todo: null,
});
const missing = (service: string, detail: string, todo: string): Finding => ({
  service,
  state: 'missing',
  detail,
  todo,
});

function node(): Finding {
  const version = process.versions.node;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor, leastMinor] = NODE_LEAST;
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) {
    return found('node', `Node ${version}`);
  }
  return missing('node', `Node ${version} is too old`, 'install Node 20.19 or later');
}

async function disk(config: Config): Promise<Finding> {
  const at = await statfs(config.home).catch(() => statfs(homedir()));
  const free = at.bavail * at.bsize;
  const detail = `${String(Math.floor(free / GIB))} GiB free`;
  if (free >= FREE_LEAST_BYTES) return found('disk', detail);
  return missing('disk', detail, 'make room for at least 5 GiB');
}

async function docker(config: Config): Promise<Finding> {
  const running = await findDocker(config);
  if (running !== null) {
    const version = (await engineVersion(running.socketPath)) ?? 'of unknown version';
    const bridge = hasBridge() ? '' : '; its network docker0 is gone (other containers need it)';
    return found('docker', `Engine ${version} at ${running.socketPath}${bridge}`);
  }
  const detail = `nothing answers at ${config.dockerSocket}`;
  if (isConfigured(config)) {
    return missing('docker', detail, 'start it, or unset TRACEMILL_DOCKER_SOCKET');
  }
  if (!isRoot()) return missing('docker', detail, 'start Docker; only root can start it here');
  if ((await which('dockerd')) !== null) {
    return canBeMade('docker', `${detail}; the installed dockerd will be started`);
  }
  if ((await which('apt-get')) !== null) {
    return canBeMade('docker', `${detail}; Debian's docker.io will be installed`);
  }
  return missing('docker', detail, 'install Docker and start it');
}

async function images(config: Config): Promise<readonly Finding[]> {
  const running = await findDocker(config);
  if (running === null) return [];
  const image = await findSandboxImage(config, running.socketPath);
  if (image !== null) {
    return [found('sandbox-image', `${image.reference}, ${image.id.slice(0, 19)}`)];
  }
  if (config.sandboxImage !== null) {
    const detail = `${config.sandboxImage} is not there`;
    return [missing('sandbox-image', detail, 'pull or build it, or unset TRACEMILL_SANDBOX_IMAGE')];
  }
  const bases = await missingBaseImages(running.socketPath);
  const names = bases.map((base) => base.reference).join(', ');
  return [
    bases.length === 0
      ? found('base-images', 'debian:trixie and debian:trixie-slim')
      : canBeMade('base-images', `${names} will be pulled, or made of Debian's packages as root`),
    canBeMade('sandbox-image', 'will be built from infra/docker'),
  ];
}

async function program(config: Config, source: BinarySource, nothing: string): Promise<Finding> {
  const binary = await findBinary(config.cache, source);
  if (binary !== null)
    return canBeMade(source.service, `${nothing}; ${binary.path} will be started`);
  if ((await which('go')) !== null) {
    const detail = `${nothing}; ${source.name} ${source.version} will be fetched or built with Go`;
    return canBeMade(source.service, detail);
  }
  const todo = `install ${source.name} ${source.version} or later, or Go 1.26 to build it`;
  return missing(source.service, `${nothing}, and ${source.name} is not installed`, todo);
}

async function temporal(config: Config): Promise<Finding> {
  const running = await findTemporal(config);
  if (running !== null) {
    const page = running.uiUrl === null ? '' : `, web page ${running.uiUrl}`;
    return found('temporal', `${running.address}, namespace ${running.namespace}${page}`);
  }
  const { address } = config.temporal;
  if (address === null) return program(config, TEMPORAL_BINARY, 'not started');
  const todo = 'start it, or unset TRACEMILL_TEMPORAL_ADDRESS';
  return missing('temporal', `nothing answers at ${address}`, todo);
}

async function s3(config: Config): Promise<Finding> {
  const running = await findS3(config);
  if (running !== null) {
    const isByRole = running.accessKeyId === null;
    return found(
      's3',
      isByRole ? `${running.endpoint}, by the role of this machine` : running.endpoint,
    );
  }
  const { endpoint } = config.s3;
  if (endpoint === null) return program(config, S3_BINARY, 'not started');
  const todo = 'start it, or unset TRACEMILL_S3_ENDPOINT';
  return missing('s3', `nothing answers at ${endpoint}`, todo);
}

async function worker(config: Config): Promise<Finding> {
  const running = await findWorker(config);
  if (running !== null) return found('worker', `process ${String(running.pid)}`);
  return canBeMade('worker', 'not started');
}

/** In the order in which `up` goes about it. */
export async function diagnose(config: Config): Promise<readonly Finding[]> {
  const findings = await Promise.all([
    disk(config),
    docker(config),
    images(config),
    temporal(config),
    s3(config),
    worker(config),
  ]);
  return [node(), ...findings.flat()];
}
