// What Temporal tells of the queues: how much waits, and which workers ask for work.
import type { Client } from '@temporalio/client';
import type { QueueName } from '../contract/job.ts';
import { calling } from './calls.ts';
import { slotsOfIdentity } from './identity.ts';
import { msOf } from './stamp.ts';

export interface QueueWorker {
  /** Process and host. */
  readonly identity: string;
  /** Null where the worker's identity does not say so. */
  readonly slots: number | null;
  /** Milliseconds since the epoch of its last poll; a worker whose slots are all busy may not poll for a while. */
  readonly polledAtMs: number;
}

export interface QueueReport {
  readonly queue: QueueName;
  /** Activities that wait for a slot; approximate, as the server counts. */
  readonly backlog: number;
  /** Milliseconds that the oldest of them has waited. */
  readonly oldestMs: number;
  /** True where a rate limit holds the queue back. */
  readonly isHeldBack: boolean;
  readonly workers: readonly QueueWorker[];
}

const QUEUES: readonly QueueName[] = ['job', 'trace', 'llm', 'refine'];
/** TASK_QUEUE_TYPE_ACTIVITY of the server's interface. */
const ACTIVITY = 2;

/** All queues of a prefix. Throws AppError `temporal-unreachable`. */
export async function describeFleet(
  client: Client,
  queuePrefix: string,
): Promise<readonly QueueReport[]> {
  const { namespace } = client.options;
  return await Promise.all(
    QUEUES.map(async (queue) => {
      const taskQueue = { name: `${queuePrefix}${queue}` };
      const request: Parameters<typeof client.workflowService.describeTaskQueue>[0] = {
        namespace,
        taskQueue,
        reportStats: true,
      };
      // Its enum is of a package that the client does not export.
      Object.assign(request, { taskQueueType: ACTIVITY });
      const answer = await calling(client, () => client.workflowService.describeTaskQueue(request));
      const workers = answer.pollers.map(({ identity, lastAccessTime }) => ({
        identity: identity ?? '',
        slots: slotsOfIdentity(identity ?? ''),
        polledAtMs: msOf(lastAccessTime),
      }));
      return {
        queue,
        backlog: Number(answer.stats?.approximateBacklogCount?.toString() ?? 0),
        oldestMs: msOf(answer.stats?.approximateBacklogAge),
        isHeldBack: answer.stats?.rateLimitingActive === true,
        workers,
      };
    }),
  );
}
