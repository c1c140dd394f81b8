// The embedded default on real programs: found again, not shared between homes, ended only where it is ours.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Config } from '../../../src/config/load.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { diagnose } from '../../../infra/dev/doctor.ts';
import { stopServices } from '../../../infra/dev/down.ts';
import { ensureDataServices } from '../../../infra/dev/services.ts';
import { readState } from '../../../infra/dev/state.ts';
import { testLog } from '../../support/services.ts';

const configs: Config[] = [];
const log = testLog();

async function newHome(environment: Record<string, string> = {}): Promise<Config> {
  const home = await mkdtemp(join(tmpdir(), 'tracemill-home-'));
  const config = loadConfig({ ...process.env, ...environment, TRACEMILL_HOME: home });
  configs.push(config);
  return config;
}

beforeEach(() => {
  configs.length = 0;
});
afterEach(async () => {
  for (const config of configs) {
    await stopServices(config, log);
    await rm(config.home, { recursive: true });
  }
});

test('services are started once, however many ask at the same time, and found at once afterwards', async () => {
  const config = await newHome();
  const [first, second] = await Promise.all([
    ensureDataServices(config, log),
    ensureDataServices(config, log),
  ]);
  expect(second.temporal.address).toBe(first.temporal.address);
  expect(second.s3).toEqual({ ...first.s3, origin: second.s3.origin });
  const before = await readState(config);
  const third = await ensureDataServices(config, log);
  // The same processes: nothing was started, and nothing waited for.
  expect(await readState(config)).toEqual(before);
  expect(third.temporal).toMatchObject({ address: first.temporal.address, origin: 'running' });
  expect(third.s3).toMatchObject({ endpoint: first.s3.endpoint, origin: 'running' });
});

test('services that were ended come back at the same addresses with the same credentials', async () => {
  const config = await newHome();
  const before = await ensureDataServices(config, log);
  expect(await stopServices(config, log)).toEqual([
    { service: 'worker', stopped: false },
    { service: 'temporal', stopped: true },
    { service: 's3', stopped: true },
  ]);
  const down = await diagnose(config);
  const after = await ensureDataServices(config, log);
  expect(after.temporal.address).toBe(before.temporal.address);
  expect(after.s3.endpoint).toBe(before.s3.endpoint);
  expect(after.s3.secretAccessKey).toBe(before.s3.secretAccessKey);
  const states = Object.fromEntries(down.map(({ service, state }) => [service, state]));
  expect(states).toMatchObject({ temporal: 'can-be-made', s3: 'can-be-made' });
});

test('two homes have services of their own, and ending one leaves the other', async () => {
  const [one, two] = [await newHome(), await newHome()];
  const [first, second] = await Promise.all([
    ensureDataServices(one, log),
    ensureDataServices(two, log),
  ]);
  expect(second.temporal.address).not.toBe(first.temporal.address);
  expect(second.s3.endpoint).not.toBe(first.s3.endpoint);
  expect(second.s3.secretAccessKey).not.toBe(first.s3.secretAccessKey);
  await stopServices(one, log);
  const left = await ensureDataServices(two, log);
  expect(left.temporal).toMatchObject({ address: second.temporal.address, origin: 'running' });
});

test('a configured server that does not answer is a fault, not a reason to start another', async () => {
  const temporal = await newHome({ TRACEMILL_TEMPORAL_ADDRESS: '127.0.0.1:1' });
  await expect(ensureDataServices(temporal, log)).rejects.toMatchObject({
    code: 'temporal-unreachable',
    message: expect.stringContaining('127.0.0.1:1') as string,
  });
  const s3 = await newHome({ TRACEMILL_S3_ENDPOINT: 'http://127.0.0.1:1' });
  // Without keys it is the machine's role that counts; half a pair is refused before (test/unit/config).
  await expect(ensureDataServices(s3, log)).rejects.toMatchObject({
    code: 'store-unreachable',
    message: expect.stringContaining('127.0.0.1:1') as string,
  });
});
