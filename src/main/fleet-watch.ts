// Temporal as a fleet's loop sees it: the jobs that run, what waits on its queue, and which machines work on what.
import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetQueue, WatchedJob } from '../fleet/demand.ts';
import type { FleetWatch } from '../fleet/loop.ts';
import type { HostSeen } from '../fleet/observe.ts';
import { listJobs, queryProgress, steerJob } from '../temporal/client.ts';
import type { connectClient } from '../temporal/connection.ts';
import { describeFleet } from '../temporal/fleet.ts';
import { hostOfIdentity } from '../temporal/identity.ts';
import { pendingActivities } from '../temporal/pending.ts';

type Client = Awaited<ReturnType<typeof connectClient>>;

/** More jobs at once share a fleet badly, and each is a query. */
const JOBS_MAX = 50;
/** A coordinator answers within a second. */
const ANSWER_MS = 4_000;

async function watchJob(client: Client, workflowId: string): Promise<WatchedJob> {
  const asked = queryProgress(client, workflowId);
  asked.catch(() => undefined);
  const [progress, pending] = await Promise.all([
    Promise.race([asked, sleep(ANSWER_MS, null, { ref: false })]),
    pendingActivities(client, workflowId),
  ]);
  return { workflowId, progress, pending };
}

async function runningJobs(client: Client, queuePrefix: string): Promise<readonly WatchedJob[]> {
  const listed = await listJobs(client, { queuePrefix, limit: JOBS_MAX });
  const running = listed.filter(({ state }) => state === 'running');
  const watched = await Promise.all(running.map((job) => watchJob(client, job.workflowId)));
  // Lists lag behind: the job itself says that it has ended.
  return watched.filter(({ progress }) => progress === null || progress.state === 'running');
}

function addHost(hosts: Map<string, HostSeen>, identity: string, found: Partial<HostSeen>): void {
  const host = hostOfIdentity(identity);
  if (host === null) return;
  const known = hosts.get(host) ?? { host, slots: null, polledAtMs: 0, busy: 0 };
  hosts.set(host, {
    host,
    slots: found.slots ?? known.slots,
    polledAtMs: Math.max(known.polledAtMs, found.polledAtMs ?? 0),
    busy: known.busy + (found.busy ?? 0),
  });
}

/** `served`: the queue of the fleet. */
export function fleetWatch(
  client: Client,
  { queuePrefix, served }: { readonly queuePrefix: string; readonly served: FleetQueue },
): FleetWatch {
  return {
    look: async () => {
      const [jobs, queues] = await Promise.all([
        runningJobs(client, queuePrefix),
        describeFleet(client, queuePrefix),
      ]);
      const hosts = new Map<string, HostSeen>();
      const own = queues.find(({ queue }) => queue === served);
      for (const { identity, slots, polledAtMs } of own?.workers ?? []) {
        addHost(hosts, identity, { slots, polledAtMs });
      }
      for (const { worker } of jobs.flatMap(({ pending }) => pending)) {
        if (worker !== undefined) addHost(hosts, worker, { busy: 1 });
      }
      return {
        jobs,
        hosts,
        queue: {
          backlog: own?.backlog ?? 0,
          backlogAgeMs: own?.oldestMs ?? 0,
          isHeldBack: own?.isHeldBack ?? false,
        },
      };
    },
    setWindow: async (workflowId, window) => {
      await steerJob(client, workflowId, { kind: 'setWindow', window });
    },
  };
}
