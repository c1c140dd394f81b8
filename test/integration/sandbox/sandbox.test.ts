// One container against a peer that breaks the rules, a worker that is gone, and a host that does not confine.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
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
import { createSlotPool } from '../../../src/sandbox/pool.ts';
import { reap } from '../../../src/sandbox/reaper.ts';
import { COMMAND, childLimits, encodeRequest } from '../../../src/sandbox/request.ts';
import type { ChildRequest } from '../../../src/sandbox/request.ts';
import { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { readSeccompProfile } from '../../../src/sandbox/seccomp-profile.ts';
import { invocation } from '../../support/invocations.ts';
import { runsChild } from '../../support/sandbox-children.ts';
import type { AskDocker } from '../../support/sandbox-children.ts';
import { sandboxServices } from '../../support/sandbox.ts';
import { testLog } from '../../support/services.ts';

// Its own, so that two runs on one host do not reap each other's containers.
const WORKER = `test-sandbox-${randomUUID()}`;
const MEMORY = containerMemoryBytes(childLimits(DEFAULT_LIMITS, 1));
const signal = new AbortController().signal;
let engine: Engine;
let image: string;
let seccomp: string;
let count = 0;

beforeAll(async () => {
  const services = await sandboxServices();
  engine = connectEngine(services.docker.socketPath);
  image = services.sandboxImage.reference;
  seccomp = await readSeccompProfile();
});

const docker: AskDocker = async (...args) =>
  (await promisify(execFile)('docker', [...args])).stdout;
const mine = () => engine.list({ name: LABEL.worker, value: WORKER });

afterEach(async () => {
  await expect.poll(mine).toEqual([]);
});

function spec(): ContainerSpec {
  count += 1;
  return containerSpec({
    image,
    variant: 'trace',
    aslr: false,
    memoryBytes: MEMORY,
    cpus: 1,
    seccomp,
    runtime: null,
    name: `tracemill-test-${String(process.pid)}-${String(count)}`,
    labels: {
      [LABEL.owner]: OWNER,
      [LABEL.worker]: WORKER,
      [LABEL.boot]: 'test',
      [LABEL.deadline]: String(Date.now() + 600_000),
    },
  });
}

/** A peer that is no harness. */
function impostor(program: string): ContainerSpec {
  const changed = { ...spec(), Entrypoint: ['/usr/bin/python3.13', '-c', program], Cmd: [] };
  return changed;
}

const HELLO = `
import json, struct, sys, time
def send(kind, payload, length=None):
    length = len(payload) if length is None else length
    sys.stdout.buffer.write(struct.pack("<BI", kind, length) + payload)
    sys.stdout.buffer.flush()
send(16, json.dumps({"protocol": 1, "variant": "trace", "environment": {}, "limits": {}}).encode())
sys.stdin.buffer.read(5)
`;

function request(source: string): ChildRequest {
  const { invocationId, stdin, ...document } = invocation(source);
  const limits = childLimits({ ...DEFAULT_LIMITS, wallMs: 600_000 }, 1);
  return { command: COMMAND.confirm, limits, seed: invocationId, stdin, document };
}

describe('a peer', () => {
  test.each([
    ['that floods before it greets', 'import os\nwhile True: os.write(1, b"x" * 65536)'],
    [
      'that announces two gigabytes',
      'import os\nos.write(1, b"\\x10\\xff\\xff\\xff\\x7f")\ninput()',
    ],
    ['that greets with no JSON', 'import os\nos.write(1, b"\\x10\\x01\\0\\0\\0{")\ninput()'],
  ])('%s is a violation and is removed', async (_, program) => {
    await expect(Sandbox.start(engine, impostor(program))).rejects.toMatchObject({
      code: 'wire-violation',
    });
  });

  test.each([
    ['an unknown frame', 'send(99, b"x")\ntime.sleep(60)'],
    ['a result of another length', 'send(20, b"x" * 63)\ntime.sleep(60)'],
    ['more output than a child may leave', 'while True: send(18, b"x" * 65536)'],
    ['single bytes', 'while True: send(17, b"x")'],
    ['a second greeting', 'send(16, b"{}")\ntime.sleep(60)'],
    ['other bytes than its result counts', 'send(17, b"x")\nsend(20, bytes(64))\ntime.sleep(60)'],
  ])('that answers with %s is a violation and is removed', async (_, program) => {
    const sandbox = await Sandbox.start(engine, impostor(HELLO + program));
    await expect(sandbox.run(request(''), signal)).rejects.toMatchObject({
      code: 'wire-violation',
    });
    expect(sandbox.isUsable).toBe(false);
  });

  test('that ends in the middle of an answer is a dead sandbox', async () => {
    const sandbox = await Sandbox.start(engine, impostor(`${HELLO}send(17, b"half", 400)`));
    await expect(sandbox.run(request(''), signal)).rejects.toMatchObject({ code: 'sandbox-died' });
  });

  test('that ends before it greets is a dead sandbox, with what it said', async () => {
    await expect(
      Sandbox.start(engine, impostor('raise SystemExit("no luck")')),
    ).rejects.toMatchObject({ code: 'sandbox-died' });
  });
});

test('a request that stands in line is answered in its turn, and begins in no sandbox that is lost', async () => {
  await using sandbox = await Sandbox.start(engine, spec());
  const ways = ['return 1', 'return 2', 'import time\n    time.sleep = None\n    while True: pass'];
  const [one, two, endless] = ways.map((way) => request(`def f():\n    ${way}\n`));
  if (one === undefined || two === undefined || endless === undefined) throw new Error('unreached');
  const [first, second] = await Promise.all([one, two].map((each) => sandbox.run(each, signal)));
  expect(first?.stream.toString('latin1')).toContain('"returnValue":"1"');
  expect(second?.stream.toString('latin1')).toContain('"returnValue":"2"');
  const stop = new AbortController();
  const begun = sandbox.run(endless, stop.signal).catch((error: unknown) => error);
  const behind = sandbox.run(one, signal);
  const given = new AbortController();
  const notWanted = sandbox.run(two, given.signal).catch((error: unknown) => error);
  given.abort(new Error('not wanted'));
  expect(await notWanted).toEqual(new Error('not wanted'));
  expect(sandbox.isUsable).toBe(true);
  stop.abort(new Error('stopped'));
  expect(await begun).toEqual(new Error('stopped'));
  expect(await behind).toBeNull();
});

test('a line of requests is answered in its order, whatever their sizes', async () => {
  await using sandbox = await Sandbox.start(engine, spec());
  const sizes = [10, 20_000, 20_000, 10, 100_000, 10, 30_000, 10];
  const line = sizes.map((size, at) => {
    const source = `def f():\n    return ${String(at)}\n#${'x'.repeat(size)}\n`;
    return sandbox.run(request(source), signal);
  });
  for (const [at, answer] of (await Promise.all(line)).entries()) {
    expect(answer?.stream.toString('latin1')).toContain(`"returnValue":"${String(at)}"`);
  }
});

test('an answer waits for no child that takes its time', async () => {
  await using sandbox = await Sandbox.start(engine, spec());
  const stop = new AbortController();
  const quick = sandbox.run(request('def f():\n    return 1\n'), signal);
  const endless = request('def f():\n    while True: pass\n');
  const behind = sandbox.run(endless, stop.signal).catch((error: unknown) => error);
  expect((await quick)?.stream.toString('latin1')).toContain('"returnValue":"1"');
  expect(await Promise.race([behind, Promise.resolve('runs')])).toBe('runs');
  stop.abort(new Error('stopped'));
  expect(await behind).toEqual(new Error('stopped'));
});

test('a container ends by itself when its worker is gone, also in the middle of a child', async () => {
  const { id, stream } = await engine.start(spec());
  stream.on('error', () => undefined);
  await new Promise((resolve) => stream.once('data', resolve));
  stream.write(
    encodeRequest(request('import threading\ndef f():\n    threading.Event().wait()\n')),
  );
  await expect.poll(() => runsChild(docker, id)).toBe(true);
  expect(await mine()).toHaveLength(1);
  stream.destroy();
});

test('a sandbox that is not confined is refused, naming what does not hold', async () => {
  const weak = spec();
  weak.HostConfig.ReadonlyRootfs = false;
  weak.HostConfig.PidsLimit = 0;
  weak.HostConfig.SecurityOpt = ['seccomp=unconfined'];
  await using sandbox = await Sandbox.start(engine, weak);
  expect(() => {
    requireSafe(sandbox.hello, { variant: 'trace', aslr: false, memoryBytes: MEMORY, cpus: 1 });
  }).toThrow(
    /may gain privileges; no seccomp filter is in force; its root can be written; its processes/,
  );
});

test('the reaper removes what an earlier life of its worker left, and nothing of others', async () => {
  const left = spec();
  await using sandbox = await Sandbox.start(engine, left);
  const log = testLog();
  expect(await reap({ engine, workerId: 'somebody', bootId: 'b', log })).toBe(0);
  expect(sandbox.isUsable).toBe(true);
  expect(await reap({ engine, workerId: WORKER, bootId: 'next', log })).toBe(1);
  await expect.poll(() => sandbox.isUsable).toBe(false);
});

describe('a pool', () => {
  const options = () => ({
    socketPath: engine.socketPath,
    image,
    slots: 1,
    workerId: WORKER,
    aslr: false,
    log: testLog(),
  });

  test('without Docker says where it looked', async () => {
    const socketPath = '/nowhere/docker.sock';
    await expect(createSlotPool({ ...options(), socketPath })).rejects.toMatchObject({
      code: 'docker-unreachable',
      message: expect.stringContaining('/nowhere/docker.sock') as string,
    });
  });

  test('without its image says which is missing', async () => {
    const work = createSlotPool({ ...options(), image: 'tracemill-no-such-image:1' });
    await expect(work).rejects.toMatchObject({ code: 'image-missing' });
  });

  test('with a runtime that is not there does not start', async () => {
    const work = createSlotPool({ ...options(), runtime: 'no-such-runtime' });
    await expect(work).rejects.toMatchObject({ code: 'sandbox-start-failed' });
  });
});
