// Every case of the corpus runs in both sandboxes of a slot, each time followed by a canary in the same sandbox.
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Execution } from '../../src/contract/execution.ts';
import { DEFAULT_LIMITS } from '../../src/contract/limits.ts';
import { endingOf } from '../../src/core/outcome.ts';
import type { Ended } from '../../src/core/outcome.ts';
import { createLogger } from '../../src/log/logger.ts';
import { connectEngine } from '../../src/sandbox/docker.ts';
import { createSlotPool } from '../../src/sandbox/pool.ts';
import type { SandboxSlot, SlotPool } from '../../src/sandbox/port.ts';
import { LABEL } from '../../src/sandbox/container-spec.ts';
import { invocation, endOf } from '../support/invocations.ts';
import { sandboxServices } from '../support/sandbox.ts';
import { readCases } from './cases.ts';
import type { HostileCase } from './cases.ts';

// Its own, so that two runs on one host do not reap each other's containers.
const WORKER = `test-hostile-${randomUUID()}`;
const signal = new AbortController().signal;
const cases = await readCases();
const canaries = new Map<string, string>();
let pool: SlotPool;
let socketPath: string;
let folder: string;

const CANARY = `
import decimal
import os
import random
import socket


class Bird:
    pass


def f(processes):
    holder = socket.socket(socket.AF_UNIX)
    holder.bind("\\0tracemill-left")
    with open("/proc/sysvipc/shm") as segments, open("/proc/sysvipc/msg") as queues:
        shared = len(segments.readlines()) + len(queues.readlines())
    with open("/tmp/mine", "w") as file:
        file.write("x")
    print(os.listdir("/tmp"), os.listdir("/dev/shm"), processes, shared)
    print(os.getcwd(), os.umask(0), sorted(os.environ), os.getpid(), decimal.getcontext().prec)
    return random.random(), hash("x"), id(Bird()), len({Bird(), Bird()}), decimal.__file__
`;

// Untraced: the numbers of processes rise from child to child.
const SETUP = 'import os\nprocesses = sum(name.isdigit() for name in os.listdir("/proc"))';

type Role = 'trace' | 'confirm';
const ROLES: readonly Role[] = ['trace', 'confirm'];

function endOfExecution(execution: Execution, limits = DEFAULT_LIMITS): Ended {
  const none = new Uint8Array();
  const { exit, stdoutRest, stderrRest } = execution;
  const end = endOf(execution);
  return endingOf({ exit, end, stdout: none, stderr: none, stdoutRest, stderrRest, limits });
}

async function requireCanary(slot: SandboxSlot, role: Role): Promise<void> {
  const execution = await slot[role](
    invocation(CANARY, { setup: SETUP, call: 'f(processes)' }),
    signal,
  );
  expect(endOfExecution(execution).ending.outcome).toBe('returned');
  const song = [execution.stream, execution.stdoutRest, execution.stderrRest]
    .map((bytes) => Buffer.from(bytes).toString('latin1'))
    .join('\n');
  expect(song).toBe(canaries.get(role) ?? song);
  canaries.set(role, song);
}

async function run(slot: SandboxSlot, role: Role, hostile: HostileCase): Promise<Ended> {
  const { cpuMs, wallMs, kind, source, name } = hostile;
  // A confirming child has no slow tracer and so gets the time itself.
  const times = role === 'trace' ? { cpuMs, wallMs } : { cpuMs: cpuMs * 10, wallMs };
  const limits = { ...DEFAULT_LIMITS, ...times };
  const request = invocation(source, { kind, limits, invocationId: name });
  return endOfExecution(await slot[role](request, signal), limits);
}

beforeAll(async () => {
  const services = await sandboxServices();
  socketPath = services.docker.socketPath;
  folder = await mkdtemp(join(tmpdir(), 'tracemill-hostile-'));
  pool = await createSlotPool({
    socketPath,
    image: services.sandboxImage.reference,
    slots: 1,
    workerId: WORKER,
    aslr: false,
    log: createLogger({ level: 'warn', name: 'test', toFile: join(folder, 'log') }),
  });
});

afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe.each(cases.map((hostile) => [hostile.name, hostile] as const))('%s', (_, hostile) => {
  test.each(ROLES)('ends as it may in the sandbox that is to %s', async (role) => {
    await pool.use(async (slot) => {
      const { ending, labels } = await run(slot, role, hostile);
      expect(hostile.expect).toContain(ending.outcome);
      if (hostile.value !== null) expect(ending.returnValue).toBe(hostile.value);
      expect(labels).toEqual(expect.arrayContaining([...hostile.labels]));
      await requireCanary(slot, role);
      if (!hostile.same) return;
      const again = await run(slot, role, hostile);
      expect(again.ending).toEqual(ending);
    }, signal);
  });
});

test('no case made a sandbox unclean or die, and none is left', async () => {
  await pool[Symbol.asyncDispose]();
  expect(await readFile(join(folder, 'log'), 'utf8')).toBe('');
  const engine = connectEngine(socketPath);
  // The engine removes a container a moment after its last process ended.
  await expect
    .poll(() => engine.list({ name: LABEL.worker, value: WORKER }), { timeout: 15_000 })
    .toEqual([]);
});
