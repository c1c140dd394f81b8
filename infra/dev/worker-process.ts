// The workers of the embedded default: one detached process per checkout, and a second one where a language model is
// configured, whose key the first one never reads. They are replaced when their build or settings changed.
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../src/config/load.ts';
import type { Services } from '../../src/config/services.ts';
import { securityVariables } from '../../src/config/temporal-security.ts';
import type { QueueName } from '../../src/contract/job.ts';
import { AppError } from '../../src/errors.ts';
import type { Logger } from '../../src/log/logger.ts';
import { WORKER_GRACE_MS } from './down.ts';
import { withLock } from './lock.ts';
import { logPath, projectRoot, s3SecretPath, workerReadyPath } from './paths.ts';
import type { WorkerName } from './paths.ts';
import { isAlive, spawnDetached, stopProcess, waitFor } from './processes.ts';
import type { ProcessMark } from './processes.ts';
import { lastLines } from './run.ts';
import { readState, updateState } from './state.ts';

export interface WorkerRequest {
  readonly name: WorkerName;
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
const LLM_VARIABLES = ['TRACEMILL_LLM_ENDPOINT', 'TRACEMILL_LLM_API_KEY_FILE'] as const;

/** Nothing where the SDK finds credentials by itself: it does so in the worker too. */
function s3KeyVariables(config: Config, s3: Services['s3']): Record<string, string> {
  if (s3.accessKeyId === null) return {};
  const named = s3.origin === 'configured' ? config.s3.secretFile : null;
  return {
    TRACEMILL_S3_ACCESS_KEY_ID: s3.accessKeyId,
    TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: named ?? s3SecretPath(config),
  };
}

/** What the worker is told: where things are, so that it looks for nothing itself. No secret, only its file. */
function workerEnvironment({ config, services }: WorkerDeps): Record<string, string> {
  return {
    TRACEMILL_HOME: config.home,
    TRACEMILL_CACHE: config.cache,
    // Its log is a file that nobody pages through unless something is wrong: one line per batch is welcome there.
    TRACEMILL_LOG_LEVEL: config.logLevel === 'debug' ? 'debug' : 'info',
    TRACEMILL_TEMPORAL_ADDRESS: services.temporal.address,
    TRACEMILL_TEMPORAL_NAMESPACE: services.temporal.namespace,
    ...securityVariables(services.temporal.security),
    TRACEMILL_QUEUE_PREFIX: config.queuePrefix,
    TRACEMILL_S3_ENDPOINT: services.s3.endpoint,
    TRACEMILL_S3_REGION: services.s3.region,
    ...s3KeyVariables(config, services.s3),
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
    request.name === 'llmWorker' ? deps.config.llm : null,
    await buildStamp(),
  ]);
  return createHash('sha256').update(told).digest('hex').slice(0, 16);
}

const locked = <T>(config: Config, name: WorkerName, work: () => Promise<T>): Promise<T> =>
  withLock({ path: join(config.home, `${name}.lock`), waitMs: LOCK_WAIT_MS }, work);

/** The recorded worker where it lives and was told the same. */
async function fitting(
  config: Config,
  name: WorkerName,
  settings: string,
): Promise<ProcessMark | null> {
  const { [name]: worker } = await readState(config);
  if (worker === null || worker.settings !== settings) return null;
  return (await isAlive(worker.mark)) ? worker.mark : null;
}

async function endRecorded(config: Config, name: WorkerName): Promise<boolean> {
  const { [name]: worker } = await readState(config);
  const ended = await stopProcess(worker?.mark ?? null, WORKER_GRACE_MS);
  if (worker !== null) await updateState(config, { [name]: null });
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
  const { name } = request;
  return locked(deps.config, name, async () => {
    if ((await fitting(deps.config, name, settings)) !== null) return false;
    return await endRecorded(deps.config, name);
  });
}

/**
 * Throws AppError `service-not-available` with the worker's own last words where it does not get ready. A worker of
 * another build or with other settings drains first.
 */
export async function ensureWorker(deps: WorkerDeps, request: WorkerRequest): Promise<LocalWorker> {
  const { config, log } = deps;
  const { name } = request;
  const settings = await settingsOf(deps, request);
  return locked(config, name, async () => {
    const running = await fitting(config, name, settings);
    if (running !== null && (await isReady(config, name, running))) {
      return { pid: running.pid, started: false };
    }
    await endRecorded(config, name);
    const mark = await spawnWorker(deps, request);
    // Recorded before it is ready: an interrupt from here on leaves a worker that the next call finds.
    if (mark !== null) await updateState(config, { [name]: { mark, settings } });
    if (mark === null || !(await isReady(config, name, mark))) throw await notReady(config, name);
    log.info({ pid: mark.pid, slots: request.slots }, 'worker started');
    return { pid: mark.pid, started: true };
  });
}

async function spawnWorker(deps: WorkerDeps, request: WorkerRequest): Promise<ProcessMark | null> {
  const { config } = deps;
  const { name } = request;
  await rm(workerReadyPath(config, name), { force: true });
  const told = Object.entries(workerEnvironment(deps)).map(([key, value]) => `${key}=${value}`);
  // Where a key lies is nothing that a host of untrusted code is told.
  const untold = name === 'llmWorker' ? [] : LLM_VARIABLES.flatMap((key) => ['-u', key]);
  return spawnDetached({
    command: [
      ...['env', ...untold, ...told, process.execPath, join(projectRoot(), 'bin', 'tracemill.js')],
      ...['worker', '--roles', request.roles.join(','), '--slots', String(request.slots)],
    ],
    logFile: logPath(config, name),
    cwd: config.home,
  });
}

function isReady(config: Config, name: WorkerName, mark: ProcessMark): Promise<boolean> {
  const path = workerReadyPath(config, name);
  return waitFor(async () => (await readFile(path, 'utf8').catch(() => '')) === String(mark.pid), {
    timeoutMs: READY_MS,
    mark,
  });
}

async function notReady(config: Config, name: WorkerName): Promise<AppError> {
  await endRecorded(config, name);
  const logFile = logPath(config, name);
  const words = (await readFile(logFile, 'utf8').catch(() => '')).slice(-LOG_TAIL);
  return new AppError(
    'service-not-available',
    `the worker did not get ready (${lastLines(words, 1)}); see ${JSON.stringify(logFile)}`,
  );
}

/** Called by a worker process once it polls all its queues. */
export async function markWorkerReady(
  config: Pick<Config, 'home'>,
  roles: readonly QueueName[],
): Promise<void> {
  const name = roles.includes('llm') ? 'llmWorker' : 'worker';
  await writeFile(workerReadyPath(config, name), String(process.pid));
}

/** Whether the worker of this checkout runs. */
export async function findWorker(config: Config): Promise<{ readonly pid: number } | null> {
  const { worker } = await readState(config);
  return worker !== null && (await isAlive(worker.mark)) ? { pid: worker.mark.pid } : null;
}
