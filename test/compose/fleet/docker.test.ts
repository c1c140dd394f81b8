// The fleet of containers keeps the contract of providers, with real workers.
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { dockerProvider } from '../../../src/fleet/docker.ts';
import type { FleetVm } from '../../../src/fleet/provider.ts';
import { fleetContract } from '../../support/fleet-contract.ts';
import { LATER, openFleetContainers, ownFleet } from '../../support/fleet-containers.ts';
import type { FleetContainers } from '../../support/fleet-containers.ts';

const SECRET = '/run/secrets/s3';

const FLEETS = ['contract-a', 'contract-b'] as const;
const OWN = new Map<string, string>(FLEETS.map((fleet) => [fleet, ownFleet(fleet)]));
const nameOf = (fleet: string): string => OWN.get(fleet) ?? fleet;

let containers: FleetContainers;
beforeAll(async () => {
  containers = await openFleetContainers(FLEETS.map(nameOf));
  const { folder, services } = containers;
  // Its folder is closed to others; a container's user is nobody here.
  await writeFile(join(folder, 's3.secret'), services.s3.secretAccessKey ?? '', { mode: 0o444 });
});
afterAll(() => containers[Symbol.asyncDispose]());

fleetContract('docker', {
  // A worker of the queue refine needs no sandbox: it is there in a moment.
  open: async (fleet) => {
    const { services, image, folder } = containers;
    return dockerProvider({
      socketPath: services.docker.socketPath,
      socketGid: (await stat(services.docker.socketPath)).gid,
      fleet: nameOf(fleet),
      image,
      arguments: ['--roles', 'refine'],
      environment: {
        TRACEMILL_TEMPORAL_ADDRESS: services.temporal.address,
        TRACEMILL_S3_ENDPOINT: services.s3.endpoint,
        TRACEMILL_S3_ACCESS_KEY_ID: services.s3.accessKeyId ?? '',
        TRACEMILL_SANDBOX_IMAGE: services.sandboxImage.reference,
        TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: SECRET,
        TRACEMILL_DOCKER_SOCKET: '/var/run/docker.sock',
        TRACEMILL_QUEUE_PREFIX: 'contract-',
        TRACEMILL_LOG_LEVEL: 'info',
      },
      files: { [SECRET]: join(folder, 's3.secret') },
      network: null,
      folder: join(folder, fleet),
    });
  },
  ready: async ({ id }: FleetVm) => {
    const isReady = (): boolean => {
      try {
        containers.docker('exec', id, 'test', '-s', '/var/lib/tracemill/worker.ready');
        return true;
      } catch {
        return false;
      }
    };
    await expect.poll(isReady, LATER).toBe(true);
  },
  drainMs: 120_000,
});
