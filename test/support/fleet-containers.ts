// What tests of a fleet of containers share: the worker's image, a folder of their own, and Docker by its command.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { devContext } from '../../infra/dev/context.ts';
import { ensureOwnWorkerImage } from '../../infra/dev/worker-image.ts';
import type { Config } from '../../src/config/load.ts';
import type { Services } from '../../src/config/services.ts';
import { dockerCommandAt } from './docker-command.ts';
import type { DockerCommand } from './docker-command.ts';
import { testLog, testServices } from './services.ts';

/** A fleet of a name of its own: the machines of a run that was killed, or goes on beside this one, are not seen. */
export const ownFleet = (name: string): string => `${name}-${randomBytes(3).toString('hex')}`;

/** A container is there in seconds; the rest is room for a busy machine. */
export const LATER = { timeout: 240_000, interval: 1_000 };

export interface FleetContainers extends AsyncDisposable {
  readonly config: Config;
  readonly services: Services;
  /** Of a worker. */
  readonly image: string;
  readonly folder: string;
  /** Output of `docker` with these arguments. */
  readonly docker: DockerCommand;
}

/** Disposing removes the folder and what containers of these fleets are left. */
export async function openFleetContainers(fleets: readonly string[]): Promise<FleetContainers> {
  const { config, services } = await testServices();
  const { socketPath } = services.docker;
  const image = await ensureOwnWorkerImage(devContext(config, testLog()), socketPath);
  const folder = await mkdtemp(join(tmpdir(), 'tracemill-fleet-'));
  const docker = dockerCommandAt(socketPath);
  return {
    ...{ config, services, image, folder, docker },
    [Symbol.asyncDispose]: async () => {
      for (const fleet of fleets) {
        const label = `label=dev.tracemill.fleet=${fleet}`;
        const left = docker('ps', '--all', '--quiet', '--filter', label);
        if (left !== '') docker('rm', '--force', ...left.split('\n'));
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
