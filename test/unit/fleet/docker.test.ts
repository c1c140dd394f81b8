// What a fleet of containers makes of containers on their way out, told by an Engine that answers as Docker's does.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dockerProvider } from '../../../src/fleet/docker.ts';

const listed = (name: string, state: string) => ({
  ...{ Id: name, Names: [`/${name}`], State: state, Created: 1_700_000_000 },
});
const CONTAINERS = [
  listed('runs', 'running'),
  listed('leaves', 'removing'),
  listed('gone', 'exited'),
  listed('dead', 'dead'),
];
/** Status and body of the log of each. */
const LOGS: Readonly<Record<string, readonly [number, string]>> = {
  leaves: [
    409,
    '{"message":"can not get logs from container which is dead or marked for removal"}',
  ],
  gone: [404, '{"message":"No such container: gone"}'],
  dead: [200, '\x01\0\0\0\0\0\0\x08no money'],
};

let folder = '';
const engine = createServer(({ url = '' }, answer) => {
  const of = /^\/containers\/(\w+)\/logs/.exec(url)?.[1] ?? '';
  const [status, body] = LOGS[of] ?? [200, JSON.stringify(CONTAINERS)];
  answer.writeHead(status, { 'content-type': 'application/json' }).end(body);
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-engine-'));
  await new Promise<void>((resolve) => engine.listen(join(folder, 'docker.sock'), resolve));
});
afterAll(async () => {
  engine.closeAllConnections();
  await new Promise((resolve) => engine.close(resolve));
  await rm(folder, { recursive: true });
});

it('a container that is being removed has ended, and has no last words', async () => {
  await using provider = dockerProvider({
    ...{ socketPath: join(folder, 'docker.sock'), socketGid: 0, fleet: 'f', image: 'i', folder },
    ...{ arguments: [], environment: {}, files: {}, network: null },
  });
  const { desired, vms } = await provider.describe(AbortSignal.timeout(30_000));
  expect(desired).toBe(1);
  expect(vms.map(({ id, state, note }) => [id, state, note])).toEqual([
    ['runs', 'running', null],
    ['leaves', 'ended', ''],
    ['gone', 'ended', ''],
    ['dead', 'ended', 'no money'],
  ]);
});
