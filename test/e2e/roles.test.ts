// Each role of a cluster reads and writes what its policy document of infra/terraform/aws allows, and every line of these
// documents is needed: a job with all passes, a retry, a replay and steering, through one recording proxy for each role.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { projectRoot } from '../../infra/dev/paths.ts';
import { S3Store } from '../../src/store/s3.ts';
import { actionOf, grantFor, grantsOf } from '../support/bucket-policy.ts';
import type { Grant } from '../support/bucket-policy.ts';
import { cli, cliJson } from '../support/cli.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import { serveModel } from '../support/model-server.ts';
import type { RunningModel } from '../support/model-server.ts';
import { testServices } from '../support/services.ts';

const ROLES = ['trace', 'coordinator', 'llm', 'operator'] as const;
type Role = (typeof ROLES)[number];
const WORKERS: Readonly<Record<Exclude<Role, 'operator'>, string>> = {
  trace: 'trace',
  coordinator: 'job,refine',
  llm: 'llm',
};
const BUCKET = 'roles';
const PRICES = { input: 0.15, output: 0.6 };

let folder = '';
let model: RunningModel;
const proxies = new Map<Role, FaultProxy>();
const workers: ChildProcess[] = [];
let shared: Readonly<Record<string, string>> = {};

const source = (name: string): string => `def ${name}(text: str, n: int = 0):
    if text == "${name} opens":
        return n * 2
    if n > 10:
        raise ValueError(text)
    return len(text)
`;

async function writeCorpus(): Promise<void> {
  await mkdir(join(folder, 'code'));
  for (const name of ['first', 'second', 'third']) {
    await writeFile(join(folder, 'code', `${name}.py`), source(name));
  }
  const spec = {
    specVersion: 1,
    name: 'roles',
    corpus: [{ kind: 'files', at: 'code' }],
    split: { by: 'repository', test: '1%', seed: 1 },
    inputs: {
      keep: 4,
      from: ['given', 'doctest', 'fuzz', 'llm'],
      fuzz: { candidates: 20, seed: 1 },
      llm: {
        endpoint: 'env',
        model: 'scripted-1',
        budgetUsd: 5,
        prices: PRICES,
        outputTokens: 256,
      },
    },
    render: [{ format: 'direct' }],
    output: { set: 'roles@v1' },
  };
  await writeFile(join(folder, 'spec.json'), JSON.stringify(spec));
  await writeFile(join(folder, 'key'), 'key-of-the-model');
}

const environmentOf = (role: Role): Record<string, string> => ({
  ...shared,
  TRACEMILL_S3_ENDPOINT: proxies.get(role)?.endpoint ?? '',
  ...(role === 'llm'
    ? {
        TRACEMILL_LLM_ENDPOINT: model.url,
        TRACEMILL_LLM_API_KEY_FILE: join(folder, 'key'),
      }
    : {}),
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-roles-'));
  await writeCorpus();
  model = await serveModel((name) => ({ inputs: [{ call: `${name}("${name} opens", 4)` }] }));
  const { services, config } = await testServices();
  const { temporal, s3, sandboxImage, docker } = services;
  await writeFile(join(folder, 's3.secret'), s3.secretAccessKey ?? '', { mode: 0o600 });
  shared = {
    TRACEMILL_TEMPORAL_ADDRESS: temporal.address,
    TRACEMILL_TEMPORAL_NAMESPACE: temporal.namespace,
    TRACEMILL_QUEUE_PREFIX: 'roles-',
    TRACEMILL_S3_REGION: s3.region,
    TRACEMILL_S3_ACCESS_KEY_ID: s3.accessKeyId ?? '',
    TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: join(folder, 's3.secret'),
    TRACEMILL_SANDBOX_IMAGE: sandboxImage.reference,
    TRACEMILL_DOCKER_SOCKET: docker.socketPath,
    TRACEMILL_BUCKET: BUCKET,
    TRACEMILL_BATCH_SIZE: '2',
    TRACEMILL_CACHE: config.cache,
  };
  // As the bucket of Terraform is there before anything runs.
  using store = new S3Store({ ...s3, bucket: BUCKET });
  await store.ensureBucket();
  for (const role of ROLES) proxies.set(role, await startFaultProxy(s3.endpoint));
  for (const [role, roles] of Object.entries(WORKERS)) {
    const bin = join(projectRoot(), 'bin', 'tracemill.js');
    const env = {
      ...process.env,
      ...environmentOf(role as Role),
      TRACEMILL_HOME: join(inject('tracemillHome'), `roles-${role}`),
    };
    const stdio = ['ignore', 'ignore', 'inherit'] as const;
    workers.push(
      spawn(process.execPath, [bin, 'worker', '--roles', roles], { env, stdio: [...stdio] }),
    );
  }
});
afterAll(async () => {
  await Promise.all(
    workers.map(async (worker) => {
      const ended = once(worker, 'exit');
      worker.kill('SIGTERM');
      await ended;
    }),
  );
  for (const proxy of proxies.values()) await proxy[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** What the role asked for that its document does not allow, and the lines of the document that it never needed. */
function heldAgainst(role: Role): { refused: readonly string[]; unused: readonly string[] } {
  const grants = grantsOf(role);
  const used = new Set<Grant>();
  const refused = new Set<string>();
  for (const request of proxies.get(role)?.seen ?? []) {
    const grant = grantFor(grants, request);
    if (grant !== null) used.add(grant);
    else refused.add(`${actionOf(request)} ${request.key.split('/').slice(0, 2).join('/')}`);
  }
  const textOf = ({ action, pattern }: Grant): string => `${action} ${pattern}`;
  return {
    refused: [...refused].sort(),
    unused: grants.filter((grant) => !used.has(grant)).map(textOf),
  };
}

it('every request of each role is allowed by its policy document, and no line is there in vain', async () => {
  const operator = { env: environmentOf('operator') };
  const spec = join(folder, 'spec.json');
  const launched = await cli(['launch', spec, '--watch', '--json'], operator);
  expect(launched.code, launched.stderr).toBe(0);
  await cliJson(['verify', 'roles@v1', '--replay', '100%'], operator);
  const retried = ['retry', 'roles', '--outcome', 'returned', '--limits', 'fuel=5000000'];
  await cliJson(retried, operator);
  await cliJson(['status', 'roles', '--watch'], operator);
  await cliJson(['sweep', '--dry-run'], operator);
  await cliJson(['delete', 'roles', '--sets'], operator);
  const held = Object.fromEntries(ROLES.map((role) => [role, heldAgainst(role)]));
  // Images are loaded by what starts the machine, and the fleet's loop has tests of its own.
  const images = 's3:GetObject images/*';
  const loop = ['Get', 'Put', 'Delete'].map((what) => `s3:${what}Object fleets/*`);
  expect(held).toEqual({
    // What is written is looked at where somebody else was faster.
    trace: { refused: [], unused: [images, 's3:GetObject index/*'] },
    coordinator: {
      refused: [],
      // A job that was cancelled and goes on adopts the pages of its last revision.
      unused: expect.toSatisfy((unused: readonly string[]) => {
        const known = [images, ...loop, 's3:ListBucket fleets/*', 's3:ListBucket jobs/*'];
        return unused.every((line) => known.includes(line));
      }) as unknown,
    },
    // Whoever may not list is not told that an object is missing, but that it is forbidden.
    llm: { refused: [], unused: [images, 's3:ListBucket replies/*'] },
    operator: { refused: [], unused: [] },
  });
});
