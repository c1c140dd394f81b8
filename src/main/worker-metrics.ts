// The metrics of a worker process: its own, the SDK's, and, where it coordinates, those of jobs and queues.
import type { Config } from '../config/load.ts';
import type { Services } from '../config/services.ts';
import type { QueueName } from '../contract/job.ts';
import type { Logger } from '../log/logger.ts';
import { NO_METRICS } from '../metrics/port.ts';
import type { WorkMetrics } from '../metrics/port.ts';
import { createMetrics } from '../metrics/registry.ts';
import { serveMetrics } from '../metrics/server.ts';
import type { SlotPool } from '../sandbox/port.ts';
import { connectClient } from '../temporal/connection.ts';
import { takeSdkUpdates } from '../temporal/sdk-metrics.ts';
import { jobMetrics } from './job-metrics.ts';
import { metricsToken } from './metrics-token.ts';

/** The SDK keeps what it measured until it is taken; its room is for a hundred times as long. */
const TAKE_MS = 1_000;

export interface WorkerMetrics extends AsyncDisposable {
  readonly work: WorkMetrics;
  /** Tells from now on how many of its slots are busy. */
  watch(pool: SlotPool): void;
  /** From now on the health check says so. */
  ready(): void;
}

interface Given {
  readonly config: Config;
  readonly services: Pick<Services, 'temporal'>;
  readonly roles: readonly QueueName[];
  readonly log: Logger;
}

const NOTHING: WorkerMetrics = {
  work: NO_METRICS,
  watch: () => undefined,
  ready: () => undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/**
 * Serves them where the configuration says where. The runtime of the SDK must be told to measure before. Throws AppError
 * `config-invalid` and `temporal-unreachable`.
 */
export async function openMetrics(given: Given): Promise<WorkerMetrics> {
  const { config, services, roles, log } = given;
  if (config.metrics === null) return NOTHING;
  const metrics = createMetrics();
  const closers: (() => PromiseLike<void> | void)[] = [];
  if (roles.includes('job')) {
    const client = await connectClient(services.temporal);
    closers.push(() => client.connection.close());
    metrics.onCollect(jobMetrics(client, config.queuePrefix));
  }
  const take = (): void => {
    metrics.sdk(takeSdkUpdates());
  };
  metrics.onCollect(() => {
    take();
    return Promise.resolve([]);
  });
  const timer = setInterval(take, TAKE_MS).unref();
  closers.push(() => {
    clearInterval(timer);
  });
  let isReady = false;
  const { host, port } = config.metrics;
  const token = config.metrics.token ?? (await metricsToken(config.home));
  const server = await serveMetrics({ host, port, token, metrics, isReady: () => isReady, log });
  closers.push(() => server[Symbol.asyncDispose]());
  return {
    work: metrics.work,
    watch: (pool) => {
      metrics.slots(() => ({ size: pool.size, busy: pool.busy() }));
    },
    ready: () => {
      isReady = true;
    },
    async [Symbol.asyncDispose]() {
      for (const close of closers.reverse()) await close();
    },
  };
}
