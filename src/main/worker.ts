// The worker process: makes what activities need, runs the roles, and drains when it is told to stop.
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createActivities } from '../../activities/index.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { readLlmKey } from '../config/load.ts';
import type { Config } from '../config/load.ts';
import type { Services } from '../config/services.ts';
import type { QueueName } from '../contract/job.ts';
import { MAX_LIMITS } from '../contract/limits.ts';
import type { Limits } from '../contract/limits.ts';
import { AppError, isAppError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { createSlotPool } from '../sandbox/pool.ts';
import type { SlotPool } from '../sandbox/port.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { S3Store } from '../store/s3.ts';
import { createModelClient } from '../synthesis/model-client.ts';
import type { ModelPort } from '../synthesis/port.ts';
import { installRuntime } from '../temporal/runtime.ts';
import { checkTemporal, connectWorker } from '../temporal/worker-connection.ts';
import { runWorker } from '../temporal/worker.ts';
import { openMetrics } from './worker-metrics.ts';

export interface WorkerProcess {
  readonly config: Config;
  readonly services: Pick<Services, 'temporal' | 's3'>;
  /** Null where no role runs untrusted code. */
  readonly sandbox: Pick<Services, 'docker' | 'sandboxImage'> | null;
  readonly log: Logger;
  readonly roles: readonly QueueName[];
  readonly slots: number;
  /** Aborted when the worker is to stop: batches hand themselves back between two functions. */
  readonly stop: AbortSignal;
  /** Called once all roles poll. */
  readonly onReady: () => Promise<void>;
}

/**
 * A part is made durable within a minute and a function ends within a few; what takes longer is cancelled and its batch
 * continues from the last part elsewhere.
 */
const SHUTDOWN_GRACE_MS = 90_000;

const MIB = 1024 * 1024;
/**
 * Twice the default memory and four times the default trace: a container may then take 2 GiB where a limit is confirmed,
 * so that two slots of two containers fit a machine of 16 GiB.
 */
export const LIMITS_MAX: Limits = {
  ...MAX_LIMITS,
  memoryBytes: 512 * MIB,
  traceBytes: 16 * MIB,
  wallMs: 600_000,
};

/** Written beside the compiled program by scripts/build.mjs. */
const BUNDLE = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url));

/** One store per bucket, made when it is first asked for; closed with `close`. */
function storesOf(services: WorkerProcess['services']): {
  readonly storeOf: (bucket: string) => ObjectStore;
  readonly close: () => void;
} {
  const { endpoint, region, accessKeyId, secretAccessKey } = services.s3;
  const stores = new Map<string, S3Store>();
  return {
    storeOf: (bucket) => {
      const known = stores.get(bucket);
      if (known !== undefined) return known;
      const store = new S3Store({ endpoint, region, accessKeyId, secretAccessKey, bucket });
      stores.set(bucket, store);
      return store;
    },
    close: () => {
      for (const store of stores.values()) store[Symbol.dispose]();
    },
  };
}

/** Throws AppError `environment-mismatch` where sandboxes of this machine are not those that the configuration asks for. */
async function requireConfigured({ config, stop }: WorkerProcess, pool: SlotPool): Promise<void> {
  if (config.environment === null) return;
  const { id } = await pool.environment(stop);
  if (id === config.environment) return;
  throw new AppError(
    'environment-mismatch',
    `sandboxes of this machine have environment ${id.slice(0, 12)}, TRACEMILL_ENVIRONMENT asks for ` +
      `${config.environment.slice(0, 12)}; give it the same sandbox image and a processor of the same kind`,
    { context: { expected: config.environment, found: id } },
  );
}

async function openPool(given: WorkerProcess): Promise<SlotPool | null> {
  const { sandbox, config, log, slots } = given;
  if (!given.roles.includes('trace') || sandbox === null) return null;
  await mkdir(config.home, { recursive: true, mode: 0o700 });
  const pool = await createSlotPool({
    socketPath: sandbox.docker.socketPath,
    image: sandbox.sandboxImage.reference,
    slots,
    workerId: randomUUID(),
    aslr: config.aslr,
    ...(config.runtime === null ? {} : { runtime: config.runtime }),
    limitsMax: LIMITS_MAX,
    diskFolder: config.home,
    log,
  });
  try {
    await requireConfigured(given, pool);
    return pool;
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}

/** Throws AppError `config-invalid` where the role llm has no endpoint, or its key cannot be read. */
function openModel({ roles, config, log }: WorkerProcess): ModelPort | null {
  if (!roles.includes('llm')) return null;
  const { llm } = config;
  if (llm === null) {
    throw new AppError(
      'config-invalid',
      'the role llm asks a language model: name its base URL in TRACEMILL_LLM_ENDPOINT, or leave the role out',
    );
  }
  const { endpoint: baseUrl, keyFile: _file, ...pace } = llm;
  return createModelClient({ baseUrl, key: readLlmKey(llm), ...pace }, log);
}

/**
 * Returns when `stop` was aborted and all has drained. Throws AppError `temporal-unreachable`, `temporal-denied`,
 * `docker-unreachable`, `image-missing`, `sandbox-unsafe`, `environment-mismatch` where the sandboxes here are not the
 * configured ones, and what ends a role.
 */
export async function runWorkerProcess(given: WorkerProcess): Promise<void> {
  const { config, services, log, roles, slots, stop } = given;
  const llm = openModel(given);
  installRuntime(log, { withMetrics: config.metrics !== null });
  await using temporal = await connectWorker(services.temporal);
  const stores = storesOf(services);
  await using metrics = await openMetrics({ config, services, roles, log });
  const pool = await openPool(given);
  if (pool !== null) metrics.watch(pool);
  try {
    const deps: ActivityDeps = {
      storeOf: stores.storeOf,
      pool,
      llm,
      limitsMax: LIMITS_MAX,
      log,
      metrics: metrics.work,
      drain: stop,
      sandboxImage: given.sandbox?.sandboxImage ?? null,
    };
    await runWorker({
      connection: temporal.connection,
      namespace: services.temporal.namespace,
      queuePrefix: config.queuePrefix,
      roles,
      slots,
      activities: createActivities(deps),
      workflows: { kind: 'file', path: BUNDLE },
      stop,
      shutdownGraceMs: SHUTDOWN_GRACE_MS,
      onReady: async () => {
        metrics.ready();
        await given.onReady();
      },
    });
  } catch (error) {
    // The SDK has words of its own for what ended a role; a connection of ours says whether Temporal refuses us now.
    if (!isAppError(error)) await checkTemporal(services.temporal);
    throw error;
  } finally {
    await pool?.[Symbol.asyncDispose]();
    stores.close();
  }
}
