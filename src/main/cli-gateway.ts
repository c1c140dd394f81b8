// Adapts the parts of the program to what the commands ask for. Heavy parts are imported when they are first needed.
import type { Gateway, JobsPort, ServicesPort, SetsPort } from '../cli/ports.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/load.ts';
import { createLogger } from '../log/logger.ts';
import type { Logger } from '../log/logger.ts';

/** What the adapters share. */
export interface GatewayContext {
  readonly config: Config;
  readonly log: Logger;
  /** Closed in reverse order when the command ends. */
  readonly onClose: (close: () => Promise<void> | void) => void;
}

export interface LiveGateway extends Gateway {
  /** Logs a warning of a library. */
  warn(warning: Error): void;
  close(): Promise<void>;
}

export interface GatewayOptions {
  /** Called where a command takes the interrupt into its own hands. */
  readonly releaseInterrupt: () => void;
  /** Instead of the process's own. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** Resolved once, however often it is asked for. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}

function servicesOf(context: GatewayContext): () => Promise<ServicesPort> {
  return once(async () => (await import('./cli-services.ts')).createServicesPort(context));
}

function jobsOf(context: GatewayContext): () => Promise<JobsPort> {
  return once(async () => (await import('./cli-jobs.ts')).createJobsPort(context));
}

function setsOf(context: GatewayContext): () => Promise<SetsPort> {
  return once(async () => (await import('./cli-sets.ts')).createSetsPort(context));
}

/** Throws AppError `config-invalid`. Reaches for no service until a command asks. */
export function createGateway(options: GatewayOptions): LiveGateway {
  const config = loadConfig(options.environment);
  const closers: (() => Promise<void> | void)[] = [];
  const context: GatewayContext = {
    config,
    log: createLogger({ level: config.logLevel, name: 'tracemill' }),
    onClose: (close) => closers.unshift(close),
  };
  return {
    services: servicesOf(context),
    jobs: jobsOf(context),
    sets: setsOf(context),
    launch: async (request, announce) =>
      (await import('./cli-launch.ts')).launchJob(context, { request, announce }),
    launchPilot: async (request, announce) =>
      (await import('./cli-pilot.ts')).launchPilot(context, { request, announce }),
    estimate: async (ask) => (await import('./cli-pilot.ts')).estimateWhole(context, ask),
    planLaunch: async (request, fleet) =>
      (await import('./cli-dry-run.ts')).planLaunch(context, request, fleet),
    retry: async (ask, announce) =>
      (await import('./cli-retry.ts')).retryJob(context, { ask, announce }),
    judge: async (ask, announce) =>
      (await import('./cli-publish.ts')).judgeJob(context, { ask, announce }),
    publish: async (ask, announce) =>
      (await import('./cli-publish.ts')).publishJob(context, { ask, announce }),
    render: async (ask, announce) =>
      (await import('./cli-render.ts')).renderJob(context, { ask, announce }),
    replay: async (ask, announce) =>
      (await import('./cli-replay.ts')).replaySet(context, { ask, announce }),
    upkeep: once(async () => (await import('./cli-upkeep.ts')).createUpkeepPort(context)),
    fleet: once(async () =>
      (await import('./cli-fleet.ts')).createFleetPort(context, options.releaseInterrupt),
    ),
    images: once(async () => (await import('./cli-image.ts')).createImagePort(context)),
    runWorker: async (worker) => {
      options.releaseInterrupt();
      await (await import('./cli-worker.ts')).runWorkerCommand(context, worker);
    },
    bucket: () => config.bucket,
    warn: (err) => {
      context.log.info({ err }, 'library warned');
    },
    close: async () => {
      for (const close of closers) await close();
    },
  };
}
