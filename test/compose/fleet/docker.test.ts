// The fleet of containers keeps the contract of providers, with real workers.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { isPublished, ensureServicesBase } from '../../../infra/dev/compose-images.ts';
import { devContext } from '../../../infra/dev/context.ts';
import { ensureWorkerImage } from '../../../infra/dev/worker-image.ts';
import type { Config } from '../../../src/config/load.ts';
import type { Services } from '../../../src/config/services.ts';
import { dockerProvider } from '../../../src/fleet/docker.ts';
import type { FleetVm } from '../../../src/fleet/provider.ts';
import { fleetContract } from '../../support/fleet-contract.ts';
import { testLog, testServices } from '../../support/services.ts';

const SECRET = '/run/secrets/s3';
const LATER = { timeout: 240_000, interval: 1_000 };

let config: Config;
let services: Services;
let image = '';
let folder = '';
const docker = (...args: readonly string[]): string =>
  execFileSync('docker', ['--host', `unix://${services.docker.socketPath}`, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();

beforeAll(async () => {
  ({ config, services } = await testServices());
  const context = devContext(config, testLog());
  const { socketPath } = services.docker;
  const base = (await isPublished(config, socketPath))
    ? 'debian:trixie-slim'
    : await ensureServicesBase(context, socketPath);
  image = await ensureWorkerImage(context, { socketPath, base });
  folder = await mkdtemp(join(tmpdir(), 'tracemill-fleet-'));
  // Its folder is closed to others; a container's user is nobody here.
  await writeFile(join(folder, 's3.secret'), services.s3.secretAccessKey, { mode: 0o444 });
});
afterAll(async () => {
  for (const fleet of ['contract-a', 'contract-b']) {
    const label = `label=dev.tracemill.fleet=${fleet}`;
    const left = docker('ps', '--all', '--quiet', '--filter', label);
    if (left !== '') docker('rm', '--force', ...left.split('\n'));
  }
  await rm(folder, { recursive: true, force: true });
});

fleetContract('docker', {
  // A worker of the queue refine needs no sandbox: it is there in a moment.
  open: async (fleet) =>
    dockerProvider({
      socketPath: services.docker.socketPath,
      socketGid: (await stat(services.docker.socketPath)).gid,
      fleet,
      image,
      arguments: ['--roles', 'refine'],
      environment: {
        TRACEMILL_TEMPORAL_ADDRESS: services.temporal.address,
        TRACEMILL_S3_ENDPOINT: services.s3.endpoint,
        TRACEMILL_S3_ACCESS_KEY_ID: services.s3.accessKeyId,
        TRACEMILL_SANDBOX_IMAGE: services.sandboxImage.reference,
        TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: SECRET,
        TRACEMILL_DOCKER_SOCKET: '/var/run/docker.sock',
        TRACEMILL_QUEUE_PREFIX: 'contract-',
        TRACEMILL_LOG_LEVEL: 'info',
      },
      files: { [SECRET]: join(folder, 's3.secret') },
      network: null,
      folder: join(folder, fleet),
    }),
  ready: async ({ id }: FleetVm) => {
    const isReady = (): boolean => {
      try {
        docker('exec', id, 'test', '-s', '/var/lib/tracemill/worker.ready');
        return true;
      } catch {
        return false;
      }
    };
    await expect.poll(isReady, LATER).toBe(true);
  },
  drainMs: 60_000,
});
