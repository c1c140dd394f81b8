// What can go wrong around a sandbox: each becomes another try or a fault, in time, and no end of a program changes.
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, readdir, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { InvocationRequest } from '../../../src/contract/execution.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import type { InvocationEnd } from '../../../src/core/trace-row.ts';
import {
  LABEL,
  OWNER,
  containerMemoryBytes,
  containerSpec,
} from '../../../src/sandbox/container-spec.ts';
import type { ContainerSpec } from '../../../src/sandbox/container-spec.ts';
import { connectEngine } from '../../../src/sandbox/docker.ts';
import type { Engine } from '../../../src/sandbox/docker.ts';
import { requireSafe } from '../../../src/sandbox/hello.ts';
import type { SlotPool } from '../../../src/sandbox/port.ts';
import { childLimits } from '../../../src/sandbox/request.ts';
import { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { readSeccompProfile } from '../../../src/sandbox/seccomp-profile.ts';
import { DockerProxy } from '../../support/docker-proxy.ts';
import type { Misdeed } from '../../support/docker-proxy.ts';
import { invocation } from '../../support/invocations.ts';
import { executeIn, openPool } from '../../support/sandbox-pool.ts';
import { runsChild } from '../../support/sandbox-children.ts';
import type { AskDocker } from '../../support/sandbox-children.ts';
import { sandboxServices } from '../../support/sandbox.ts';

// Its own, so that two runs on one host do not reap each other's containers.
const WORKER = `test-host-faults-${randomUUID()}`;
const MEMORY = containerMemoryBytes(childLimits(DEFAULT_LIMITS, 1));
const EXPECTED = { variant: 'trace', aslr: false, memoryBytes: MEMORY, cpus: 1 } as const;
const signal = new AbortController().signal;
const run = promisify(execFile);
let engine: Engine;
let image: string;
let pool: SlotPool;
let count = 0;

beforeAll(async () => {
  const services = await sandboxServices();
  engine = connectEngine(services.docker.socketPath);
  image = services.sandboxImage.reference;
  pool = await openPool(WORKER);
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
});

const idsOf = async (worker: string): Promise<string[]> =>
  (await engine.list({ name: LABEL.worker, value: worker })).map(({ id }) => id);

const execute = (request: InvocationRequest, from = pool): Promise<InvocationEnd> =>
  from.use((slot) => executeIn(from, slot, request), signal);

/** Busy long enough to be met while it runs, and the same whenever it is run. */
const BUSY = invocation(
  'import time\n\ndef f():\n    total = 0\n    for i in range(40):\n        total += sum(range(3_000_000))\n    return total\n',
);

/** Ends with its sandbox only: its time limit is far away. */
const ENDLESS = invocation('import threading\n\ndef f():\n    threading.Event().wait()\n', {
  limits: { ...DEFAULT_LIMITS, wallMs: 600_000 },
});

const docker: AskDocker = async (...args) => (await run('docker', [...args])).stdout;

/** Whether a child runs in one of these containers. */
async function hasChild(ids: readonly string[]): Promise<boolean> {
  return (await Promise.all(ids.map((id) => runsChild(docker, id)))).includes(true);
}

async function spec(worker: string): Promise<ContainerSpec> {
  count += 1;
  return containerSpec({
    image,
    variant: 'trace',
    aslr: false,
    memoryBytes: MEMORY,
    cpus: 1,
    seccomp: await readSeccompProfile(),
    runtime: null,
    name: `tracemill-faults-${String(process.pid)}-${String(count)}`,
    labels: {
      [LABEL.owner]: OWNER,
      [LABEL.worker]: worker,
      [LABEL.boot]: 'test',
      [LABEL.deadline]: String(Date.now() + 600_000),
    },
  });
}

/** Pid on the host of a container's first process, and of the shim that watches it. */
async function hostPids(id: string): Promise<{ first: number; shim: number }> {
  const { stdout } = await run('docker', ['inspect', '--format', '{{.State.Pid}}', id]);
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of numbers) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes('containerd-shim') && command.includes(id)) {
      return { first: Number(stdout), shim: Number(pid) };
    }
  }
  throw new Error('no shim watches the container');
}

describe('an invocation whose sandbox is lost while it runs is run again and ends as ever', () => {
  let calm: InvocationEnd;
  beforeAll(async () => {
    calm = await execute(BUSY);
  });

  test.each<[string, (id: string) => Promise<unknown>]>([
    ['was removed by somebody', (id) => run('docker', ['rm', '--force', id])],
    ['was stopped by somebody', (id) => run('docker', ['stop', '--time', '1', id])],
    [
      'lost its first process, as when the host is out of memory',
      async (id) => process.kill((await hostPids(id)).first, 'SIGKILL'),
    ],
    ['lost its shim', async (id) => process.kill((await hostPids(id)).shim, 'SIGKILL')],
  ])('where the container %s', async (_, harm) => {
    const before = await idsOf(WORKER);
    const work = execute(BUSY);
    await expect.poll(() => hasChild(before), { interval: 10 }).toBe(true);
    for (const id of before) await harm(id);
    expect(await work).toEqual(calm);
    // The engine takes its time to remove what was stopped.
    const left = async (): Promise<readonly string[]> =>
      (await idsOf(WORKER)).filter((id) => before.includes(id));
    await expect.poll(left).toEqual([]);
  });

  test('where both containers were removed between two invocations', async () => {
    for (const id of await idsOf(WORKER)) await engine.remove(id);
    expect(await execute(BUSY)).toEqual(calm);
  });

  test('where a sandbox is lost every time it is a fault, and the next invocation is served', async () => {
    const over = new AbortController();
    const harm = (async () => {
      while (!over.signal.aborted) {
        const ids = await idsOf(WORKER);
        if (await hasChild(ids)) await Promise.all(ids.map((id) => engine.remove(id)));
      }
    })();
    const end = await execute(ENDLESS).catch((error: unknown) => error);
    over.abort();
    await harm;
    expect(end).toEqual({ kind: 'faulted', code: 'sandbox-died' });
    expect(await execute(BUSY)).toEqual(calm);
  });
});

describe('an engine that misbehaves', () => {
  const worker = `${WORKER}-engine`;
  const small = invocation('def f():\n    return 5\n');
  let proxy: DockerProxy;
  let behind: SlotPool;

  beforeAll(async () => {
    proxy = await DockerProxy.open(engine.socketPath);
    behind = await openPool(worker, { socketPath: proxy.socketPath });
  });
  afterAll(async () => {
    await behind[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });

  test.each<[string, RegExp, Misdeed, string]>([
    [
      'says that the name is taken',
      /^POST .*\/containers\/create/,
      { kind: 'refuse', status: 409 },
      'sandbox-start-failed',
    ],
    [
      'fails to create',
      /^POST .*\/containers\/create/,
      { kind: 'refuse', status: 500 },
      'sandbox-start-failed',
    ],
    [
      'creates without an answer',
      /^POST .*\/containers\/create/,
      { kind: 'lose' },
      'docker-unreachable',
    ],
    [
      'cuts the line at create',
      /^POST .*\/containers\/create/,
      { kind: 'cut' },
      'docker-unreachable',
    ],
    ['does not attach', /^POST .*\/attach/, { kind: 'cut' }, 'docker-unreachable'],
    ['does not start', /^POST .*\/start/, { kind: 'refuse', status: 500 }, 'sandbox-start-failed'],
    ['starts without an answer', /^POST .*\/start/, { kind: 'lose' }, 'docker-unreachable'],
    ['is gone', /./, { kind: 'cut' }, 'docker-unreachable'],
  ])(
    'that %s is a fault; no container is left and the next call is served',
    async (_, path, misdeed, code) => {
      proxy.misbehave(path, misdeed);
      for (const id of await idsOf(worker)) await engine.remove(id);
      const done = proxy.done;
      await expect(execute(small, behind)).rejects.toMatchObject({ code, retryable: true });
      expect(proxy.done).toBeGreaterThan(done);
      proxy.behave();
      await expect.poll(() => idsOf(worker)).toEqual([]);
      expect(await execute(small, behind)).toMatchObject({ ending: { returnValue: '5' } });
    },
  );
});

test('a container whose start got no answer, and that the engine does not remove, leaves by itself', async () => {
  const worker = `${WORKER}-stays`;
  await using proxy = await DockerProxy.open(engine.socketPath);
  proxy.misbehave(/^POST .*\/start/, { kind: 'lose' });
  proxy.misbehave(/^DELETE /, { kind: 'cut' });
  await expect(
    Sandbox.start(connectEngine(proxy.socketPath), await spec(worker)),
  ).rejects.toMatchObject({ code: 'docker-unreachable', context: { call: 'start' } });
  await expect.poll(() => idsOf(worker)).toEqual([]);
});

test('a path of a socket that no kernel takes is an engine out of reach', async () => {
  const socketPath = `/tmp/${'long/'.repeat(30)}docker.sock`;
  await expect(openPool(WORKER, { socketPath })).rejects.toMatchObject({
    code: 'docker-unreachable',
  });
});

describe('a sandbox does not start', () => {
  test('without its seccomp profile, or with one that is none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tracemill-seccomp-'));
    await expect(readSeccompProfile(folder)).rejects.toMatchObject({ code: 'sandbox-unsafe' });
    await mkdir(join(folder, 'infra', 'docker'), { recursive: true });
    await writeFile(join(folder, 'infra', 'docker', 'seccomp.json'), '{"defaultAction":');
    await expect(readSeccompProfile(folder)).rejects.toMatchObject({ code: 'sandbox-unsafe' });
    await rm(folder, { recursive: true });
    const broken = await spec(`${WORKER}-seccomp`);
    broken.HostConfig.SecurityOpt = ['no-new-privileges', 'seccomp={"defaultAction":"NONE"}'];
    await expect(Sandbox.start(engine, broken)).rejects.toMatchObject({
      code: 'sandbox-start-failed',
    });
    await expect.poll(() => idsOf(`${WORKER}-seccomp`)).toEqual([]);
  });

  test('with a harness of another version', async () => {
    const hello = '{"protocol": 99, "variant": "trace", "environment": {}, "limits": {}}';
    const program = `import os, struct\ntext = ${JSON.stringify(hello)}.encode()\nos.write(1, struct.pack("<BI", 16, len(text)) + text)\ninput()`;
    const other = {
      ...(await spec(`${WORKER}-version`)),
      Entrypoint: ['/usr/bin/python3.13', '-c', program],
      Cmd: [],
    };
    await expect(Sandbox.start(engine, other)).rejects.toMatchObject({
      code: 'environment-mismatch',
    });
    await expect.poll(() => idsOf(`${WORKER}-version`)).toEqual([]);
  });

  type HostConfig = ContainerSpec['HostConfig'];
  test.each<[string, (config: HostConfig) => void, RegExp]>([
    ['memory', (config) => Object.assign(config, { Memory: 0, MemorySwap: 0 }), /its memory is/],
    ['swap', (config) => (config.MemorySwap = 2 * MEMORY), /may swap/],
    ['processes', (config) => (config.PidsLimit = 0), /its processes are not limited/],
    ['processors', (config) => (config.NanoCpus = 0), /its processors are/],
    [
      'size of /tmp',
      (config) => (config.Tmpfs = { '/tmp': 'rw,mode=1777' } as never),
      /\/tmp has no limit of size/,
    ],
    [
      'files in /tmp',
      (config) => (config.Tmpfs = { '/tmp': 'rw,size=1m,mode=1777' } as never),
      /\/tmp has no limit of files/,
    ],
    [
      'network',
      // No engine sets what is the host's own.
      (config) => Object.assign(config, { NetworkMode: 'host', Sysctls: {} }),
      /it has network interfaces/,
    ],
    ['root', (config) => (config.ReadonlyRootfs = false), /its root can be written/],
    ['capabilities', (config) => (config.CapDrop = []), /it has capabilities/],
    [
      'privileges',
      (config) => (config.SecurityOpt = ['seccomp=unconfined']),
      /may gain privileges/,
    ],
    [
      'seccomp',
      (config) => (config.SecurityOpt = ['no-new-privileges', 'seccomp=unconfined']),
      /no seccomp filter/,
    ],
    [
      'the profile',
      (config) => (config.SecurityOpt = ['no-new-privileges']),
      /its seccomp filter is another one/,
    ],
    [
      'mounts',
      (config) => Object.assign(config, { Binds: ['/usr:/mnt:ro'] }),
      /something is mounted in it: \/mnt/,
    ],
    ['groups', (config) => Object.assign(config, { GroupAdd: ['12'] }), /in further groups/],
    ['numbers', (config) => Object.assign(config, { PidMode: 'host' }), /is not PID 1/],
    [
      'all privileges',
      (config) => Object.assign(config, { Privileged: true, CapDrop: [] }),
      /it has capabilities/,
    ],
    [
      'files and stack',
      (config) => (config.Ulimits = []),
      /its limit of core does not hold; its limit of nofile does not hold/,
    ],
    [
      'files in /dev/shm',
      (config) => Reflect.deleteProperty(config.Tmpfs, '/dev/shm'),
      /\/dev\/shm has no limit of files/,
    ],
  ])('on a host that does not hold its limit of %s', async (name, weaken, problem) => {
    const weak = await spec(`${WORKER}-weak`);
    weaken(weak.HostConfig);
    const changed = name === 'network' ? { ...weak, NetworkDisabled: false } : weak;
    await using sandbox = await Sandbox.start(engine, changed);
    const refuse = (): void => {
      requireSafe(sandbox.hello, EXPECTED);
    };
    if (name === 'swap' && sandbox.hello.limits['swapTotal'] === '0') expect(refuse).not.toThrow();
    else expect(refuse).toThrow(problem);
  });
});

test('a worker that is killed leaves no container, also in the middle of a child', async () => {
  const worker = `${WORKER}-killed`;
  const body = JSON.stringify(await spec(worker));
  // A worker in small: it makes a container as the engine does, attaches, starts and waits for ever.
  const program = `
    const { default: Docker } = await import('dockerode');
    const docker = new Docker({ socketPath: process.argv[1] });
    const container = await docker.createContainer(JSON.parse(process.argv[2]));
    const how = { stream: true, hijack: true, stdin: true, stdout: true, stderr: true };
    const stream = await container.attach(how);
    await container.start();
    stream.once('data', () => console.log('ready'));
    setInterval(() => undefined, 1000);`;
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', program, engine.socketPath, body],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await new Promise((resolve) => child.stdout.once('data', resolve));
  expect(await idsOf(worker)).toHaveLength(1);
  child.kill('SIGKILL');
  await expect.poll(() => idsOf(worker)).toEqual([]);
});

describe('a quarter of a processor', () => {
  const limits = { ...DEFAULT_LIMITS, events: 800, fuel: 8_000, outputBytes: 2_000, wallMs: 3_000 };
  test('changes no end that the program or a counted budget decided, nor that of a wait', async () => {
    const requests = [
      'def f():\n    return [i * i for i in range(50)]\n',
      'def f():\n    return {}["missing"]\n',
      'def f():\n    while True:\n        pass\n',
      'def f():\n    x = 0\n    for i in range(5000):\n        x += i\n    return x\n',
      'def f():\n    while True:\n        print("x" * 50)\n',
      'import os\ndef f():\n    os._exit(3)\n',
      'import os\ndef f():\n    os.abort()\n',
      'import time\ndef f():\n    time.sleep(3600)\n    return time.monotonic() > 3600\n',
      'import threading\ndef f():\n    threading.Event().wait()\n',
      'def f():\n    return list({"a", "b", "c", "d", "e", "f", "g", "h"})\n',
    ].map((source) => invocation(source, { limits }));
    await using starved = await openPool(`${WORKER}-starved`, { cpus: 0.25 });
    for (const request of requests) {
      expect(await execute(request, starved)).toEqual(await execute(request));
    }
  });
});
