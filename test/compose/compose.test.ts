// A cluster of containers: two workers, one of which is killed half-way, make the same bytes as the embedded default; what
// they did is what the dashboard shows; and nothing stays behind.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../infra/dev/paths.ts';
import { loadConfig } from '../../src/config/load.ts';
import { S3Store } from '../../src/store/s3.ts';
import { cli, cliJson } from '../support/cli.ts';
import { composeProject } from '../support/compose.ts';
import type { ComposeProject } from '../support/compose.ts';
import { dashboardQueries, seriesOf } from '../support/dashboard.ts';
import type { PanelQuery } from '../support/dashboard.ts';
import { serveModel } from '../support/model-server.ts';
import type { RunningModel } from '../support/model-server.ts';
import { dataDigests, setFolder } from '../support/data-objects.ts';

const BUCKET = 'cruxeval';
const WORKERS = 2;
/** Of 800 invocations: both workers are busy, and there is work left. */
const HALF_WAY = 300;
/** A killed worker is missed after its heartbeat; nothing here waits this long. */
const LATER = { timeout: 120_000, interval: 1_000 };

/** No other text is like it. */
const LLM_KEY = 'sk-compose-7f3b9e51c2';
const CALLS = ['sign(-3)', 'sign(0)', 'sign(8)'];

let project: ComposeProject;
let model: RunningModel;
let corpus = '';
const beganAtMs = Date.now();
beforeAll(async () => {
  corpus = join(loadConfig().testData, 'cruxeval.jsonl');
  // Few shards of history: a job of this size needs no more, and the server starts in a second.
  model = await serveModel(() => ({ inputs: CALLS.map((call) => ({ call })) }), '0.0.0.0');
  project = await composeProject({
    TRACEMILL_HISTORY_SHARDS: '4',
    TRACEMILL_LLM_ENDPOINT: `http://host.docker.internal:${String(model.port)}/v1`,
  });
  await writeFile(join(project.secrets, 'llm'), `${LLM_KEY}\n`);
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

const client = (extra: Readonly<Record<string, string>> = {}) => ({
  env: { ...project.client, TRACEMILL_BUCKET: BUCKET, ...extra },
});

interface Status {
  readonly job: { readonly state: string };
  readonly live: {
    readonly slotsBusy: number;
    readonly stages: readonly { readonly pass: string; readonly invocations: number }[];
  } | null;
}

async function traced(): Promise<number> {
  const { live } = (await cliJson(['status'], client())) as Status;
  return live?.stages.find(({ pass }) => pass === 'trace')?.invocations ?? 0;
}

async function digestsInStore(set: string): Promise<Record<string, string>> {
  const [name = '', version = ''] = set.split('@');
  const prefix = `sets/${name}/${version}/`;
  using store = new S3Store({
    ...project.s3,
    region: 'us-east-1',
    accessKeyId: 'tracemill',
    bucket: BUCKET,
  });
  const digests: Record<string, string> = {};
  for await (const { key } of store.list(prefix)) {
    const path = key.slice(prefix.length);
    if (path === 'manifest.json') continue;
    digests[path] = createHash('sha256')
      .update(await store.get(key))
      .digest('hex');
  }
  return digests;
}

const workerIds = async (): Promise<readonly string[]> =>
  (await project.compose('ps', '--quiet', 'worker')).trim().split('\n');

const inspect = async (id: string, format: string): Promise<string> =>
  (await project.docker('inspect', '--format', format, id)).trim();

test('two workers and Prometheus come up healthy, and no worker runs as root', async () => {
  const up = ['up', '--detach', '--wait', '--scale', `worker=${String(WORKERS)}`];
  await project.compose(...up, 'worker', 'prometheus');
  const ids = await workerIds();
  expect(ids).toHaveLength(WORKERS);
  for (const id of ids) {
    expect(await inspect(id, '{{.State.Health.Status}}')).toBe('healthy');
    const user = await project.docker('exec', id, 'id', '--user');
    expect(user.trim()).toBe('10001');
    // The secret is a file; no variable holds one.
    const secret = project.s3.secretAccessKey;
    expect(await inspect(id, '{{json .Config.Env}}')).not.toContain(secret);
  }
});

test('a worker killed half-way changes no byte of the data set', async () => {
  const launch = ['launch', '--corpus', `cruxeval:${corpus}`];
  await cliJson(launch, client({ TRACEMILL_BATCH_SIZE: '50', TRACEMILL_SLOTS: '2' }));
  await expect.poll(traced, LATER).toBeGreaterThan(HALF_WAY);
  const [victim = ''] = await workerIds();
  // The process and not the container: the Engine then takes it for a crash, and restarts it.
  process.kill(Number(await inspect(victim, '{{.State.Pid}}')), 'SIGKILL');
  const ended = (await cliJson(['status', '--watch'], client())) as {
    readonly published: { readonly set: string; readonly counts: { readonly accepted: number } };
  };
  expect(ended.published.counts.accepted).toBe(800);
  const { set } = ended.published;
  expect((await cli(['verify', set], client())).code).toBe(0);

  await cliJson([...launch, '--watch'], {
    env: { TRACEMILL_BUCKET: BUCKET, TRACEMILL_SLOTS: '2' },
  });
  expect(await digestsInStore(set)).toEqual(await dataDigests(setFolder(BUCKET, set)));

  expect(await inspect(victim, '{{.RestartCount}}')).toBe('1');
  await expect.poll(() => inspect(victim, '{{.State.Health.Status}}'), LATER).toBe('healthy');
});

test('every query of the dashboard is one that Prometheus takes, and shows the job', async () => {
  const queries = await dashboardQueries();
  expect(queries.length).toBeGreaterThan(20);
  const empty = async (): Promise<readonly PanelQuery[]> => {
    const series = await Promise.all(
      queries.map((query) => seriesOf(project.prometheus, query, beganAtMs)),
    );
    return queries.filter((_, index) => series[index] === 0);
  };
  await expect.poll(empty, LATER).toEqual([]);
});

test('the profile llm asks a model whose key no other container sees', async () => {
  await project.compose('--profile', 'llm', 'up', '--detach', '--wait', 'llm');
  const id = (await project.compose('--profile', 'llm', 'ps', '--quiet', 'llm')).trim();
  const mounts = await inspect(id, '{{json .Mounts}}');
  expect(mounts).toContain('/run/secrets/llm');
  expect(mounts).not.toContain('docker.sock');
  expect(await inspect(id, '{{json .Config.Env}}')).not.toContain(LLM_KEY);
  for (const other of await workerIds()) {
    expect(await inspect(other, '{{json .Mounts}}')).not.toContain('/run/secrets/llm');
  }
  const source = 'def sign(n):\n    if n < 0:\n        return -1\n    return 1 if n else 0\n';
  const functions = join(project.secrets, '..', 'asked.jsonl');
  await writeFile(functions, `${JSON.stringify({ source, entry: 'sign' })}\n`);
  const spec = join(project.secrets, '..', 'asked.yaml');
  const llm = { endpoint: 'env', model: 'm', budgetUsd: 1, prices: { input: 1, output: 1 } };
  const inputs = { from: ['given', 'llm'], llm };
  const corpora = [{ kind: 'jsonl', at: functions }];
  await writeFile(spec, JSON.stringify({ specVersion: 1, name: 'asked', corpus: corpora, inputs }));
  await cliJson(['launch', spec, '--watch'], client());
  const told = await cli(['why', 'asked@v1', 'asked.jsonl:1'], client());
  expect(told.stdout.match(/from llm; kept at synthesize/g)).toHaveLength(CALLS.length);
  expect(model.requests.map(({ key }) => key)).toEqual([`Bearer ${LLM_KEY}`]);
  expect(await project.compose('--profile', 'llm', 'logs', 'llm')).not.toContain(LLM_KEY);
});

test('the database can be saved as docs/operating.md says', async () => {
  const page = await readFile(join(projectRoot(), 'docs', 'operating.md'), 'utf8');
  const [, command = ''] =
    /sh -c \\\n {2}'(PGPASSWORD=\S+ .*pg_dump [^']*)' > temporal\.sql/.exec(page) ?? [];
  const dump = await project.compose('exec', '-T', 'postgres', 'sh', '-c', command);
  expect(dump).toContain('CREATE DATABASE temporal');
  expect(dump).toContain('CREATE TABLE public.executions ');
  expect(dump).toContain('COPY public.executions ');
});

test('down leaves no container, no volume and no network', async () => {
  await project[Symbol.asyncDispose]();
  const label = `label=com.docker.compose.project=${project.name}`;
  const left = async (): Promise<string> => {
    const kinds = [
      ['ps', '--all'],
      ['volume', 'ls'],
      ['network', 'ls'],
    ];
    const listed = kinds.map((kind) => project.docker(...kind, '--quiet', '--filter', label));
    return (await Promise.all(listed)).join('');
  };
  await expect.poll(left).toBe('');
});
