// Ends what this checkout started: worker, Temporal, S3. The Docker Engine is shared, and is ended only when asked.
import { rm } from 'node:fs/promises';
import type { Config } from '../../src/config/load.ts';
import type { Logger } from '../../src/log/logger.ts';
import { stopDocker } from './docker.ts';
import { withLock } from './lock.ts';
import { lockPath, WORKER_NAMES, workerReadyPath } from './paths.ts';
import { stopProcess } from './processes.ts';
import { readState, updateState } from './state.ts';

export type StoppedName = 'worker' | 'temporal' | 's3' | 'docker';

export interface Stopped {
  readonly service: StoppedName;
  /** False where it was not running, or was not ours. */
  readonly stopped: boolean;
}

/** A worker first drains: it stops between two functions with its part durable, and gives up by itself after 110 s. */
export const WORKER_GRACE_MS = 120_000;
const SERVER_GRACE_MS = 10_000;
const LOCK_WAIT_MS = 60_000;

/** Only processes that `services.json` records and that are still the same ones. Data stays. */
export async function stopServices(
  config: Config,
  log: Logger,
  options: { readonly docker?: boolean } = {},
): Promise<readonly Stopped[]> {
  return withLock({ path: lockPath(config), waitMs: LOCK_WAIT_MS }, async () => {
    const state = await readState(config);
    // The workers first: they need the others to end well.
    const workers = await Promise.all(
      WORKER_NAMES.map(async (name) => {
        const isStopped = await stopProcess(state[name]?.mark ?? null, WORKER_GRACE_MS);
        await rm(workerReadyPath(config, name), { force: true });
        return isStopped;
      }),
    );
    const [temporal, s3] = await Promise.all([
      stopProcess(state.temporal?.mark ?? null, SERVER_GRACE_MS),
      stopProcess(state.s3?.mark ?? null, SERVER_GRACE_MS),
    ]);
    // Ports are kept in the state, so that addresses stay the same next time; the marks no longer match.
    await updateState(config, { worker: null, llmWorker: null });
    const docker = options.docker === true && (await stopDocker(config));
    const stopped: Stopped[] = [
      { service: 'worker', stopped: workers.includes(true) },
      { service: 'temporal', stopped: temporal },
      { service: 's3', stopped: s3 },
      ...(options.docker === true ? [{ service: 'docker' as const, stopped: docker }] : []),
    ];
    log.info({ stopped }, 'services stopped');
    return stopped;
  });
}
