// A launch that starts nothing: what the job would be, what of it is there already, what would run.
import { forecastJob } from '../../activities/forecast-job.ts';
import type { LaunchPlan, LaunchRequest } from '../cli/ports.ts';
import { corpusKey, environmentKey, jobPrefix } from '../core/keys.ts';
import { loadLaunchSpec, prepareLaunch, uploadLaunch } from '../corpus/launch.ts';
import type { PreparedLaunch } from '../corpus/launch.ts';
import { isAppError } from '../errors.ts';
import type { FleetSettings } from '../fleet/settings.ts';
import { findSetManifest } from '../store/manifest.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { OverlayStore } from '../store/overlay-store.ts';
import { findJob, listJobs, workflowIdOf } from '../temporal/client.ts';
import type { JobDescription } from '../temporal/client.ts';
import { revisionsOf } from '../temporal/revisions.ts';
import { launchOutcome } from '../temporal/start-job.ts';
import type { GatewayContext } from './cli-gateway.ts';
import { openClient } from './cli-jobs.ts';
import { s3Of } from './cli-sets.ts';
import { measuredRate, plannedCost } from './planned-cost.ts';
import { withLaunchTools } from './launch-tools.ts';
import { readFleetFile } from './fleet-file.ts';
import { openStore } from './open-store.ts';

/** Jobs that are asked for the environment that workers have. */
const JOBS_ASKED = 20;

const isAbsent = (error: unknown): boolean =>
  isAppError(error) && ['store-unreachable', 'temporal-unreachable'].includes(error.code);

/** Null where the service does not run: a dry run starts none. */
async function orNull<T>(open: () => Promise<T>): Promise<T | null> {
  try {
    return await open();
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

/** The first launch makes the bucket. */
function isWithoutBucket(error: unknown): boolean {
  const cause: unknown = isAppError(error) ? error.cause : null;
  return cause instanceof Error && cause.name === 'NoSuchBucket';
}

async function storeOf(context: GatewayContext, bucket: string): Promise<ObjectStore | null> {
  return await orNull(async () => {
    const store = openStore(context, { s3: await s3Of(context), bucket });
    try {
      for await (const { key } of store.list('corpora/')) if (key !== '') break;
    } catch (error) {
      if (isWithoutBucket(error)) return null;
      throw error;
    }
    return store;
  });
}

type Client = Awaited<ReturnType<typeof openClient>>;

/** Null where Temporal does not run. */
async function onTemporal<T>(
  client: Client | null,
  ask: (client: Client) => Promise<T>,
): Promise<T | null> {
  return client === null ? null : await orNull(() => ask(client));
}

/** The environment of the newest job that has one: workers of another image would find another. */
async function newestEnvironment(
  store: ObjectStore,
  jobs: readonly JobDescription[],
): Promise<string | null> {
  for (const { jobId } of jobs) {
    const prefix = `${jobPrefix(jobId)}environments/`;
    for await (const { key } of store.list(prefix)) {
      const id = key.slice(prefix.length).replace(/\.json$/, '');
      if (key === environmentKey(jobId, id)) return id;
    }
  }
  return null;
}

async function decisionOn(
  store: ObjectStore | null,
  client: Client | null,
  prepared: PreparedLaunch,
) {
  const { resolvedSpec, jobId } = prepared;
  const workflowId = workflowIdOf(resolvedSpec.name, jobId);
  const known = await onTemporal(client, (open) => findJob(open, workflowId));
  const revisions =
    store === null
      ? { publishedRevision: null, stoppedRevision: null }
      : await revisionsOf(store, jobId);
  return { workflowId, ...launchOutcome(known, revisions) };
}

async function uploadsOf(store: ObjectStore | null, { corpora }: PreparedLaunch) {
  let bytes = 0;
  for (const corpus of corpora) {
    const there = store === null ? null : await store.head(corpusKey(corpus.digest));
    if (there === null) bytes += corpus.bytes;
  }
  return bytes;
}

/** Throws AppError `usage`, `spec-*`, `corpus-*` and `store-*`; starts no service and writes nothing but a spool. */
export async function planLaunch(
  context: GatewayContext,
  request: LaunchRequest,
  fleet: string | null,
): Promise<LaunchPlan> {
  const settings = fleet === null ? null : await readFleetFile(fleet);
  const loaded = await loadLaunchSpec(request, process.cwd());
  const openBucket = async (bucket: string): Promise<ObjectStore> =>
    openStore(context, { s3: await s3Of(context), bucket });
  return await withLaunchTools(context.config, openBucket, async (tools) => {
    const prepared = await prepareLaunch(loaded, context.config.bucket, tools);
    return await planOf(context, { prepared, settings, spool: tools.spool });
  });
}

async function planOf(
  context: GatewayContext,
  given: {
    readonly prepared: PreparedLaunch;
    readonly settings: FleetSettings | null;
    readonly spool: string;
  },
): Promise<LaunchPlan> {
  const { prepared, settings, spool } = given;
  const { bucket, set } = prepared.resolvedSpec.output;
  const store = await storeOf(context, bucket);
  const client = await orNull(() => openClient(context));
  const { batchSize, queuePrefix } = context.config;
  const recent = { queuePrefix, limit: JOBS_ASKED };
  const jobs = (await onTemporal(client, (open) => listJobs(open, recent))) ?? [];
  const decision = await decisionOn(store, client, prepared);
  const uploadBytes = await uploadsOf(store, prepared);
  const overlay = new OverlayStore(store, { bucket, spool });
  await uploadLaunch(overlay, prepared);
  const environment = store === null ? null : await newestEnvironment(store, jobs);
  const taken = store === null ? null : await findSetManifest(store, set);
  const { jobId, specKey } = prepared;
  const { revision } = decision;
  const at = { v: 1, jobId, revision, bucket, specKey, batchSize } as const;
  const forecast = await forecastJob(overlay, at, environment);
  const isSetFree = taken === null || taken.jobId === (jobId as string);
  const measured =
    settings === null || store === null
      ? null
      : await onTemporal(client, (open) => measuredRate(open, store, jobs));
  const cost = { measured, batchSize, nowMs: Date.now() };
  const fleet = settings === null ? null : plannedCost(settings, forecast, cost);
  return { jobId, ...decision, set, isSetFree, uploadBytes, environment, ...forecast, fleet };
}
