// Jobs as the commands see them: Temporal's description, and the job's own answer where a worker is there to give it.
import { setTimeout as sleep } from 'node:timers/promises';
import { findTemporal } from '../../infra/dev/temporal.ts';
import type { JobEntry, JobReport, JobsPort, JobState } from '../cli/ports.ts';
import type { Config } from '../config/load.ts';
import type { CauseReport, JobProgress } from '../contract/job.ts';
import { inFlightOf } from '../core/in-flight.ts';
import { AppError, isAppError } from '../errors.ts';
import {
  cancelJob,
  describeJob,
  failureOf,
  listJobs,
  queryPosition,
  queryProgress,
  steerJob,
} from '../temporal/client.ts';
import type { JobDescription } from '../temporal/client.ts';
import { connectClient } from '../temporal/connection.ts';
import type { TemporalAddress } from '../temporal/connection.ts';
import { windowFor } from '../core/dispatch.ts';
import { describeFleet } from '../temporal/fleet.ts';
import { pendingActivities } from '../temporal/pending.ts';
import { explainCauses } from '../../activities/explain-causes.ts';
import type { GatewayContext } from './cli-gateway.ts';
import { s3Of } from './cli-sets.ts';
import { costOf } from './job-cost.ts';
import { openStore } from './open-store.ts';

type Client = Awaited<ReturnType<typeof connectClient>>;

/** A worker answers well within a second; without one the call itself would take ten to say so. */
const ANSWER_MS = 4_000;
/** The answer of a job that ended is a comfort, not worth a long wait for a worker that is not there. */
const ENDED_ANSWER_MS = 1_500;
/** Its last numbers belong to what whoever followed it is told: a worker that is busy is waited for, as long as the call takes. */
const SERVED_ANSWER_MS = 10_000;
/** A batch has about 1,500 invocations, of which seven columns are read: a second or two in all. */
const CAUSES_BATCHES_MAX = 4;

/** Where Temporal is, without starting it. Throws AppError `temporal-unreachable`. */
async function temporalOf(config: Config): Promise<TemporalAddress> {
  const found = await findTemporal(config);
  if (found !== null) return found;
  const { address } = config.temporal;
  throw new AppError(
    'temporal-unreachable',
    address === null
      ? 'no Temporal server runs for this folder; start it with `tracemill up`'
      : `Temporal does not answer at ${JSON.stringify(address)}; start it or correct TRACEMILL_TEMPORAL_ADDRESS`,
  );
}

/** A connection that is closed with the gateway. Throws AppError `temporal-unreachable`. */
export async function openClient(context: GatewayContext): Promise<Client> {
  const client = await connectClient(await temporalOf(context.config));
  context.onClose(() => client.connection.close());
  return client;
}

/** What Temporal tells of a job, with what only its progress tells. */
export function entryOf(job: JobDescription, progress: JobProgress | null): JobEntry {
  const isPaused = job.state === 'running' && progress?.paused === true;
  const state: JobState = isPaused ? 'paused' : job.state;
  return { ...job, state };
}

async function progressOf(
  client: Client,
  job: JobDescription,
  isServed: boolean,
): Promise<JobProgress | null> {
  const isRunning = job.state === 'running';
  // An answer that comes too late is dropped with the connection; what a job that ended no longer says is no fault.
  const asked = queryProgress(client, job.workflowId).catch((error: unknown) => {
    if (isRunning) throw error;
    return null;
  });
  const endedMs = isServed ? SERVED_ANSWER_MS : ENDED_ANSWER_MS;
  const waitMs = isRunning ? ANSWER_MS : endedMs;
  const waited = new AbortController();
  try {
    return await Promise.race([asked, sleep(waitMs, null, { signal: waited.signal })]);
  } finally {
    waited.abort();
    asked.catch(() => undefined);
  }
}

async function reportOn(
  { context, client }: { readonly context: GatewayContext; readonly client: Client },
  entry: JobEntry,
  isServed: boolean,
): Promise<JobReport> {
  const job = await describeJob(client, entry.workflowId);
  const isRunning = job.state === 'running';
  const progress = await progressOf(client, job, isServed);
  const pending = isRunning ? await pendingActivities(client, job.workflowId) : null;
  const failure = job.state === 'failed' ? await failureOf(client, job.workflowId) : null;
  const cost = isRunning ? null : await costOf(context, client, entry);
  return {
    cost,
    entry: entryOf(job, progress),
    progress,
    inFlight: pending === null ? null : inFlightOf(pending),
    failure: failure?.message ?? null,
    causes: failure?.causes ?? null,
  };
}

/** A look at a running job is no place to fail over a store that does not answer, or an object that is being made. */
async function causesOf(
  context: GatewayContext,
  client: Client,
  entry: JobEntry,
): Promise<CauseReport | null> {
  const position = await queryPosition(client, entry.workflowId);
  if (position === null) return null;
  try {
    const store = openStore(context, { s3: await s3Of(context), bucket: position.bucket });
    const report = await explainCauses({ storeOf: () => store }, position, CAUSES_BATCHES_MAX);
    return report.invocations === 0 ? null : report;
  } catch (error) {
    if (!isAppError(error)) throw error;
    context.log.warn({ code: error.code, err: error }, 'causes cannot be read');
    return null;
  }
}

export async function createJobsPort(context: GatewayContext): Promise<JobsPort> {
  const client = await openClient(context);
  const { queuePrefix } = context.config;
  return {
    list: async (limit) =>
      (await listJobs(client, { queuePrefix, limit })).map((job) => entryOf(job, null)),
    current: async ({ workflowId }) => entryOf(await describeJob(client, workflowId), null),
    report: (entry, isServed = false) => reportOn({ context, client }, entry, isServed),
    causes: (entry) => causesOf(context, client, entry),
    cancel: (entry) => cancelJob(client, entry.workflowId),
    pause: async (entry) => {
      await steerJob(client, entry.workflowId, { kind: 'pause' });
    },
    resume: async (entry) => {
      await steerJob(client, entry.workflowId, { kind: 'resume' });
    },
    scale: async (entry, slots) => {
      const window = windowFor(slots);
      return (await steerJob(client, entry.workflowId, { kind: 'setWindow', window })).window;
    },
    fleet: () => describeFleet(client, queuePrefix),
  };
}
