// The launch of a job, in this order: read and check everything here, make sure of services, upload, start or find, and
// on the embedded default make sure of a worker. A mistake ends it before anything was started or written.
import { ensureDataServices } from '../../infra/dev/services.ts';
import type { DataServices } from '../../infra/dev/services.ts';
import type { Announce, LaunchRequest, LaunchResult } from '../cli/ports.ts';
import type { Services } from '../config/services.ts';
import { AppError } from '../errors.ts';
import { loadLaunchSpec, prepareLaunch, uploadLaunch } from '../corpus/launch.ts';
import type { PreparedLaunch } from '../corpus/launch.ts';
import { findSetManifest } from '../store/manifest.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { S3Store } from '../store/s3.ts';
import { connectClient } from '../temporal/connection.ts';
import { startJob } from '../temporal/start-job.ts';
import type { GatewayContext } from './cli-gateway.ts';
import { entryOf } from './cli-jobs.ts';
import { bringUp, bringUpWorker, makeWayForWorker } from './cli-services.ts';
import { withLaunchTools } from './launch-tools.ts';
import { openStore } from './open-store.ts';

interface Launching {
  readonly request: LaunchRequest;
  readonly announce: Announce;
}

async function start(
  context: GatewayContext,
  what: { services: DataServices; prepared: PreparedLaunch; batchSize: number },
): Promise<LaunchResult> {
  const { config } = context;
  const { services, prepared, batchSize } = what;
  const { bucket } = prepared.resolvedSpec.output;
  const store = openStore(context, { s3: services.s3, bucket });
  await store.ensureBucket();
  await requireSetFree(store, prepared);
  await uploadLaunch(store, prepared);
  const client = await connectClient(services.temporal);
  try {
    const started = await startJob(client, {
      jobId: prepared.jobId,
      spec: prepared.resolvedSpec,
      store,
      queuePrefix: config.queuePrefix,
      batchSize,
      slots: config.slots,
      dispatchSeed: config.dispatchSeed,
      notify: prepared.notify,
    });
    return { how: started.how, entry: entryOf(started.job, null) };
  } finally {
    await client.connection.close();
  }
}

/** Throws AppError `set-exists` before anything is traced for a version that another job published. */
async function requireSetFree(store: ObjectStore, prepared: PreparedLaunch): Promise<void> {
  const { set } = prepared.resolvedSpec.output;
  const there = await findSetManifest(store, set);
  if (there === null || there.jobId === (prepared.jobId as string)) return;
  throw new AppError(
    'set-exists',
    `set ${JSON.stringify(set)} was published by job ${there.jobId.slice(0, 12)}; ` +
      'name another one with --name, or under output.set of the spec',
    { context: { set } },
  );
}

interface Serving {
  readonly services: DataServices;
  /** The embedded default, which gets its worker from here; null where the cluster is configured. */
  readonly local: Services | null;
}

/** A configured cluster has its own workers; only the embedded default gets one from here. */
async function serve(context: GatewayContext, announce: Announce): Promise<Serving> {
  const { config, log } = context;
  if (config.temporal.address !== null) {
    return { services: await ensureDataServices(config, log), local: null };
  }
  const { services } = await bringUp(context, announce);
  return { services, local: services };
}

/** A launch that is read and checked, and the services for it, which are started when they are first asked for. */
export interface Launchable {
  readonly prepared: PreparedLaunch;
  readonly served: () => Promise<Serving>;
}

/**
 * Throws AppError `usage`, `spec-*`, `corpus-*`, `index-unreachable` before anything was started but what a corpus in a
 * bucket needs, and what `work` throws.
 */
export async function withPrepared<T>(
  context: GatewayContext,
  { request, announce }: Launching,
  work: (launchable: Launchable) => Promise<T>,
): Promise<T> {
  const { config } = context;
  const loaded = await loadLaunchSpec(request, process.cwd());
  let serving: Promise<Serving> | null = null;
  const served = (): Promise<Serving> => (serving ??= serve(context, announce));
  const openBucket = async (bucket: string): Promise<S3Store> =>
    openStore(context, { s3: (await served()).services.s3, bucket });
  return await withLaunchTools(config, openBucket, async (tools) => {
    const prepared = await prepareLaunch(loaded, config.bucket, tools);
    return await work({ prepared, served });
  });
}

/** Makes sure of the services, uploads, starts or finds, and makes sure of a worker. */
export async function launchPrepared(
  context: GatewayContext,
  what: Launchable & { readonly batchSize: number },
  announce: Announce,
): Promise<LaunchResult> {
  const { services, local } = await what.served();
  if (local !== null) await makeWayForWorker(context, local);
  const launched = await start(context, { services, ...what });
  if (local !== null && launched.entry.state === 'running') {
    const worker = await bringUpWorker(context, local);
    if (worker.started) announce(`worker: process ${String(worker.pid)} started`);
  }
  return launched;
}

/** Throws what withPrepared throws, then AppError of the services and of the store. */
export async function launchJob(
  context: GatewayContext,
  launching: Launching,
): Promise<LaunchResult> {
  const { batchSize } = context.config;
  return await withPrepared(context, launching, (launchable) =>
    launchPrepared(context, { ...launchable, batchSize }, launching.announce),
  );
}
