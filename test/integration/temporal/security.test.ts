// TLS with client certificates, and API keys, against a real server behind what Temporal Cloud puts before its own: for
// clients, workers and commands. And what each mistake is answered with.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ensureDataServices } from '../../../infra/dev/services.ts';
import type { TemporalSecurity } from '../../../src/config/temporal-security.ts';
import { exitCodeOf } from '../../../src/errors.ts';
import { listJobs } from '../../../src/temporal/client.ts';
import { connectClient } from '../../../src/temporal/connection.ts';
import type { TemporalAddress } from '../../../src/temporal/connection.ts';
import { API_KEY_FRESH_MS } from '../../../src/temporal/credentials.ts';
import { bundleWorkflows } from '../../../src/temporal/bundle.ts';
import { installRuntime } from '../../../src/temporal/runtime.ts';
import { connectWorker } from '../../../src/temporal/worker-connection.ts';
import { makeAuthority } from '../../support/certificates.ts';
import type { Authority, Issued } from '../../support/certificates.ts';
import { cli } from '../../support/cli.ts';
import { fakeJob } from '../../support/fake-activities.ts';
import { testConfig, testLog } from '../../support/services.ts';
import { startTemporalProxy } from '../../support/temporal-proxy.ts';
import type { TemporalProxy } from '../../support/temporal-proxy.ts';
import { jobInput, WORKFLOWS, withWorkers } from '../../support/temporal-server.ts';
import { rejectedBy } from '../../support/thrown.ts';

const KEY = 'first.key-of_the-test';
const NEXT_KEY = 'second.key-of_the-test';
const WRONG_KEY = 'wrong.key-of_the-test';
const SAID = /key-of_the-test/;
/** Not the host of the address. */
const NAME = 'frontend.example';

let folder = '';
let namespace = '';
let plainAddress = '';
let ours: Authority;
let others: Authority;
let client: Issued;
let mutual: TemporalProxy;
let keyed: TemporalProxy;
let acceptedKey = KEY;
let bundle = '';

const address = (proxy: TemporalProxy): string => `127.0.0.1:${String(proxy.port)}`;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  installRuntime(testLog());
  folder = await mkdtemp(join(tmpdir(), 'tracemill-security-'));
  const { temporal } = await ensureDataServices(testConfig(), testLog());
  ({ namespace } = temporal);
  plainAddress = temporal.address;
  ours = makeAuthority(folder, 'ours');
  others = makeAuthority(folder, 'others');
  client = ours.issue('client');
  const server = ours.issue('server', { names: [`DNS:${NAME}`] });
  const upstream = temporal.address;
  const clientCa = ours.certificate;
  mutual = await startTemporalProxy({ upstream, server, clientCa, apiKey: () => null });
  keyed = await startTemporalProxy({
    upstream,
    server,
    clientCa: null,
    apiKey: () => acceptedKey,
  });
  await writeFile(file('api-key'), `${KEY}\n`);
  bundle = await bundleWorkflows(WORKFLOWS);
});
afterAll(async () => {
  await mutual[Symbol.asyncDispose]();
  await keyed[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const pair = ({ certificate, key }: Issued): TemporalSecurity['client'] => ({
  certificateFile: certificate,
  keyFile: key,
});

function security(given: Partial<TemporalSecurity> = {}): TemporalSecurity {
  return { caFile: ours.certificate, serverName: NAME, client: null, apiKeyFile: null, ...given };
}

const withCertificate = (given: Partial<TemporalSecurity> = {}): TemporalAddress => ({
  address: address(mutual),
  namespace,
  security: security({ client: pair(client), ...given }),
});

const withKey = (given: Partial<TemporalSecurity> = {}): TemporalAddress => ({
  address: address(keyed),
  namespace,
  security: security({ apiKeyFile: file('api-key'), ...given }),
});

/** A job from its start to its end, both sides over connections of this kind. */
async function runOver(at: TemporalAddress): Promise<unknown> {
  const connected = await connectClient(at);
  await using worker = await connectWorker(at);
  const server = { client: connected, connection: worker.connection, namespace, bundle };
  const job = fakeJob({ batchCount: 2 });
  const input = jobInput();
  try {
    return await withWorkers(
      { ...server, [Symbol.asyncDispose]: () => Promise.resolve() },
      { queuePrefix: input.queuePrefix, activities: job.activities },
      () =>
        connected.workflow.execute('traceJob', {
          args: [input],
          taskQueue: `${input.queuePrefix}job`,
          workflowId: input.queuePrefix,
        }),
    );
  } finally {
    await connected.connection.close();
  }
}

const variables = (at: TemporalAddress): Record<string, string> => ({
  TRACEMILL_TEMPORAL_ADDRESS: at.address,
  TRACEMILL_TEMPORAL_NAMESPACE: at.namespace,
  TRACEMILL_TEMPORAL_TLS_CA_FILE: at.security?.caFile ?? '',
  TRACEMILL_TEMPORAL_TLS_SERVER_NAME: at.security?.serverName ?? '',
  TRACEMILL_TEMPORAL_TLS_CERT_FILE: at.security?.client?.certificateFile ?? '',
  TRACEMILL_TEMPORAL_TLS_KEY_FILE: at.security?.client?.keyFile ?? '',
  TRACEMILL_TEMPORAL_API_KEY_FILE: at.security?.apiKeyFile ?? '',
  TRACEMILL_LOG_LEVEL: 'debug',
});

it('a job runs over TLS with a client certificate, its worker and the commands too', async () => {
  expect(await runOver(withCertificate())).toMatchObject({ revision: 1 });
  const clients = new Set(mutual.calls.map((call) => call.client));
  expect([...clients].sort()).toEqual(['temporal-typescript']);
  expect(mutual.calls.some(({ path }) => path.endsWith('/PollActivityTaskQueue'))).toBe(true);
  const before = mutual.calls.length;
  expect(await cli(['jobs'], { env: variables(withCertificate()) })).toMatchObject({ code: 0 });
  expect(mutual.calls.length).toBeGreaterThan(before);
});

it('every call carries the API key and the namespace, and nothing that is printed does', async () => {
  expect(await runOver(withKey())).toMatchObject({ revision: 1 });
  const headers = new Set(keyed.calls.map(({ authorization }) => authorization));
  expect([...headers]).toEqual([`Bearer ${KEY}`]);
  const unnamed = keyed.calls.filter((call) => call.namespace !== namespace);
  expect(new Set(unnamed.map(({ path }) => path.split('/').at(-1)))).toEqual(
    new Set(['GetSystemInfo']),
  );
  for (const args of [['jobs'], ['workers', '--json'], ['status', 'no-such-job'], ['doctor']]) {
    const { stdout, stderr } = await cli(args, { env: variables(withKey()) });
    expect(`${stdout}${stderr}`, args.join(' ')).not.toContain(KEY);
  }
});

it('a key that was replaced takes effect without a new connection', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
  try {
    const connected = await connectClient(withKey());
    await using worker = await connectWorker(withKey());
    await writeFile(file('api-key'), NEXT_KEY);
    acceptedKey = NEXT_KEY;
    vi.advanceTimersByTime(API_KEY_FRESH_MS + 1);
    await listJobs(connected, { queuePrefix: 'none-', limit: 1 });
    await worker.connection.workflowService.describeNamespace({ namespace });
    await rm(file('api-key'));
    vi.advanceTimersByTime(API_KEY_FRESH_MS + 1);
    await listJobs(connected, { queuePrefix: 'none-', limit: 1 });
    acceptedKey = KEY;
    const refused = rejectedBy(listJobs(connected, { queuePrefix: 'none-', limit: 1 }));
    expect(await refused).toMatchObject({ code: 'temporal-denied' });
    await connected.connection.close();
  } finally {
    vi.useRealTimers();
    acceptedKey = KEY;
    await writeFile(file('api-key'), KEY);
  }
});

/** What is wrong, by who answers and with what. */
const MISTAKES: readonly (readonly [string, () => TemporalAddress, string, RegExp])[] = [
  [
    'no file',
    () => withKey({ apiKeyFile: file('none') }),
    'config-invalid',
    /API_KEY_FILE.*ENOENT/,
  ],
  [
    'an empty key',
    () => withKey({ apiKeyFile: file('empty') }),
    'config-invalid',
    /an API key and nothing else/,
  ],
  [
    'a CA that is none',
    () => withKey({ caFile: file('api-key') }),
    'config-invalid',
    /TLS_CA_FILE.*no certificate/,
  ],
  [
    'an expired client',
    () => withCertificate({ client: pair(ours.issue('old', { isExpired: true })) }),
    'config-invalid',
    /TLS_CERT_FILE.*expired on/,
  ],
  [
    'the key of another',
    () => withCertificate({ client: pair({ ...client, key: others.key }) }),
    'config-invalid',
    /TLS_KEY_FILE.*not the key/,
  ],
  [
    'no key in PEM',
    () => withCertificate({ client: pair({ ...client, key: client.certificate }) }),
    'config-invalid',
    /TLS_KEY_FILE.*no key/,
  ],
  [
    'nobody trusted',
    () => withCertificate({ caFile: others.certificate }),
    'temporal-denied',
    /TLS_CA_FILE/,
  ],
  [
    'another name',
    () => withCertificate({ serverName: 'other.example' }),
    'temporal-denied',
    /TLS_SERVER_NAME/,
  ],
  [
    'no client certificate',
    () => withCertificate({ client: null }),
    'temporal-denied',
    /wants a client certificate/,
  ],
  [
    'a foreign client',
    () => withCertificate({ client: pair(others.issue('foreign')) }),
    'temporal-denied',
    /refuses the client certificate/,
  ],
  ['a wrong key', () => withKey({ apiKeyFile: file('wrong') }), 'temporal-denied', /API_KEY_FILE/],
  ['no key', () => withKey({ apiKeyFile: null }), 'temporal-denied', /API_KEY_FILE/],
  [
    'a wrong namespace',
    () => ({ ...withCertificate(), namespace: 'nowhere' }),
    'temporal-denied',
    /no namespace "nowhere"/,
  ],
  [
    'a plain connection',
    () => ({ ...withCertificate(), security: null }),
    'temporal-denied',
    /speaks TLS/,
  ],
  [
    'a plain server',
    () => ({ ...withCertificate(), address: plainAddress }),
    'temporal-denied',
    /does not speak TLS/,
  ],
  [
    'nobody there',
    () => ({ ...withCertificate(), address: '127.0.0.1:1' }),
    'temporal-unreachable',
    /does not answer/,
  ],
];

it('each mistake has one clear answer, and none of them says the key', async () => {
  await writeFile(file('empty'), '\n');
  await writeFile(file('wrong'), WRONG_KEY);
  const answers = await Promise.all(
    MISTAKES.map(async ([what, at]) => [what, await rejectedBy(connectClient(at()))] as const),
  );
  for (const [index, [what, error]] of answers.entries()) {
    const [, , code, message] = MISTAKES[index] ?? [];
    expect({ what, error }).toMatchObject({ error: { code } });
    expect((error as Error).message, what).toMatch(message ?? /^$/);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error)), what).not.toMatch(SAID);
    expect(exitCodeOf(error), what).toBe(code === 'temporal-unreachable' ? 3 : 2);
  }
});

it('a command and a worker end with the same sentence and code', async () => {
  const env = variables(withKey({ apiKeyFile: file('wrong') }));
  const jobs = await cli(['jobs'], { env });
  expect(jobs).toMatchObject({ code: 2, stdout: '' });
  const worker = await cli(['worker', '--roles', 'refine'], { env });
  expect(worker.code).toBe(2);
  for (const { stderr } of [jobs, worker]) {
    expect(stderr).toMatch(/tracemill: Temporal refuses us in namespace/);
    expect(stderr).not.toMatch(SAID);
  }
});
