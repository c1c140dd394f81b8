// How long slots worked on each batch of a job, from its history: nothing of it is in the data.
import type { Client } from '@temporalio/client';
import type { PassName } from '../contract/job.ts';
import { calling } from './calls.ts';

export interface BatchTime {
  readonly pass: PassName;
  readonly batchIndex: number;
  /** Of the attempt that ended the batch. */
  readonly ms: number;
  /** False where some of it was found and not made: its time then tells nothing of what the work takes. */
  readonly isMade: boolean;
}

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;
type Event = NonNullable<History['events']>[number];

interface Result {
  readonly how?: string;
  readonly counts?: Readonly<Record<string, number>>;
}

function isMade({ activityTaskCompletedEventAttributes: ended }: Event): boolean {
  const data = ended?.result?.payloads?.[0]?.data;
  if (data === null || data === undefined) return false;
  const { how, counts } = JSON.parse(Buffer.from(data).toString('utf8')) as Result;
  return how === 'sealed' && (counts?.['invocationsReused'] ?? 0) === 0;
}

function inputOf(event: Event): { readonly pass?: PassName; readonly batchIndex?: number } | null {
  const data = event.activityTaskScheduledEventAttributes?.input?.payloads?.[0]?.data;
  if (data === null || data === undefined) return null;
  return JSON.parse(Buffer.from(data).toString('utf8')) as { pass?: PassName; batchIndex?: number };
}

function msOf({ eventTime }: Event): number {
  return Number(eventTime?.seconds ?? 0) * 1_000 + (eventTime?.nanos ?? 0) / 1e6;
}

function timesOf({ events }: History): BatchTime[] {
  const byId = new Map<string, Event>();
  const times: BatchTime[] = [];
  for (const event of events ?? []) {
    byId.set(String(event.eventId), event);
    const ended = event.activityTaskCompletedEventAttributes;
    if (ended === null || ended === undefined) continue;
    const scheduled = byId.get(String(ended.scheduledEventId));
    const started = byId.get(String(ended.startedEventId));
    const input = scheduled === undefined ? null : inputOf(scheduled);
    if (started === undefined || input?.pass === undefined) continue;
    const { pass, batchIndex = 0 } = input;
    times.push({ pass, batchIndex, ms: msOf(event) - msOf(started), isMade: isMade(event) });
  }
  return times;
}

/** Of the newest run; null where Temporal has forgotten the job. Throws AppError `temporal-unreachable`. */
export async function batchTimes(client: Client, workflowId: string): Promise<BatchTime[] | null> {
  return await calling(client, async () => {
    try {
      return timesOf(await client.workflow.getHandle(workflowId).fetchHistory());
    } catch (error) {
      if ((error as Error).name === 'WorkflowNotFoundError') return null;
      throw error;
    }
  });
}

/** A job of 10 million functions has about 70 runs, lanes included; more than this is a long look for a comfort. */
const RUNS_MAX = 100;

/**
 * Milliseconds that slots worked on the batches of a job, in all its runs and lanes: attempts that ended, whatever the queue.
 * Null where Temporal has forgotten a part of it, or it has too many runs to read.
 */
export async function slotMsOfJob(client: Client, workflowId: string): Promise<number | null> {
  return await calling(client, async () => {
    const query = `WorkflowId = '${workflowId}' OR WorkflowId STARTS_WITH '${workflowId}/lanes/'`;
    const runs: { readonly id: string; readonly runId: string }[] = [];
    for await (const run of client.workflow.list({ query })) {
      runs.push({ id: run.workflowId, runId: run.runId });
      if (runs.length > RUNS_MAX) return null;
    }
    let ms = 0;
    for (const { id, runId } of runs) {
      const history = await client.workflow.getHandle(id, runId).fetchHistory();
      ms += timesOf(history).reduce((sum, time) => sum + time.ms, 0);
    }
    return runs.length === 0 ? null : ms;
  });
}
