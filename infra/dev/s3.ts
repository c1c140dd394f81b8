// S3: the configured endpoint, else a gateway of this checkout over a folder in which objects are plain files.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../src/config/load.ts';
import type { S3Keys, ServiceOrigin, Services } from '../../src/config/services.ts';
import { AppError } from '../../src/errors.ts';
import { S3_BINARY, ensureBinary } from './binaries.ts';
import type { DevContext } from './context.ts';
import { logPath, s3Folder, s3SecretPath } from './paths.ts';
import { answers, freePort, isAlive, spawnDetached, stopProcess, waitFor } from './processes.ts';
import { readState, updateState } from './state.ts';
import type { DevState } from './state.ts';

type S3 = Services['s3'];
type S3State = NonNullable<DevState['s3']>;

const START_MS = 30_000;
const ANSWER_MS = 3_000;
const TRIES = 3;
const STOP_MS = 10_000;
/** Least secret that an outsider on this machine cannot guess, as 40 characters of base64. */
const SECRET_BYTES = 30;
const LOG_TAIL = 4_000;

const sidecarFolder = (config: Config): string => join(config.home, 's3-metadata');

function portOf(url: string): string {
  const { protocol, port } = new URL(url);
  return port === '' ? (protocol === 'https:' ? '443' : '80') : port;
}

function configured(config: Config, endpoint: string): S3 {
  const { region, keys } = config.s3;
  const { accessKeyId = null, secretAccessKey = null } = keys ?? {};
  return { endpoint, region, accessKeyId, secretAccessKey, folder: null, origin: 'configured' };
}

async function shown(config: Config, state: S3State, origin: ServiceOrigin): Promise<S3> {
  return {
    endpoint: `http://127.0.0.1:${String(state.port)}`,
    region: config.s3.region,
    accessKeyId: state.accessKeyId,
    secretAccessKey: await readFile(s3SecretPath(config), 'utf8'),
    folder: s3Folder(config),
    origin,
  };
}

/** The server that runs for this checkout, or null; starts nothing. */
export async function findS3(config: Config): Promise<S3 | null> {
  const { endpoint } = config.s3;
  if (endpoint !== null) {
    const named = configured(config, endpoint);
    const host = `${new URL(endpoint).hostname}:${portOf(endpoint)}`;
    return (await answers(host, ANSWER_MS)) ? named : null;
  }
  const { s3 } = await readState(config);
  if (s3 === null || !(await isAlive(s3.mark))) return null;
  if (!(await answers(`127.0.0.1:${String(s3.port)}`, ANSWER_MS))) return null;
  return shown(config, s3, 'running');
}

/** Throws AppError `store-unreachable` or `service-not-available`. */
export async function ensureS3(context: DevContext): Promise<S3> {
  const { config } = context;
  const found = await findS3(config);
  if (found !== null) {
    const detail = `S3 at ${found.endpoint}`;
    context.note({ kind: 'ready', service: 's3', origin: found.origin, made: false, detail });
    return found;
  }
  if (config.s3.endpoint !== null) {
    throw new AppError(
      'store-unreachable',
      `no S3 server answers at ${config.s3.endpoint}; ` +
        'start it, or unset TRACEMILL_S3_ENDPOINT to use the embedded one',
    );
  }
  const binary = await ensureBinary(context, S3_BINARY);
  const started = await shown(config, await start(config, binary.path), binary.origin);
  const detail = `S3 at ${started.endpoint}, over ${JSON.stringify(s3Folder(config))}`;
  context.note({ kind: 'ready', service: 's3', origin: binary.origin, made: true, detail });
  return started;
}

/** Made once for a home folder; the folder's objects are readable with them for ever. */
async function credentials(config: Config): Promise<S3Keys> {
  const path = s3SecretPath(config);
  const accessKeyId = 'tracemill';
  try {
    return { accessKeyId, secretAccessKey: await readFile(path, 'utf8') };
  } catch {
    const secretAccessKey = randomBytes(SECRET_BYTES).toString('base64url');
    await writeFile(path, secretAccessKey, { mode: 0o600, flag: 'wx' });
    return { accessKeyId, secretAccessKey };
  }
}

function gatewayCommand(config: Config, binary: string, address: string): readonly string[] {
  const sidecar = sidecarFolder(config);
  return [
    ...[binary, '--port', address, '--region', config.s3.region, '--quiet', 'posix'],
    ...(existsSync(sidecar) ? ['--sidecar', sidecar] : []),
    s3Folder(config),
  ];
}

/** Where the file system keeps no extended attributes, the gateway says so and ends; metadata then has its own folder. */
async function refusedForAttributes(config: Config): Promise<boolean> {
  const log = await readFile(logPath(config, 's3'), 'utf8').catch(() => '');
  return /xattr|extended attribute/i.test(log.slice(-LOG_TAIL));
}

async function start(config: Config, binary: string): Promise<S3State> {
  const before = (await readState(config)).s3;
  await stopProcess(before?.mark ?? null, STOP_MS);
  await mkdir(s3Folder(config), { recursive: true, mode: 0o700 });
  const keys = await credentials(config);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = await freePort(before?.port ?? null);
    const address = `127.0.0.1:${String(port)}`;
    const mark = await spawnDetached({
      command: gatewayCommand(config, binary, address),
      env: {
        PATH: '/usr/bin:/bin',
        ROOT_ACCESS_KEY: keys.accessKeyId,
        ROOT_SECRET_KEY: keys.secretAccessKey,
      },
      logFile: logPath(config, 's3'),
      cwd: config.home,
    });
    if (mark === null) continue;
    const ready = await waitFor(() => answers(address, ANSWER_MS), { timeoutMs: START_MS, mark });
    if (ready) {
      const state = { mark, port, accessKeyId: keys.accessKeyId };
      await updateState(config, { s3: state });
      return state;
    }
    await stopProcess(mark, STOP_MS);
    if (await refusedForAttributes(config)) await mkdir(sidecarFolder(config), { recursive: true });
  }
  throw new AppError(
    'store-unreachable',
    `the S3 gateway did not start; see ${JSON.stringify(logPath(config, 's3'))}`,
  );
}
