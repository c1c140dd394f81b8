// The address of a job is told of its end, also by a worker that takes over from one that died with the notice under way.
import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findWorker } from '../../infra/dev/worker-process.ts';
import { cliJson } from '../support/cli.ts';
import { listenLocally } from '../support/local-server.ts';
import type { LocalServer } from '../support/local-server.ts';
import { testConfig } from '../support/services.ts';

const BUCKET = 'notify';
/** The dead worker is missed ten seconds after its last beat; nothing here waits this long. */
const LATER = { timeout: 120_000, interval: 500 };

interface Received {
  readonly key: string;
  readonly body: string;
}

const received: Received[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
  request.on('end', () => {
    received.push({ key: String(request.headers['idempotency-key']), body });
    // The first notice arrives, and its sender is gone before it learns so.
    if (received.length > 1) response.writeHead(200).end();
    else void killWorker();
  });
});

async function killWorker(): Promise<void> {
  const worker = await findWorker(testConfig());
  if (worker !== null) process.kill(worker.pid, 'SIGKILL');
}

let folder = '';
let local: LocalServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-notify-'));
  local = await listenLocally(server);
});
afterAll(async () => {
  await local.close();
  await rm(folder, { recursive: true });
});

test('a worker that dies while it tells costs no notice, and the other side knows the second one', async () => {
  const record = { source: 'def f(x):\n    return x + 1\n', entry: 'f', calls: ['f(1)'] };
  await writeFile(join(folder, 'one.jsonl'), `${JSON.stringify(record)}\n`);
  const spec = {
    specVersion: 1,
    name: 'told',
    corpus: [{ kind: 'jsonl', at: 'one.jsonl' }],
    notify: `http://127.0.0.1:${String(local.port)}/hook`,
  };
  await writeFile(join(folder, 'spec.yaml'), JSON.stringify(spec));
  const env = { env: { TRACEMILL_BUCKET: BUCKET } };
  const launched = (await cliJson(['launch', join(folder, 'spec.yaml'), '--watch'], env)) as {
    readonly job: { readonly jobId: string; readonly workflowId: string; readonly state: string };
  };
  expect(launched.job.state).toBe('published');
  await expect.poll(() => received.length, LATER).toBeGreaterThan(0);
  await cliJson(['up'], env);
  await expect.poll(() => received.length, LATER).toBe(2);

  const [first, second] = received;
  expect(second).toEqual(first);
  expect(first?.key).toBe(`${launched.job.jobId}-1-published`);
  expect(JSON.parse(first?.body ?? '')).toMatchObject({
    job: launched.job.workflowId,
    state: 'published',
    set: 'told@v1',
    counts: { accepted: 1 },
  });
  // Launching again finds the job: nothing ends, so nothing is told.
  await cliJson(['launch', join(folder, 'spec.yaml'), '--watch'], env);
  expect(received).toHaveLength(2);
});
