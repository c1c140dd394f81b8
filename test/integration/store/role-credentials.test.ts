// Without keys of their own, the store and every command use what the machine's role gives, against a real gateway behind
// the checks that S3 makes of temporary credentials.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { ensureDataServices } from '../../../infra/dev/services.ts';
import { S3Store } from '../../../src/store/s3.ts';
import { cli } from '../../support/cli.ts';
import { startInstanceMetadata } from '../../support/instance-metadata.ts';
import type { InstanceMetadata, RoleKeys } from '../../support/instance-metadata.ts';
import { testConfig, testLog } from '../../support/services.ts';
import { startSessionProxy } from '../../support/session-proxy.ts';
import type { Session, SessionProxy } from '../../support/session-proxy.ts';
import { rejectedBy } from '../../support/thrown.ts';

const BUCKET = `role-${randomUUID()}`;
const MINUTE_MS = 60_000;
/** The SDK asks anew for what ends within five minutes. */
const SOON_MS = 4 * MINUTE_MS;

const FIRST: Session = {
  accessKeyId: 'ASIAFIRST',
  secretAccessKey: 'first-secret-of-the-role',
  token: 'first-session',
};
const SECOND: Session = {
  accessKeyId: 'ASIASECOND',
  secretAccessKey: 'second-secret-of-the-role',
  token: 'second-session',
};

let gateway: SessionProxy;
let metadata: InstanceMetadata;
/** What the machine is given, and what the store takes. */
let keys: RoleKeys | null = null;
let good: readonly Session[] = [];
let machine: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  const { s3 } = await ensureDataServices(testConfig(), testLog());
  const root = { accessKeyId: s3.accessKeyId ?? '', secretAccessKey: s3.secretAccessKey ?? '' };
  gateway = await startSessionProxy({ endpoint: s3.endpoint, ...root }, () => good);
  metadata = await startInstanceMetadata(() => keys);
  machine = {
    AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint,
    // What the user of this machine may have is not the subject.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_ACCESS_KEY_ID: '',
    AWS_PROFILE: '',
  };
});
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await metadata[Symbol.asyncDispose]();
});

function open(): S3Store {
  for (const [name, value] of Object.entries(machine)) vi.stubEnv(name, value);
  return new S3Store({
    endpoint: gateway.endpoint,
    region: 'us-east-1',
    accessKeyId: null,
    secretAccessKey: null,
    bucket: BUCKET,
  });
}

it('keys of the role are used, and new ones once they rotate', async () => {
  good = [FIRST];
  keys = { ...FIRST, expiresAtMs: Date.now() + SOON_MS };
  using store = open();
  await store.ensureBucket();
  expect(await store.putIfAbsent('before', Buffer.from('1'))).toEqual({ kind: 'created' });
  // Both are good for a while, as on AWS: the SDK asks for the new ones beside a request with the old.
  good = [FIRST, SECOND];
  const before = metadata.given();
  keys = { ...SECOND, expiresAtMs: Date.now() + 60 * MINUTE_MS };
  // It signs with them some time after it was given them.
  const signedWith = async () => {
    await store.get('before');
    return gateway.lastKey();
  };
  await expect.poll(signedWith).toBe(SECOND.accessKeyId);
  expect(metadata.given()).toBe(before + 1);
  good = [SECOND];
  expect(await store.putIfAbsent('after', Buffer.from('2'))).toEqual({ kind: 'created' });
  expect(Buffer.from(await store.get('before')).toString()).toBe('1');
  const given = metadata.given();
  // What lasts is not asked for again, and goes on where the service is away.
  keys = null;
  for (let at = 0; at < 5; at += 1) await store.get('after');
  expect(metadata.given()).toBe(given);
});

it('a machine without a role has one clear answer', async () => {
  keys = null;
  using store = open();
  expect(await rejectedBy(store.head('any'))).toMatchObject({
    code: 'store-unreachable',
    retryable: true,
    message: expect.stringMatching(/nobody gives credentials.*SECRET_ACCESS_KEY_FILE/) as string,
  });
});

it.each([
  ['a key', { accessKeyId: 'ASIAUNKNOWN' }, /refused access/],
  ['the session', { token: 'session-token' }, /refuses the session of our credentials/],
])('%s of the role that the store refuses is said to be refused', async (_what, of, message) => {
  keys = { ...SECOND, ...of, expiresAtMs: Date.now() + 60 * MINUTE_MS };
  using store = open();
  const refused = await rejectedBy(store.head('any'));
  expect({ code: refused.code }).toEqual({ code: 'store-denied' });
  expect(refused.message).toMatch(message);
});

it('commands find the role too, and end with code 3 where it is gone', async () => {
  const env = { ...machine, TRACEMILL_S3_ENDPOINT: gateway.endpoint, TRACEMILL_BUCKET: BUCKET };
  keys = { ...SECOND, expiresAtMs: Date.now() + 60 * MINUTE_MS };
  const doctor = await cli(['doctor'], { env });
  expect(doctor.stdout).toMatch(/by the role of this machine/);
  const none = await cli(['verify', 'none@v1'], { env });
  expect(none.stderr).toMatch(/none@v1/);
  expect(none.stderr).not.toMatch(/credentials/);
  keys = null;
  const gone = await cli(['verify', 'none@v1'], { env });
  expect(gone).toMatchObject({ code: 3, stdout: '' });
  expect(gone.stderr).toMatch(/nobody gives credentials/);
  const half = await cli(['jobs'], { env: { ...env, TRACEMILL_S3_ACCESS_KEY_ID: 'x' } });
  expect(half).toMatchObject({ code: 2 });
  expect(half.stderr).toMatch(/SECRET_ACCESS_KEY_FILE/);
});
