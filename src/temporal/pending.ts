// The activities of a job that have not ended, from the server's descriptions of its run and of the lanes that it has: no
// worker answers for it, and it costs no event.
import type { Client } from '@temporalio/client';
import { z } from 'zod';
import type { PendingActivity } from '../contract/in-flight.ts';
import type { BatchBeat } from '../contract/job.ts';
import { calling } from './calls.ts';
import { msOf } from './stamp.ts';

/** PENDING_ACTIVITY_STATE_STARTED and _CANCEL_REQUESTED of the server's interface: a worker has it. */
const WITH_A_WORKER: ReadonlySet<number> = new Set([2, 3]);
const MESSAGE_CHARACTERS_MAX = 300;

const count = z.number().int().nonnegative();
const beatSchema = z.object({
  v: z.literal(1),
  done: count,
  total: count,
  durable: count,
  outcomes: z.record(z.string(), count).optional(),
  failures: z.array(z.object({ cause: z.string(), example: z.string() })).optional(),
});

type Description = Awaited<
  ReturnType<ReturnType<Client['workflow']['getHandle']>['describe']>
>['raw'];
type Pending = NonNullable<Description['pendingActivities']>[number];

/** Null where there is no beat, or one of a worker that speaks another language. */
function beatOf({ heartbeatDetails }: Pending): BatchBeat | null {
  const data = heartbeatDetails?.payloads?.[0]?.data;
  if (data == null) return null;
  try {
    const parsed = beatSchema.safeParse(JSON.parse(Buffer.from(data).toString('utf8')));
    if (!parsed.success) return null;
    const { outcomes, failures, ...beat } = parsed.data;
    return {
      ...beat,
      ...(outcomes === undefined ? {} : { outcomes }),
      ...(failures === undefined ? {} : { failures }),
    };
  } catch {
    return null;
  }
}

function workerOf({
  state,
  lastWorkerIdentity,
  lastStartedTime,
}: Pending): Pick<PendingActivity, 'worker' | 'startedAtMs'> {
  if (!WITH_A_WORKER.has(state ?? 0)) return {};
  return {
    ...(lastWorkerIdentity ? { worker: lastWorkerIdentity } : {}),
    ...(lastStartedTime == null ? {} : { startedAtMs: msOf(lastStartedTime) }),
  };
}

function faultOf({ lastFailure }: Pending): PendingActivity['lastFault'] {
  if (lastFailure == null) return null;
  const isLost = lastFailure.timeoutFailureInfo != null;
  return {
    code: lastFailure.applicationFailureInfo?.type ?? (isLost ? 'worker-lost' : 'pass-failed'),
    message: (lastFailure.message ?? '').slice(0, MESSAGE_CHARACTERS_MAX),
  };
}

async function descriptionsOf(client: Client, workflowId: string): Promise<Description[]> {
  const describe = async (id: string): Promise<Description> =>
    (await calling(client, () => client.workflow.getHandle(id).describe())).raw;
  const job = await describe(workflowId);
  const lanes = (job.pendingChildren ?? []).flatMap((child) =>
    child.workflowTypeName === 'traceLane' ? [child.workflowId ?? ''] : [],
  );
  return [job, ...(await Promise.all(lanes.map(describe)))];
}

/** Throws AppError `job-not-found` and `temporal-unreachable`. */
export async function pendingActivities(
  client: Client,
  workflowId: string,
): Promise<readonly PendingActivity[]> {
  const all = await descriptionsOf(client, workflowId);
  const found = all.flatMap(({ pendingActivities: pending }) => pending ?? []);
  return found.map((pending) => ({
    activity: pending.activityType?.name ?? '',
    isStarted: WITH_A_WORKER.has(pending.state ?? 0),
    ...workerOf(pending),
    attempt: pending.attempt ?? 1,
    attemptsMax: pending.maximumAttempts ?? 0,
    beat: beatOf(pending),
    lastFault: faultOf(pending),
  }));
}
