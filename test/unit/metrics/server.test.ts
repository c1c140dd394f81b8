// Who may read metrics, and what a health check sees.
import { expect, it } from 'vitest';
import { freePort } from '../../../infra/dev/processes.ts';
import { createLogger } from '../../../src/log/logger.ts';
import { createMetrics } from '../../../src/metrics/registry.ts';
import { serveMetrics } from '../../../src/metrics/server.ts';

const log = createLogger({ level: 'fatal', name: 'test' });
const TOKEN = 'a-token-of-enough-characters';

async function served(isReady: () => boolean = () => true) {
  const port = await freePort();
  const options = { host: '127.0.0.1', port, token: TOKEN, metrics: createMetrics(), isReady, log };
  const server = await serveMetrics(options);
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${String(port)}${path}`, init);
  return { options, ask, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

it('metrics are for those who send the token', async () => {
  await using endpoint = await served();
  for (const authorization of ['', 'Bearer', 'Bearer wrong', TOKEN, `Basic ${TOKEN}`]) {
    const answer = await endpoint.ask('/metrics', { headers: { authorization } });
    expect([authorization, answer.status]).toEqual([authorization, 401]);
    expect(await answer.text()).not.toContain('tracemill_');
  }
  const answer = await endpoint.ask('/metrics', { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  expect(await answer.text()).toContain('tracemill_batches_total');
});

it('health needs no token and tells nothing else', async () => {
  let isReady = false;
  await using endpoint = await served(() => isReady);
  expect((await endpoint.ask('/healthz')).status).toBe(503);
  isReady = true;
  const answer = await endpoint.ask('/healthz');
  expect([answer.status, await answer.text()]).toEqual([200, 'ready\n']);
});

it('nothing else is there, and nothing can be sent', async () => {
  await using endpoint = await served();
  expect((await endpoint.ask('/')).status).toBe(404);
  expect((await endpoint.ask('/metrics', { method: 'POST', body: 'x' })).status).toBe(405);
});

it('an address that is taken is a mistake of the configuration', async () => {
  await using endpoint = await served();
  await expect(serveMetrics(endpoint.options)).rejects.toMatchObject({ code: 'config-invalid' });
});
