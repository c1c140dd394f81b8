// A fleet as the commands see it: the loop in the foreground, and what others ask of it through the store.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { devContext } from '../../infra/dev/context.ts';
import { ensureOwnWorkerImage } from '../../infra/dev/worker-image.ts';
import type { FleetPort, FleetReport } from '../cli/fleet-port.ts';
import type { Services } from '../config/services.ts';
import { AppError } from '../errors.ts';
import { awsProvider } from '../fleet/aws.ts';
import { dockerProvider } from '../fleet/docker.ts';
import { openJournal } from '../fleet/journal.ts';
import type { FleetTerm } from '../fleet/journal.ts';
import { runFleet } from '../fleet/loop.ts';
import { giveOrder, readOrders } from '../fleet/orders.ts';
import type { FleetProvider } from '../fleet/provider.ts';
import type { FleetSettings } from '../fleet/settings.ts';
import { staticProvider } from '../fleet/static.ts';
import { createLogger } from '../log/logger.ts';
import type { Logger } from '../log/logger.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { GatewayContext } from './cli-gateway.ts';
import { openClient } from './cli-jobs.ts';
import { bringUp } from './cli-services.ts';
import { stopOnSignals } from './stop-on-signals.ts';
import { s3Of } from './cli-sets.ts';
import { readFleetFile } from './fleet-file.ts';
import { filesOfMachine, secretsOfHosts, userDataOf } from './fleet-machine.ts';
import { containerSecrets } from './fleet-secrets.ts';
import { fleetWatch } from './fleet-watch.ts';
import { openStore } from './open-store.ts';

async function workerImage(context: GatewayContext, socketPath: string): Promise<string> {
  const { config, log } = context;
  return await ensureOwnWorkerImage(devContext(config, log), socketPath);
}

/** What a worker in a container of this host's network is told. */
function workerEnvironment(context: GatewayContext, services: Services, slots: number) {
  const { config } = context;
  return {
    TRACEMILL_TEMPORAL_ADDRESS: services.temporal.address,
    TRACEMILL_TEMPORAL_NAMESPACE: services.temporal.namespace,
    TRACEMILL_QUEUE_PREFIX: config.queuePrefix,
    TRACEMILL_S3_ENDPOINT: services.s3.endpoint,
    TRACEMILL_S3_REGION: services.s3.region,
    TRACEMILL_SANDBOX_IMAGE: services.sandboxImage.reference,
    TRACEMILL_SLOTS: String(slots),
    TRACEMILL_ASLR: config.aslr ? 'on' : 'off',
    TRACEMILL_LOG_LEVEL: 'info',
  };
}

async function openDocker(
  context: GatewayContext,
  settings: FleetSettings,
  named: string | null,
): Promise<FleetProvider> {
  const { services } = await bringUp(context, (line) => {
    context.log.info({ line }, 'service announced');
  });
  const { socketPath } = services.docker;
  const folder = join(context.config.home, 'fleets', settings.name);
  const secrets = await containerSecrets(services, folder);
  return dockerProvider({
    socketPath,
    socketGid: (await stat(socketPath)).gid,
    fleet: settings.name,
    image: named ?? (await workerImage(context, socketPath)),
    arguments: ['--roles', settings.queue],
    environment: {
      ...workerEnvironment(context, services, settings.slotsPerVm),
      ...secrets.environment,
    },
    files: secrets.files,
    network: null,
    folder,
  });
}

async function openStatic(
  { config }: GatewayContext,
  given: { readonly settings: FleetSettings; readonly file: string; readonly log: Logger },
): Promise<FleetProvider> {
  const { settings, file, log } = given;
  const { provider } = settings;
  if (provider.kind !== 'static') throw new Error('invariant broken: no static fleet');
  const { hosts, user, port, identity, knownHosts, connectSeconds, folder } = provider;
  const hasKey = config.s3.keys !== null;
  return staticProvider({
    fleet: settings.name,
    hosts: hosts.map((host) => ({ ...host, port: host.port ?? port, user: host.user ?? user })),
    ssh: { identity, knownHosts, connectSeconds },
    files: await filesOfMachine(config, { settings, hasKey, folder }),
    secrets: await secretsOfHosts(config, settings, file),
    folder,
    log,
    now: Date.now,
  });
}

function openProvider(
  context: GatewayContext,
  given: { readonly settings: FleetSettings; readonly file: string; readonly log: Logger },
): Promise<FleetProvider> {
  const { settings } = given;
  const { provider } = settings;
  switch (provider.kind) {
    case 'docker':
      return openDocker(context, settings, provider.image);
    case 'aws':
      return awsProvider(provider);
    case 'static':
      return openStatic(context, given);
  }
}

function reportOf(name: string, term: FleetTerm | null, nowMs: number): FleetReport {
  if (term === null) {
    throw new AppError(
      'usage',
      `fleet ${JSON.stringify(name)} was never run; start it with \`tracemill fleet run\``,
    );
  }
  const { state } = term;
  return {
    fleet: name,
    isInCharge: nowMs < term.untilMs,
    holder: term.holder,
    writtenAtMs: term.writtenAtMs,
    decidedAtMs: state.decidedAtMs,
    desired: state.desired,
    window: state.window,
    reasons: state.reasons,
    machines: state.vms.map(({ id, launchedAtMs, liveAtMs, drainAtMs }) => ({
      id,
      state: drainAtMs !== null ? 'leaving' : liveAtMs !== null ? 'live' : 'starting',
      launchedAtMs,
    })),
    gone: state.gone,
    interrupted: state.interrupted,
    ...state.facts,
    fault: state.fault,
  };
}

async function runLoop(
  context: GatewayContext,
  given: {
    readonly settings: FleetSettings;
    readonly file: string;
    readonly storeOf: () => Promise<ObjectStore>;
    readonly untilDone: boolean;
    readonly stop: AbortSignal;
  },
): Promise<void> {
  const { settings, untilDone, stop } = given;
  const log = createLogger({ level: context.config.logLevel, name: 'fleet' });
  await using provider = await openProvider(context, { settings, file: given.file, log });
  const client = await openClient(context);
  const store = await given.storeOf();
  await runFleet({
    settings,
    provider,
    watch: fleetWatch(client, {
      ...{ queuePrefix: context.config.queuePrefix, served: settings.queue },
    }),
    journal: openJournal(store, settings.name),
    orders: () => readOrders(store, settings.name),
    log,
    untilDone,
    stop,
    now: Date.now,
    sleep: async (ms) => {
      await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
    },
  });
}

/** `releaseInterrupt` hands the interrupt to the loop, which ends its round first. */
export function createFleetPort(context: GatewayContext, releaseInterrupt: () => void): FleetPort {
  const storeOf = async () => {
    const store = openStore(context, { s3: await s3Of(context), bucket: context.config.bucket });
    await store.ensureBucket();
    return store;
  };
  return {
    run: async (file, { untilDone }) => {
      const settings = await readFleetFile(file);
      releaseInterrupt();
      const { signal, release } = stopOnSignals();
      try {
        await runLoop(context, { settings, file, storeOf, untilDone, stop: signal });
        return !signal.aborted;
      } finally {
        release();
      }
    },
    report: async (file) => {
      const { name } = await readFleetFile(file);
      return reportOf(name, await openJournal(await storeOf(), name).newest(), Date.now());
    },
    scale: async (file, count) => {
      const { name, max } = await readFleetFile(file);
      if (count !== null && count > max) {
        throw new AppError(
          'usage',
          `${String(count)} machines are above \`max\` of the fleet, ${String(max)}`,
        );
      }
      const store = await storeOf();
      const newest = await openJournal(store, name).newest();
      const order = { v: 1, kind: 'scale', count } as const;
      await giveOrder(store, { fleet: name, vms: newest?.state.vms ?? [] }, order);
      return name;
    },
    drain: async (file, vm) => {
      const { name } = await readFleetFile(file);
      const store = await storeOf();
      const newest = await openJournal(store, name).newest();
      const { machines } = reportOf(name, newest, Date.now());
      const machine = machines.find(({ id }) => id === vm);
      if (machine === undefined) {
        const known = machines.map(({ id }) => id).join(', ');
        throw new AppError(
          'usage',
          `fleet ${JSON.stringify(name)} has no machine ${JSON.stringify(vm)}; it has ${known || 'none'}`,
        );
      }
      const { launchedAtMs } = machine;
      const order = { v: 1, kind: 'drain', vm, launchedAtMs } as const;
      await giveOrder(store, { fleet: name, vms: newest?.state.vms ?? [] }, order);
      return name;
    },
    userData: async (file) => userDataOf(context.config, await readFleetFile(file)),
  };
}
