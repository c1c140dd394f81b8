// One slot of sandboxes, for the fingerprint that it makes here: starting it probes every limit as a worker does.
import { randomUUID } from 'node:crypto';
import type { Services } from '../config/services.ts';
import { createSlotPool } from '../sandbox/pool.ts';
import type { GatewayContext } from './cli-gateway.ts';
import { LIMITS_MAX } from './worker.ts';

/** Throws AppError `sandbox-unsafe`, `sandbox-start-failed`, `docker-unreachable`. */
export async function probeSandbox(
  { config, log }: GatewayContext,
  { docker, sandboxImage }: Pick<Services, 'docker' | 'sandboxImage'>,
): Promise<string> {
  await using pool = await createSlotPool({
    socketPath: docker.socketPath,
    image: sandboxImage.reference,
    slots: 1,
    workerId: randomUUID(),
    aslr: config.aslr,
    ...(config.runtime === null ? {} : { runtime: config.runtime }),
    limitsMax: LIMITS_MAX,
    log,
  });
  return (await pool.environment(new AbortController().signal)).id;
}
