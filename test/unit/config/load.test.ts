// Settings that are more than one value: the metrics endpoint and the source of interruption notices.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-config-'));
  await writeFile(join(folder, 'token'), 'a-token-of-enough-characters\n');
  await writeFile(join(folder, 'short'), 'short\n');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const metrics = (address: string, token?: string) =>
  loadConfig({
    TRACEMILL_METRICS_ADDRESS: address,
    ...(token === undefined ? {} : { TRACEMILL_METRICS_TOKEN_FILE: join(folder, token) }),
  }).metrics;

it('no metrics are shown unless an address is given', () => {
  expect(loadConfig({}).metrics).toBeNull();
});

it('on this machine a token is made where none is given', () => {
  for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
    expect(metrics(`${host}:9464`)).toMatchObject({ port: 9464, token: null });
  }
  expect(metrics('127.0.0.1:9464', 'token')?.token).toBe('a-token-of-enough-characters');
});

it('what others can reach needs a token that nobody guesses', () => {
  expect(metrics('0.0.0.0:9464', 'token')).toMatchObject({ host: '0.0.0.0' });
  for (const [address, token] of [
    ['0.0.0.0:9464', undefined],
    ['worker.example:9464', undefined],
    ['127.evil.example:9464', undefined],
    ['0.0.0.0:9464', 'short'],
    ['0.0.0.0:9464', 'missing'],
    ['127.0.0.1:0', undefined],
    ['127.0.0.1:70000', undefined],
    ['9464', undefined],
  ] as const) {
    expect(() => metrics(address, token), `${address} ${String(token)}`).toThrow(
      expect.objectContaining({ code: 'config-invalid' }) as Error,
    );
  }
});

it('a source of notices is a cloud, with another endpoint where one is given, or a file', () => {
  const source = (text: string) => loadConfig({ TRACEMILL_INTERRUPTION: text }).interruption;
  expect(loadConfig({}).interruption).toBeNull();
  expect(source('aws')).toEqual({ kind: 'aws', endpoint: 'http://169.254.169.254' });
  expect(source('gcp=http://localhost:1/')).toEqual({
    kind: 'gcp',
    endpoint: 'http://localhost:1',
  });
  expect(source('file=/run/stop=now')).toEqual({ kind: 'file', path: '/run/stop=now' });
  for (const text of ['azure', 'aws=', 'file=', 'file', 'aws=ftp://x']) {
    expect(() => source(text), text).toThrow(
      expect.objectContaining({ code: 'config-invalid' }) as Error,
    );
  }
});

it('TLS for Temporal is on with whatever needs it, and never half', () => {
  const at = { TRACEMILL_TEMPORAL_ADDRESS: 'cloud.example:7233' };
  const security = (given: Readonly<Record<string, string>>) =>
    loadConfig({ ...at, ...given }).temporal.security;
  expect(security({})).toBeNull();
  const nothing = { caFile: null, serverName: null, client: null, apiKeyFile: null };
  expect(security({ TRACEMILL_TEMPORAL_TLS: 'on' })).toEqual(nothing);
  expect(security({ TRACEMILL_TEMPORAL_API_KEY_FILE: '/k' })).toEqual({
    ...nothing,
    apiKeyFile: '/k',
  });
  const pair = { TRACEMILL_TEMPORAL_TLS_CERT_FILE: '/c', TRACEMILL_TEMPORAL_TLS_KEY_FILE: '/k' };
  expect(security(pair)?.client).toEqual({ certificateFile: '/c', keyFile: '/k' });
  for (const [given, message] of [
    [{ TRACEMILL_TEMPORAL_TLS_CERT_FILE: '/c' }, /CERT_FILE is set without .*KEY_FILE/],
    [{ TRACEMILL_TEMPORAL_TLS_KEY_FILE: '/k' }, /KEY_FILE is set without .*CERT_FILE/],
    [{ ...pair, TRACEMILL_TEMPORAL_TLS: 'off' }, /TLS is off/],
    [{ ...pair, TRACEMILL_TEMPORAL_ADDRESS: '' }, /no server/],
    [{ TRACEMILL_TEMPORAL_ADDRESS: 'cloud.example' }, /not host:port/],
  ] as const) {
    expect(() => security(given)).toThrow(message);
  }
});

it('keys of S3 come as a pair, or not at all', () => {
  expect(loadConfig({}).s3.keys).toBeNull();
  const file = join(folder, 'token');
  expect(
    loadConfig({
      TRACEMILL_S3_ACCESS_KEY_ID: 'id',
      TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: file,
    }).s3,
  ).toMatchObject({
    keys: { accessKeyId: 'id', secretAccessKey: 'a-token-of-enough-characters' },
    secretFile: file,
  });
  for (const half of [
    { TRACEMILL_S3_ACCESS_KEY_ID: 'id' },
    { TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: file },
  ]) {
    expect(() => loadConfig(half)).toThrow(/is set without/);
  }
});
