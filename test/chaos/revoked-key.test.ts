// A worker that Temporal no longer serves ends with a clear word, so that whoever watches processes starts another one. The
// SDK tolerates refused polls for a minute, which is why this is no part of `npm test`.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureDataServices } from '../../infra/dev/services.ts';
import { makeAuthority } from '../support/certificates.ts';
import { cli } from '../support/cli.ts';
import { testConfig, testLog } from '../support/services.ts';
import { startTemporalProxy } from '../support/temporal-proxy.ts';

const KEY = 'key-of_the-test';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-revoked-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

it('a worker whose key is revoked ends, and says why', async () => {
  const { temporal } = await ensureDataServices(testConfig(), testLog());
  const authority = makeAuthority(folder, 'authority');
  let accepted = KEY;
  await using proxy = await startTemporalProxy({
    upstream: temporal.address,
    server: authority.issue('server', { names: ['IP:127.0.0.1'] }),
    clientCa: null,
    apiKey: () => accepted,
  });
  await writeFile(join(folder, 'api-key'), KEY);
  const ended = cli(['worker', '--roles', 'refine'], {
    env: {
      TRACEMILL_TEMPORAL_ADDRESS: `127.0.0.1:${String(proxy.port)}`,
      TRACEMILL_TEMPORAL_NAMESPACE: temporal.namespace,
      TRACEMILL_TEMPORAL_TLS_CA_FILE: authority.certificate,
      TRACEMILL_TEMPORAL_API_KEY_FILE: join(folder, 'api-key'),
      TRACEMILL_QUEUE_PREFIX: 'revoked-',
    },
  });
  const hasPolled = (): boolean =>
    proxy.calls.some(({ path }) => path.endsWith('/PollActivityTaskQueue'));
  await expect.poll(hasPolled, { timeout: 30_000 }).toBe(true);
  accepted = 'another-key';
  proxy.cut();
  const { code, stderr } = await ended;
  expect(stderr).toMatch(/tracemill: Temporal refuses us in namespace/);
  expect(stderr).not.toContain(KEY);
  expect(code).toBe(2);
});
