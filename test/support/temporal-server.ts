// The Temporal dev server that tests share, and workers on it with queues of their own.
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import type { NativeConnection } from '@temporalio/worker';
import { ensureDataServices } from '../../infra/dev/services.ts';
import type { JobActivities } from '../../src/contract/activities.ts';
import type { JobInput, QueueName } from '../../src/contract/job.ts';
import { bundleWorkflows } from '../../src/temporal/bundle.ts';
import { connectClient } from '../../src/temporal/connection.ts';
import { installRuntime } from '../../src/temporal/runtime.ts';
import { connectWorker } from '../../src/temporal/worker-connection.ts';
import { testConfig, testLog } from './services.ts';

export const WORKFLOWS = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));

/** The workflows with timeouts in which a worker that KILLER takes is noticed within a second, at its first attempt. */
export async function bundleHasty(): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: WORKFLOWS,
    workflowInterceptorModules: [fileURLToPath(new URL('hasty-timeouts.ts', import.meta.url))],
    logger: new DefaultLogger('WARN'),
  });
  return code;
}

export interface TemporalServer extends AsyncDisposable {
  readonly client: Client;
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** Code of the workflow bundle, made once per test file. */
  readonly bundle: string;
}

export async function startTemporal(): Promise<TemporalServer> {
  installRuntime(testLog());
  const { temporal } = await ensureDataServices(testConfig(), testLog());
  const client = await connectClient(temporal);
  const worker = await connectWorker(temporal);
  return {
    client,
    connection: worker.connection,
    namespace: temporal.namespace,
    bundle: await bundleWorkflows(WORKFLOWS),
    async [Symbol.asyncDispose]() {
      await client.connection.close();
      await worker[Symbol.asyncDispose]();
    },
  };
}

/** An input of `traceJob` on queues that no other test uses. */
export function jobInput(overrides: Partial<JobInput> = {}): JobInput {
  return {
    v: 1,
    jobId: 'a'.repeat(64),
    revision: 1,
    bucket: 'b',
    specKey: 'jobs/a/spec.json',
    batchSize: 250,
    window: 8,
    dispatchSeed: null,
    queuePrefix: `test-${randomUUID()}-`,
    historyEventsMax: null,
    budget: null,
    retry: null,
    progress: null,
    cursor: null,
    ...overrides,
  };
}

/** Runs `work` while one worker per queue serves these activities. */
export async function withWorkers<T>(
  server: TemporalServer,
  options: {
    readonly queuePrefix: string;
    readonly activities: JobActivities;
    /** Batches of the queue trace at once; by default as many as the SDK takes. */
    readonly traceSlots?: number;
    /** Instead of the server's. */
    readonly bundle?: string;
  },
  work: () => Promise<T>,
): Promise<T> {
  const create = (queue: QueueName): Promise<Worker> =>
    Worker.create({
      connection: server.connection,
      namespace: server.namespace,
      taskQueue: `${options.queuePrefix}${queue}`,
      activities: options.activities,
      maxHeartbeatThrottleInterval: '500ms',
      ...(queue === 'job' ? { workflowBundle: { code: options.bundle ?? server.bundle } } : {}),
      ...(queue === 'trace' && options.traceSlots !== undefined
        ? { maxConcurrentActivityTaskExecutions: options.traceSlots }
        : {}),
    });
  const others = [await create('trace'), await create('llm'), await create('refine')];
  const job = await create('job');
  const served = others.reduce((inner, worker) => () => worker.runUntil(inner), work);
  return await job.runUntil(served);
}
