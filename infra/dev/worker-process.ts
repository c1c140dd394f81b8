// The worker of the embedded default: one detached process per checkout, replaced when its build or settings changed.
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../src/config/load.ts';
import type { Services } from '../../src/config/services.ts';
import type { QueueName } from '../../src/contract/job.ts';
import { AppError } from '../../src/errors.ts';
import type { Logger } from '../../src/log/logger.ts';
import { WORKER_GRACE_MS } from './down.ts';
import { withLock } from './lock.ts';
import { logPath, projectRoot, s3SecretPath, workerReadyPath } from './paths.ts';
import { isAlive, spawnDetached, stopProcess, waitFor } from './processes.ts';
import type { ProcessMark } from './processes.ts';
import { lastLines } from './run.ts';
import { readState, updateState } from './state.ts';

export interface WorkerRequest {
  readonly roles: readonly QueueName[];
  /** Sandboxes at a time. */
  readonly slots: number;
}

export interface WorkerDeps {
  readonly config: Config;
  readonly log: Logger;
  readonly services: Services;
}

export interface LocalWorker {
  readonly pid: number;
  /** False where the same worker ran before. */
  readonly started: boolean;
}

/** A slot is two containers of about a second each, and the sandbox probe runs once; the rest is for a busy machine. */
const READY_MS = 120_000;
const LOCK_WAIT_MS = READY_MS + WORKER_GRACE_MS;
const LOG_TAIL = 4_000;

/** What the worker is told: where things are, so that it looks for nothing itself. No secret, only its file. */
function workerEnvironment({ config, services }: WorkerDeps): Record<string, string> {
  return {
    TRACEMILL_HOME: config.home,
    TRACEMILL_CACHE: config.cache,
    // Its log is a file that nobody pages through unless something is wrong: one line per batch is welcome there.
    TRACEMILL_LOG_LEVEL: config.logLevel === 'debug' ? 'debug' : 'info',
    TRACEMILL_TEMPORAL_ADDRESS: services.temporal.address,
    TRACEMILL_TEMPORAL_NAMESPACE: services.temporal.namespace,
    TRACEMILL_QUEUE_PREFIX: config.queuePrefix,
    TRACEMILL_S3_ENDPOINT: services.s3.endpoint,
    TRACEMILL_S3_REGION: services.s3.region,
    TRACEMILL_S3_ACCESS_KEY_ID: services.s3.accessKeyId,
    // A configured secret is already in the inherited environment.
    ...(services.s3.origin === 'configured'
      ? {}
      : { TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: s3SecretPath(config) }),
    TRACEMILL_DOCKER_SOCKET: services.docker.socketPath,
    TRACEMILL_SANDBOX_IMAGE: services.sandboxImage.reference,
    TRACEMILL_ASLR: config.aslr ? 'on' : 'off',
  };
}

/** Changes with the build: scripts/build.mjs writes the digest of the sources beside what it compiled. */
async function buildStamp(): Promise<string> {
  return readFile(join(projectRoot(), 'dist', '.stamp'), 'utf8').catch(() => 'unknown');
}

async function settingsOf(deps: WorkerDeps, request: WorkerRequest): Promise<string> {
  const told = JSON.stringify([
    workerEnvironment(deps),
    request.roles,
    request.slots,
    deps.services.sandboxImage.id,
    [deps.config.metrics, deps.config.interruption],
    await buildStamp(),
  ]);
  return createHash('sha256').update(told).digest('hex').slice(0, 16);
}

const locked = <T>(config: Config, work: () => Promise<T>): Promise<T> =>
  withLock({ path: join(config.home, 'worker.lock'), waitMs: LOCK_WAIT_MS }, work);

/** The recorded worker where it lives and was told the same. */
async function fitting(config: Config, settings: string): Promise<ProcessMark | null> {
  const { worker } = await readState(config);
  if (worker === null || worker.settings !== settings) return null;
  return (await isAlive(worker.mark)) ? worker.mark : null;
}

async function endRecorded(config: Config): Promise<boolean> {
  const { worker } = await readState(config);
  const ended = await stopProcess(worker?.mark ?? null, WORKER_GRACE_MS);
  if (worker !== null) await updateState(config, { worker: null });
  return ended;
}

/**
 * Ends a worker of another build or with other settings, so that it takes up no batch of a job that is about to start.
 * False where there was none.
 */
export async function retireStaleWorker(
  deps: WorkerDeps,
  request: WorkerRequest,
): Promise<boolean> {
  const settings = await settingsOf(deps, request);
  return locked(deps.config, async () => {
    if ((await fitting(deps.config, settings)) !== null) return false;
    return await endRecorded(deps.config);
  });
}

/**
 * Throws AppError `service-not-available` with the worker's own last words where it does not get ready. A worker of
 * another build or with other settings drains first.
 */
export async function ensureWorker(deps: WorkerDeps, request: WorkerRequest): Promise<LocalWorker> {
  const { config, log } = deps;
  const settings = await settingsOf(deps, request);
  return locked(config, async () => {
    const running = await fitting(config, settings);
    if (running !== null && (await isReady(config, running))) {
      return { pid: running.pid, started: false };
    }
    await endRecorded(config);
    const mark = await spawnWorker(deps, request);
    // Recorded before it is ready: an interrupt from here on leaves a worker that the next call finds.
    if (mark !== null) await updateState(config, { worker: { mark, settings } });
    if (mark === null || !(await isReady(config, mark))) throw await notReady(config);
    log.info({ pid: mark.pid, slots: request.slots }, 'worker started');
    return { pid: mark.pid, started: true };
  });
}

async function spawnWorker(deps: WorkerDeps, request: WorkerRequest): Promise<ProcessMark | null> {
  const { config } = deps;
  await rm(workerReadyPath(config), { force: true });
  const told = Object.entries(workerEnvironment(deps)).map(([key, value]) => `${key}=${value}`);
  return spawnDetached({
    command: [
      ...['env', ...told, process.execPath, join(projectRoot(), 'bin', 'tracemill.js')],
      ...['worker', '--roles', request.roles.join(','), '--slots', String(request.slots)],
    ],
    logFile: logPath(config, 'worker'),
    cwd: config.home,
  });
}

function isReady(config: Config, mark: ProcessMark): Promise<boolean> {
  const path = workerReadyPath(config);
  return waitFor(async () => (await readFile(path, 'utf8').catch(() => '')) === String(mark.pid), {
    timeoutMs: READY_MS,
    mark,
  });
}

async function notReady(config: Config): Promise<AppError> {
  await endRecorded(config);
  const logFile = logPath(config, 'worker');
  const words = (await readFile(logFile, 'utf8').catch(() => '')).slice(-LOG_TAIL);
  return new AppError(
    'service-not-available',
    `the worker did not get ready (${lastLines(words, 1)}); see ${JSON.stringify(logFile)}`,
  );
}

/** Called by a worker process once it polls all its queues. */
export async function markWorkerReady(config: Pick<Config, 'home'>): Promise<void> {
  await writeFile(workerReadyPath(config), String(process.pid));
}

/** Whether the worker of this checkout runs. */
export async function findWorker(config: Config): Promise<{ readonly pid: number } | null> {
  const { worker } = await readState(config);
  return worker !== null && (await isAlive(worker.mark)) ? { pid: worker.mark.pid } : null;
}
