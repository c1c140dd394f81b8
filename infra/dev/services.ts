// Finds or makes every service of the embedded default, in the order of docs/operating.md, and says which it took.
// Safe to call again and from several processes at once: a lock in `home` and one in `cache` let one work at a time.
import { mkdir } from 'node:fs/promises';
import type { Config } from '../../src/config/load.ts';
import type { Services } from '../../src/config/services.ts';
import type { Logger } from '../../src/log/logger.ts';
import { ensureBaseImages } from './base-images.ts';
import { devContext } from './context.ts';
import type { DevContext, DevOptions } from './context.ts';
import { ensureDocker } from './docker.ts';
import { withLock } from './lock.ts';
import { lockPath } from './paths.ts';
import { ensureS3 } from './s3.ts';
import { ensureSandboxImage } from './sandbox-image.ts';
import { ensureTemporal } from './temporal.ts';

/** The part that a reader of data needs: no Docker. */
export type DataServices = Pick<Services, 'temporal' | 's3'>;

/** Another process may be building from sources while we wait for its lock; the longest build took 20 minutes. */
const LOCK_WAIT_MS = 45 * 60_000;

async function sandboxServices(
  context: DevContext,
): Promise<Pick<Services, 'docker' | 'sandboxImage'>> {
  const docker = await ensureDocker(context);
  const configured = context.config.sandboxImage !== null;
  if (!configured) await ensureBaseImages(context, docker.socketPath);
  return { docker, sandboxImage: await ensureSandboxImage(context, docker.socketPath) };
}

/** Waits for all before the first error is thrown, so that no half of the work goes on unseen. */
async function settled<A, B, C>(works: [Promise<A>, Promise<B>, Promise<C>]): Promise<[A, B, C]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}

async function locked<T>(context: DevContext, work: () => Promise<T>): Promise<T> {
  await mkdir(context.config.home, { recursive: true, mode: 0o700 });
  return withLock({ path: lockPath(context.config), waitMs: LOCK_WAIT_MS }, work);
}

/**
 * All services. Throws AppError `service-not-available` (could be neither found nor made), `docker-unreachable`,
 * `temporal-unreachable` or `store-unreachable` (configured, but nothing answers), `image-missing`.
 */
export async function ensureServices(
  config: Config,
  log: Logger,
  options: DevOptions = {},
): Promise<Services> {
  const context = devContext(config, log, options);
  return locked(context, async () => {
    const [sandbox, temporal, s3] = await settled([
      sandboxServices(context),
      ensureTemporal(context),
      ensureS3(context),
    ]);
    return { ...sandbox, temporal, s3 };
  });
}

/** Temporal and S3 only, for commands that run nothing. Throws as `ensureServices` does. */
export async function ensureDataServices(
  config: Config,
  log: Logger,
  options: DevOptions = {},
): Promise<DataServices> {
  const context = devContext(config, log, options);
  return locked(context, async () => {
    const [temporal, s3] = await settled([
      ensureTemporal(context),
      ensureS3(context),
      Promise.resolve(null),
    ]);
    return { temporal, s3 };
  });
}
