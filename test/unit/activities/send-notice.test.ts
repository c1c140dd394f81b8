// The notice of a job's end, to a real server on this machine.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { sendNotice } from '../../../activities/send-notice.ts';
import type { EndNotice } from '../../../src/contract/job.ts';
import { specKey } from '../../../src/core/keys.ts';
import { createLogger } from '../../../src/log/logger.ts';
import { readNoticeAddress, writeNoticeAddress } from '../../../src/store/notice-address.ts';
import { jsonBytes } from '../../../src/store/seal.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const log = createLogger({ level: 'fatal', name: 'test' });
const JOB = 'a'.repeat(64);

const NOTICE: EndNotice = {
  v: 1,
  jobId: JOB,
  job: 'pypi-aaaaaaaaaaaa',
  revision: 2,
  bucket: 'b',
  specKey: specKey(JOB),
  state: 'published',
  code: null,
  message: null,
  causes: null,
  result: { v: 1, revision: 2, manifestKey: 'sets/pypi/v2/manifest.json', counts: { accepted: 7 } },
  startedAtMs: 1,
  endedAtMs: 2,
};

interface Received {
  readonly key: string;
  readonly body: string;
}

/** Answers each request with the next status; the last one repeats. 0 breaks the connection. */
async function receiver(...statuses: readonly number[]) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      const status = statuses[Math.min(received.length, statuses.length - 1)] ?? 200;
      received.push({ key: String(request.headers['idempotency-key']), body });
      if (status === 0) response.destroy();
      else response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    received,
    url: `http://127.0.0.1:${String(port)}/hook/secret-part`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function depsFor(url: string) {
  const store = new MemoryStore();
  await store.putIfAbsent(
    specKey(JOB),
    jsonBytes({ specVersion: 1, name: 'pypi', output: { bucket: 'b', set: 'pypi@v2' } }),
  );
  await writeNoticeAddress(store, { jobId: JOB, revision: 2, url });
  return { storeOf: () => store, log };
}

it('a notice says what became of which job, under a key that names the end', async () => {
  await using server = await receiver(204);
  await sendNotice(await depsFor(server.url), NOTICE);
  expect(server.received).toHaveLength(1);
  expect(server.received[0]?.key).toBe(`${JOB}-2-published`);
  expect(JSON.parse(server.received[0]?.body ?? '')).toEqual({
    v: 1,
    id: `${JOB}-2-published`,
    jobId: JOB,
    job: 'pypi-aaaaaaaaaaaa',
    name: 'pypi',
    revision: 2,
    state: 'published',
    bucket: 'b',
    set: 'pypi@v2',
    manifest: 'sets/pypi/v2/manifest.json',
    counts: { accepted: 7 },
    code: null,
    message: null,
    causes: null,
    startedAtMs: 1,
    endedAtMs: 2,
  });
});

it('what was taken is not sent again; another end of the job is', async () => {
  await using server = await receiver(200);
  const deps = await depsFor(server.url);
  await sendNotice(deps, NOTICE);
  await sendNotice(deps, NOTICE);
  expect(server.received).toHaveLength(1);
  await sendNotice(deps, { ...NOTICE, state: 'failed', result: null });
  expect(server.received.map(({ key }) => key)).toEqual([`${JOB}-2-published`, `${JOB}-2-failed`]);
});

it('an address that is away may take it later, with the same key and the same bytes', async () => {
  await using server = await receiver(503, 0, 429, 200);
  const deps = await depsFor(server.url);
  for (let tries = 0; tries < 3; tries += 1) {
    await expect(sendNotice(deps, NOTICE)).rejects.toMatchObject({
      code: 'notice-refused',
      retryable: true,
    });
  }
  await sendNotice(deps, NOTICE);
  expect(server.received).toHaveLength(4);
  expect(new Set(server.received.map((sent) => JSON.stringify(sent))).size).toBe(1);
});

it('an address that does not want it is not asked again, and only its host is named', async () => {
  for (const status of [302, 400, 404, 410]) {
    await using server = await receiver(status);
    const failure = await sendNotice(await depsFor(server.url), NOTICE).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'notice-refused', retryable: false });
    expect((failure as Error).message).toContain(String(status));
    expect(JSON.stringify(failure) + (failure as Error).message).not.toContain('secret-part');
    expect(server.received).toHaveLength(1);
  }
});

it('a job whose record was deleted tells nobody', async () => {
  await using server = await receiver(200);
  const deps = await depsFor(server.url);
  await deps.storeOf().delete(`jobs/${JOB}/revisions/2/notify.json`);
  await sendNotice(deps, NOTICE);
  expect(server.received).toEqual([]);
});

it('the address of a revision is written once', async () => {
  const store = new MemoryStore();
  const at = { jobId: JOB, revision: 1 };
  expect(await readNoticeAddress(store, at)).toBeNull();
  await writeNoticeAddress(store, { ...at, url: 'https://a.example/1' });
  await writeNoticeAddress(store, { ...at, url: 'https://a.example/2' });
  expect(await readNoticeAddress(store, at)).toBe('https://a.example/1');
});
