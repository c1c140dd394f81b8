// Where server programs come from: the cache, a release that is what its checksums say, and what is too old.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ensureBinary, findBinary } from '../../../infra/dev/binaries.ts';
import type { BinarySource } from '../../../infra/dev/binaries.ts';
import { devContext } from '../../../infra/dev/context.ts';
import type { DevContext } from '../../../infra/dev/context.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createLogger } from '../../../src/log/logger.ts';

const NAME = 'tracemill-test-program';
const SCRIPT = '#!/bin/sh\necho "version 1.2.3"\n';

let cache = '';
let server: Server | null = null;
let files: Record<string, Buffer> = {};

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'tracemill-cache-'));
  files = {};
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server?.close();
  server = null;
  await rm(cache, { recursive: true });
});

function context(): DevContext {
  const config = loadConfig({ TRACEMILL_CACHE: cache });
  return devContext(config, createLogger({ level: 'fatal', name: 'test' }));
}

async function source(): Promise<BinarySource> {
  server = createServer((request, response) => {
    const body = files[request.url ?? ''];
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    service: 'temporal',
    name: NAME,
    version: '1.2.3',
    least: [1, 2, 0],
    release: { url: `http://127.0.0.1:${String(port)}`, file: () => 'program.tar.gz' },
    goPackage: 'example.invalid/none@v0.0.0',
    buildMinutes: 1,
  };
}

async function archive(): Promise<Buffer> {
  const folder = join(cache, 'made');
  await mkdir(join(folder, 'inner'), { recursive: true });
  await writeFile(join(folder, 'inner', NAME), SCRIPT, { mode: 0o755 });
  execFileSync('tar', ['-czf', 'program.tar.gz', 'inner'], { cwd: folder });
  return readFile(join(folder, 'program.tar.gz'));
}

test('a release is fetched once, checked against its checksums, and kept', async () => {
  const from = await source();
  const bytes = await archive();
  const digest = createHash('sha256').update(bytes).digest('hex');
  files = {
    '/checksums.txt': Buffer.from(`${digest}  program.tar.gz\n`),
    '/program.tar.gz': bytes,
  };
  const path = join(cache, 'bin', NAME);
  expect(await ensureBinary(context(), from)).toEqual({ path, origin: 'published' });
  files = {};
  expect(await ensureBinary(context(), from)).toEqual({ path, origin: 'published' });
});

test('a release that is not what its checksums say is refused', async () => {
  const from = await source();
  files = {
    '/checksums.txt': Buffer.from(`${'0'.repeat(64)}  program.tar.gz\n`),
    '/program.tar.gz': await archive(),
  };
  // The package of the build does not exist either, which no server is asked for: nothing is left to try.
  vi.stubEnv('GOPROXY', 'off');
  await expect(ensureBinary(context(), from)).rejects.toMatchObject({
    code: 'service-not-available',
  });
  expect(await findBinary(cache, from)).toBeNull();
});

test('a kept program of another version, or one that does not run, is not taken', async () => {
  const from = await source();
  const path = join(cache, 'bin', NAME);
  await mkdir(join(cache, 'bin'));
  await writeFile(path, SCRIPT, { mode: 0o755 });
  expect(await findBinary(cache, from)).toEqual({ path, origin: 'built' });
  await writeFile(`${path}.origin`, 'published 1.0.0\n');
  expect(await findBinary(cache, from)).toBeNull();
  await writeFile(`${path}.origin`, 'published 1.2.3\n');
  await chmod(path, 0o644);
  expect(await findBinary(cache, from)).toBeNull();
});
