// The images of docker-compose.yml: the published ones where a registry answers, else ones made of Debian's packages and
// Go modules. Both are told what to do in the same way, so that the file is the same for both.
import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../src/config/load.ts';
import { AppError } from '../../src/errors.ts';
import { dockerCommand, importMadeImage } from './base-images.ts';
import { S3_BINARY, TEMPORAL_BINARY, ensureBinary } from './binaries.ts';
import type { BinarySource } from './binaries.ts';
import type { DevContext } from './context.ts';
import { imageId } from './engine-api.ts';
import { withLock } from './lock.ts';
import { cacheLockPath, cacheLogPath, projectRoot } from './paths.ts';
import { lastLines, run } from './run.ts';

const TEMPORAL_VERSION = '1.32.1';
const TEMPORAL_MODULE = 'go.temporal.io/server';

const SERVER_BINARY: BinarySource = {
  service: 'compose',
  name: 'temporal-server',
  version: TEMPORAL_VERSION,
  least: null,
  release: null,
  goPackage: `${TEMPORAL_MODULE}/cmd/server@v${TEMPORAL_VERSION}`,
  goName: 'server',
  buildMinutes: 6,
};

const SCHEMA_BINARY: BinarySource = {
  service: 'compose',
  name: 'temporal-sql-tool',
  version: TEMPORAL_VERSION,
  least: null,
  release: null,
  goPackage: `${TEMPORAL_MODULE}/cmd/tools/sql@v${TEMPORAL_VERSION}`,
  goName: 'sql',
  buildMinutes: 1,
};

/** Variable of docker-compose.yml by image; its default there is the published one (test/unit/infra compares them). */
export const PUBLISHED = {
  TRACEMILL_IMAGE_POSTGRES: 'postgres:17.11-bookworm',
  TRACEMILL_IMAGE_TEMPORAL: `temporalio/server:${TEMPORAL_VERSION}`,
  TRACEMILL_IMAGE_TEMPORAL_TOOLS: `temporalio/admin-tools:${TEMPORAL_VERSION}`,
  TRACEMILL_IMAGE_S3: 'versity/versitygw:v1.8.0',
  TRACEMILL_IMAGE_PROMETHEUS: 'prom/prometheus:v3.5.0',
} as const;
type Variable = keyof typeof PUBLISHED;
/** The smallest: whether it can be had says whether a registry answers. */
const PROBE: Variable = 'TRACEMILL_IMAGE_S3';

/** What the made images of services begin with. */
const SERVICES = {
  name: 'services',
  packages: ['ca-certificates', 'netcat-openbsd', 'postgresql-17', 'prometheus'],
};
/** What the image of a worker begins with: machines load it over the network. */
const NODE = { name: 'node', packages: ['ca-certificates', 'nodejs'] };

const PULL_MS = 10 * 60_000;
const PULL_SILENCE_MS = 30_000;
const BUILD_MS = 10 * 60_000;
const LOCK_WAIT_MS = 40 * 60_000;

interface Made {
  readonly name: string;
  readonly variables: readonly Variable[];
  /** Puts into the folder of the build what its Dockerfile copies. */
  readonly fill: (context: DevContext, folder: string) => Promise<void>;
}

async function addBinary(context: DevContext, folder: string, source: BinarySource): Promise<void> {
  const { path } = await ensureBinary(context, source);
  await copyFile(path, join(folder, source.name));
}

/** The schema tool reads files of its own module, which Go keeps where it built from. */
async function addSchema(folder: string): Promise<void> {
  const at = await run(
    ['go', 'mod', 'download', '-json', `${TEMPORAL_MODULE}@v${TEMPORAL_VERSION}`],
    {
      timeoutMs: BUILD_MS,
      cwd: folder,
    },
  );
  const { Dir } = JSON.parse(at.output) as { readonly Dir: string };
  // Go keeps modules read-only.
  const copied = await run(
    ['cp', '--recursive', '--no-preserve=mode', '--parents', 'schema/postgresql/v12', folder],
    { timeoutMs: BUILD_MS, cwd: Dir },
  );
  if (!copied.ok) {
    throw new AppError(
      'image-missing',
      `no schema in module ${TEMPORAL_MODULE}: ${lastLines(copied.output)}`,
    );
  }
}

const MADE: readonly Made[] = [
  {
    name: 'postgres',
    variables: ['TRACEMILL_IMAGE_POSTGRES'],
    fill: (_context, folder) => copyFile(dockerfile('postgres.sh'), join(folder, 'postgres.sh')),
  },
  {
    name: 'temporal',
    variables: ['TRACEMILL_IMAGE_TEMPORAL', 'TRACEMILL_IMAGE_TEMPORAL_TOOLS'],
    fill: async (context, folder) => {
      await addBinary(context, folder, SERVER_BINARY);
      await addBinary(context, folder, SCHEMA_BINARY);
      await addBinary(context, folder, TEMPORAL_BINARY);
      await addSchema(folder);
    },
  },
  {
    name: 's3',
    variables: ['TRACEMILL_IMAGE_S3'],
    fill: (context, folder) => addBinary(context, folder, S3_BINARY),
  },
  {
    name: 'prometheus',
    variables: ['TRACEMILL_IMAGE_PROMETHEUS'],
    fill: () => Promise.resolve(),
  },
];

function dockerfile(name: string): string {
  return join(projectRoot(), 'infra', 'docker', 'compose', name);
}

/** Throws AppError `image-missing`. */
export async function buildWith(
  context: DevContext,
  build: {
    readonly socketPath: string;
    readonly reference: string;
    readonly file: string;
    readonly folder: string;
    readonly base: string;
  },
): Promise<void> {
  const { socketPath, reference, file, folder, base } = build;
  const logFile = cacheLogPath(context.config, 'compose-images');
  const options = ['--network', 'host', '--tag', reference, '--build-arg', `BASE=${base}`];
  const command = dockerCommand(socketPath, 'build', ...options, '--file', file, folder);
  const built = await run(command, { timeoutMs: BUILD_MS, logFile });
  if (built.ok) return;
  throw new AppError(
    'image-missing',
    `image ${reference} cannot be built: ${lastLines(built.output)}; see ${JSON.stringify(logFile)}`,
  );
}

/** A name that changes with what the image is made of. */
async function madeReference(made: Made, base: string): Promise<string> {
  const hash = createHash('sha256').update(base);
  hash.update(await readFile(dockerfile(`${made.name}.Dockerfile`)));
  if (made.name === 'postgres') hash.update(await readFile(dockerfile('postgres.sh')));
  for (const source of [SERVER_BINARY, TEMPORAL_BINARY, S3_BINARY]) hash.update(source.goPackage);
  return `tracemill-${made.name}:${hash.digest('hex').slice(0, 16)}`;
}

/** Imported from an archive that is made once. */
async function ensureMadeBase(
  context: DevContext,
  socketPath: string,
  { name, packages }: { readonly name: string; readonly packages: readonly string[] },
): Promise<string> {
  const digest = createHash('sha256').update(packages.join()).digest('hex').slice(0, 16);
  const reference = `tracemill-${name}:${digest}`;
  if ((await imageId(socketPath, reference)) !== null) return reference;
  await importMadeImage(context, socketPath, {
    reference,
    file: `${name}-${digest}.tar`,
    packages,
  });
  return reference;
}

/** Of the worker's image where no registry gives one. Throws AppError `image-missing`. */
export const ensureNodeBase = (context: DevContext, socketPath: string): Promise<string> =>
  ensureMadeBase(context, socketPath, NODE);

async function makeImage(
  context: DevContext,
  socketPath: string,
  { made, base, reference }: { made: Made; base: string; reference: string },
): Promise<void> {
  const detail = `building the image ${reference}`;
  context.note({ kind: 'working', service: 'compose', detail });
  await mkdir(context.config.cache, { recursive: true });
  const folder = await mkdtemp(join(context.config.cache, '.image-'));
  try {
    await made.fill(context, folder);
    const file = dockerfile(`${made.name}.Dockerfile`);
    await buildWith(context, { socketPath, reference, file, folder, base });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeImages(
  context: DevContext,
  socketPath: string,
): Promise<Readonly<Record<string, string>>> {
  const base = await ensureMadeBase(context, socketPath, SERVICES);
  const chosen: Record<string, string> = {};
  for (const made of MADE) {
    const reference = await madeReference(made, base);
    if ((await imageId(socketPath, reference)) === null) {
      await makeImage(context, socketPath, { made, base, reference });
    }
    for (const variable of made.variables) chosen[variable] = reference;
  }
  return chosen;
}

/** Whether a registry answers with what the compose file names. */
export async function isPublished(config: Config, socketPath: string): Promise<boolean> {
  const reference = PUBLISHED[PROBE];
  if ((await imageId(socketPath, reference)) !== null) return true;
  const pulled = await run(dockerCommand(socketPath, 'pull', reference), {
    timeoutMs: PULL_MS,
    silenceMs: PULL_SILENCE_MS,
    logFile: cacheLogPath(config, 'docker-pull'),
  });
  return pulled.ok;
}

export interface ComposeImages {
  /** `published`: compose pulls what it needs, Temporal's pages and Grafana too. `built`: these two are not to be had. */
  readonly origin: 'published' | 'built';
  /** Variables of docker-compose.yml; empty where its defaults hold. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Throws AppError `image-missing` and `service-not-available`. */
export async function ensureComposeImages(
  context: DevContext,
  socketPath: string,
): Promise<ComposeImages> {
  const lock = { path: cacheLockPath(context.config, 'compose-images'), waitMs: LOCK_WAIT_MS };
  return await withLock(lock, async () => {
    if (await isPublished(context.config, socketPath)) {
      return { origin: 'published', variables: {} };
    }
    return { origin: 'built', variables: await makeImages(context, socketPath) };
  });
}
