// Temporal: the configured server, else a development server of this checkout with its data in one SQLite file.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../src/config/load.ts';
import type { ServiceOrigin, Services } from '../../src/config/services.ts';
import { AppError } from '../../src/errors.ts';
import { TEMPORAL_BINARY, ensureBinary } from './binaries.ts';
import type { DevContext } from './context.ts';
import { logPath } from './paths.ts';
import { answers, freePort, isAlive, spawnDetached, stopProcess, waitFor } from './processes.ts';
import type { ProcessMark } from './processes.ts';
import { run } from './run.ts';
import { readState, updateState } from './state.ts';
import type { DevState } from './state.ts';

type Temporal = Services['temporal'];
type TemporalState = NonNullable<DevState['temporal']>;

/** Ready in about a second on an idle machine; the rest is for two cores that build something else. */
const START_MS = 60_000;
const ANSWER_MS = 3_000;
const TRIES = 3;
const STOP_MS = 10_000;

/** What the development server is told beyond its defaults. */
const DYNAMIC_CONFIG = [
  // Job lists are polled by people and by `--watch`: the default of 10 lists per second is for shared clusters.
  'frontend.namespaceRPS.visibility=100',
  // Jobs take turns (workflows/activity-options.ts gives each its key): off by default in servers before 1.31.
  'matching.useNewMatcher=true',
  'matching.enableFairness=true',
  // Each partition takes turns by itself, and a few slots ask them one after another: one is fair, and fast enough here.
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
];

function shown(state: TemporalState, origin: ServiceOrigin): Temporal {
  return {
    address: `127.0.0.1:${String(state.port)}`,
    namespace: state.namespace,
    security: null,
    uiUrl: `http://127.0.0.1:${String(state.uiPort)}`,
    origin,
  };
}

/** The server that runs for this checkout, or null; starts nothing. */
export async function findTemporal(config: Config): Promise<Temporal | null> {
  const { address, namespace, security } = config.temporal;
  if (address !== null) {
    if (!(await answers(address, ANSWER_MS))) return null;
    return { address, namespace, security, uiUrl: null, origin: 'configured' };
  }
  const { temporal } = await readState(config);
  if (temporal === null || temporal.namespace !== namespace) return null;
  if (!(await isAlive(temporal.mark))) return null;
  const found = shown(temporal, 'running');
  return (await answers(found.address, ANSWER_MS)) ? found : null;
}

/** Throws AppError `temporal-unreachable` (configured, no answer; or ours did not start), `service-not-available`. */
export async function ensureTemporal(context: DevContext): Promise<Temporal> {
  const { config } = context;
  const found = await findTemporal(config);
  if (found !== null) {
    const detail = `Temporal at ${found.address}`;
    context.note({ kind: 'ready', service: 'temporal', origin: found.origin, made: false, detail });
    return found;
  }
  if (config.temporal.address !== null) {
    throw new AppError(
      'temporal-unreachable',
      `no Temporal server answers at ${config.temporal.address}; ` +
        'start it, or unset TRACEMILL_TEMPORAL_ADDRESS to use the embedded one',
    );
  }
  const binary = await ensureBinary(context, TEMPORAL_BINARY);
  const started = shown(await start(config, binary.path), binary.origin);
  const detail = `Temporal at ${started.address}, its web page at ${String(started.uiUrl)}`;
  context.note({ kind: 'ready', service: 'temporal', origin: binary.origin, made: true, detail });
  return started;
}

function serverCommand(
  config: Config,
  binary: string,
  ports: { readonly port: number; readonly uiPort: number; readonly metricsPort: number },
): readonly string[] {
  const { namespace } = config.temporal;
  return [
    binary,
    'server',
    'start-dev',
    ...['--ip', '127.0.0.1', '--port', String(ports.port), '--ui-port', String(ports.uiPort)],
    ...['--metrics-port', String(ports.metricsPort)],
    ...['--db-filename', join(config.home, 'temporal.db'), '--log-level', 'warn'],
    ...(namespace === 'default' ? [] : ['--namespace', namespace]),
    ...DYNAMIC_CONFIG.flatMap((entry) => ['--dynamic-config-value', entry]),
  ];
}

async function start(config: Config, binary: string): Promise<TemporalState> {
  const before = (await readState(config)).temporal;
  await stopProcess(before?.mark ?? null, STOP_MS);
  await mkdir(config.home, { recursive: true, mode: 0o700 });
  const { namespace } = config.temporal;
  for (let tries = 0; tries < TRIES; tries += 1) {
    // A port may be taken between the look and the start: then the server ends, and the next try looks again.
    const port = await freePort(before?.port ?? null);
    const uiPort = await freePort(before?.uiPort ?? null);
    const command = serverCommand(config, binary, {
      port,
      uiPort,
      metricsPort: await freePort(),
    });
    const logFile = logPath(config, 'temporal');
    const mark = await spawnDetached({ command, logFile, cwd: config.home });
    if (mark === null) continue;
    const state = { mark, port, uiPort, namespace };
    if (await isReady(binary, state)) {
      await updateState(config, { temporal: state });
      return state;
    }
    await stopProcess(mark, STOP_MS);
  }
  throw new AppError(
    'temporal-unreachable',
    `the Temporal development server did not start; see ${JSON.stringify(logPath(config, 'temporal'))}`,
  );
}

/** The port answers before the namespace is there, so the namespace is asked for. */
function isReady(
  binary: string,
  state: { readonly mark: ProcessMark; readonly port: number; readonly namespace: string },
): Promise<boolean> {
  const address = `127.0.0.1:${String(state.port)}`;
  const ask = [binary, 'operator', 'namespace', 'describe', '-n', state.namespace];
  return waitFor(
    async () =>
      (await answers(address, ANSWER_MS)) &&
      (await run([...ask, '--address', address], { timeoutMs: 10_000 })).ok,
    { timeoutMs: START_MS, mark: state.mark },
  );
}
