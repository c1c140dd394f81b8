// What jobs took of machines, by Temporal's histories and by the records of fleets.
import type { FleetPart, JobCost, JobEntry } from '../cli/ports.ts';
import { isAppError } from '../errors.ts';
import { openJournal } from '../fleet/journal.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { slotMsOfJob } from '../temporal/batch-times.ts';
import type { GatewayContext } from './cli-gateway.ts';
import type { openClient } from './cli-jobs.ts';
import { s3Of } from './cli-sets.ts';
import { openStore } from './open-store.ts';

type Client = Awaited<ReturnType<typeof openClient>>;

const HOUR_MS = 3_600_000;
const FLEETS = 'fleets/';

async function fleetNames(store: ObjectStore): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const { key } of store.list(FLEETS)) {
    names.add(key.slice(FLEETS.length).split('/')[0] ?? '');
  }
  return names;
}

/** Of each fleet that had machines for it: one serves the queue trace, others may serve refine and llm. */
async function fleetParts(store: ObjectStore, workflowId: string): Promise<readonly FleetPart[]> {
  const parts: FleetPart[] = [];
  for (const name of await fleetNames(store)) {
    const term = await openJournal(store, name).newest();
    const bill = term?.state.jobs[workflowId];
    if (bill === undefined || bill.vmMs === 0) continue;
    parts.push({ name, vmHours: bill.vmMs / HOUR_MS, money: bill.money });
  }
  return parts;
}

/** What cannot be read is not known: how a job ended is told without it. */
async function orNull<T>(context: GatewayContext, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!isAppError(error)) throw error;
    context.log.warn({ code: error.code, err: error }, 'what the job took cannot be read');
    return null;
  }
}

export async function costOf(
  context: GatewayContext,
  client: Client,
  { workflowId }: JobEntry,
): Promise<JobCost> {
  const [slotMs, fleets] = await Promise.all([
    orNull(context, () => slotMsOfJob(client, workflowId)),
    orNull(context, async () => {
      const store = openStore(context, { s3: await s3Of(context), bucket: context.config.bucket });
      return await fleetParts(store, workflowId);
    }),
  ]);
  return { coreHours: slotMs === null ? null : slotMs / HOUR_MS, fleets };
}
