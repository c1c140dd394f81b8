// Notices of machines that are taken away, against servers that speak the metadata protocols of the two clouds.
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { interruptionNotice } from '../../../src/fleet/interruption.ts';
import type { InterruptionSource } from '../../../src/fleet/interruption.ts';
import { createLogger } from '../../../src/log/logger.ts';

const log = createLogger({ level: 'fatal', name: 'test' });
const POLL_MS = 5;

async function metadata(answer: RequestListener) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${String(port)}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const watch = (source: InterruptionSource, signal = new AbortController().signal) =>
  interruptionNotice(source, { signal, log, pollMs: POLL_MS });

const asked = ({ method, url }: IncomingMessage): string => `${method ?? ''} ${url ?? ''}`;

it('AWS is asked with a token, which is had again when it has run out', async () => {
  const seen: string[] = [];
  let tokens = 0;
  await using server = await metadata((request, response) => {
    seen.push(asked(request));
    if (request.method === 'PUT') {
      tokens += 1;
      expect(request.headers['x-aws-ec2-metadata-token-ttl-seconds']).toBe('21600');
      response.end(`token-${String(tokens)}`);
      return;
    }
    const token = request.headers['x-aws-ec2-metadata-token'];
    const looks = seen.filter((line) => line.startsWith('GET')).length;
    // The first token runs out after two looks.
    response.statusCode = looks === 3 && token === 'token-1' ? 401 : looks < 5 ? 404 : 200;
    response.end(
      response.statusCode === 200 ? '{"action":"terminate","time":"2026-01-01T00:00:00Z"}' : '',
    );
  });
  const notice = await watch({ kind: 'aws', endpoint: server.endpoint });
  expect(notice).toBe('aws: {"action":"terminate","time":"2026-01-01T00:00:00Z"}');
  expect(tokens).toBe(2);
  expect(new Set(seen)).toEqual(
    new Set([
      'PUT /latest/api/token',
      'GET /latest/meta-data/spot/instance-action',
      'GET /latest/meta-data/autoscaling/target-lifecycle-state',
    ]),
  );
});

it.each(['Terminated', 'Warmed:Stopped'])(
  'a group of AWS that says %s takes its machine',
  async (state) => {
    let looks = 0;
    await using server = await metadata((request, response) => {
      if (request.method === 'PUT') return void response.end('token');
      const isState = request.url === '/latest/meta-data/autoscaling/target-lifecycle-state';
      if (!isState) return void response.writeHead(404).end();
      looks += 1;
      // In service, and on its way there from a warm pool: both are no notice.
      response.end(['InService', 'Warmed:Running'][looks - 1] ?? state);
    });
    const notice = await watch({ kind: 'aws', endpoint: server.endpoint });
    expect(notice).toBe(`aws: its group says ${state}`);
    expect(looks).toBe(3);
  },
);

it('GCP says TRUE once the machine is preempted', async () => {
  let looks = 0;
  await using server = await metadata((request, response) => {
    looks += 1;
    const isOurs = request.headers['metadata-flavor'] === 'Google';
    expect(asked(request)).toBe('GET /computeMetadata/v1/instance/preempted');
    response.statusCode = isOurs ? 200 : 403;
    response.end(looks < 3 ? 'FALSE\n' : 'TRUE\n');
  });
  expect(await watch({ kind: 'gcp', endpoint: server.endpoint })).toBe('gcp: preempted');
});

it('a file that appears is a notice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tracemill-notice-'));
  const path = join(folder, 'stop');
  const noticed = watch({ kind: 'file', path });
  await writeFile(path, '');
  expect(await noticed).toContain('stop');
  await rm(folder, { recursive: true });
});

it('a service that does not answer, or breaks, is asked again', async () => {
  let looks = 0;
  await using server = await metadata((_request, response) => {
    looks += 1;
    if (looks === 1) response.destroy();
    else if (looks === 2) response.writeHead(500).end();
    else response.end('TRUE');
  });
  expect(await watch({ kind: 'gcp', endpoint: server.endpoint })).toBe('gcp: preempted');
  expect(looks).toBe(3);
});

it('watching ends with its signal', async () => {
  const stop = new AbortController();
  const watching = watch({ kind: 'file', path: '/nowhere/at/all' }, stop.signal);
  stop.abort();
  expect(await watching).toBeNull();
});
