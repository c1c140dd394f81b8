// A slot of two real sandboxes: what both must agree on, what must differ, and what becomes of it when it breaks.
import { randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Execution, InvocationRequest } from '../../../src/contract/execution.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import { LABEL } from '../../../src/sandbox/container-spec.ts';
import { connectEngine } from '../../../src/sandbox/docker.ts';
import type { Engine } from '../../../src/sandbox/docker.ts';
import { createSlotPool } from '../../../src/sandbox/pool.ts';
import type { SlotPool } from '../../../src/sandbox/port.ts';
import { endOf, invocation } from '../../support/invocations.ts';
import { sandboxServices } from '../../support/sandbox.ts';
import { testLog } from '../../support/services.ts';

// Its own, so that two runs on one host do not reap each other's containers.
const WORKER = `test-pool-${randomUUID()}`;
const signal = new AbortController().signal;
const docker = promisify(execFile);
let engine: Engine;
let pool: SlotPool;

async function openPool(
  changes: { aslr?: boolean; workerId?: string; cpus?: number } = {},
): Promise<SlotPool> {
  const services = await sandboxServices();
  return createSlotPool({
    socketPath: services.docker.socketPath,
    image: services.sandboxImage.reference,
    slots: 1,
    workerId: WORKER,
    aslr: false,
    log: testLog(),
    ...changes,
  });
}

beforeAll(async () => {
  engine = connectEngine((await sandboxServices()).docker.socketPath);
  pool = await openPool();
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
});

const traced = (request: InvocationRequest, from = pool): Promise<Execution> =>
  from.use((slot) => slot.trace(request, signal), signal);
const confirmed = (request: InvocationRequest, from = pool): Promise<Execution> =>
  from.use((slot) => slot.confirm(request, signal), signal);

/** Ids of this worker's running sandboxes, the tracing one first. */
async function containers(): Promise<string[]> {
  const found = await docker('docker', [
    'ps',
    '--filter',
    `label=${LABEL.worker}=${WORKER}`,
    '--format',
    '{{.Names}} {{.ID}}',
  ]);
  const lines = found.stdout.trim().split('\n').sort().reverse();
  return lines.map((line) => line.split(' ')[1] ?? '');
}

describe('an invocation', () => {
  test('ends the same in both sandboxes and spends the same fuel', async () => {
    const request = invocation(
      'import json\n\ndef f():\n    print("hi")\n    return json.loads("[1, 2]")\n',
    );
    const [first, second] = [await traced(request), await confirmed(request)];
    expect(endOf(first)).toMatchObject({ outcome: 'returned', returnValue: '[1, 2]' });
    expect(endOf(second)).toMatchObject({ outcome: 'returned', returnValue: '[1, 2]' });
    expect(second.exit.fuelSpent).toBe(first.exit.fuelSpent);
    expect(Buffer.from(second.stdoutRest).toString()).toBe('hi\n');
  });

  test('under the fuel that it spent is not cut', async () => {
    const request = invocation('def f():\n    for i in range(50):\n        pass\n    return i\n');
    const { fuelSpent } = (await traced(request)).exit;
    const again = { ...request, limits: { ...request.limits, fuel: fuelSpent } };
    expect((await confirmed(again)).exit.marker).toBeNull();
    const less = { ...request, limits: { ...request.limits, fuel: fuelSpent - 1 } };
    expect((await confirmed(less)).exit).toMatchObject({
      marker: 'fuel',
      fuelSpent: fuelSpent - 1,
    });
  });

  test.each<[string, Partial<InvocationRequest>, string]>([
    [
      'of a module of the image',
      { kind: 'import', entry: 'textwrap:fill', call: 'fill("a b", 1)' },
      "'a\\nb'",
    ],
    [
      'by the name of its module',
      {
        kind: 'import',
        entry: 'json.decoder:py_scanstring',
        call: 'json.decoder.py_scanstring("q\\"", 0)',
      },
      "('q', 2)",
    ],
    [
      'of a program that reads its input',
      { kind: 'program', source: 'print(int(input()) + 1)', stdin: '41\n' },
      'None',
    ],
    [
      'of a method of a receiver',
      {
        source:
          'class S:\n    def __init__(self): self.n = 1\n    def up(self, by=1): self.n += by; return self.n\n',
        setup: 's = S()',
        call: 's.up(by=4)',
      },
      '5',
    ],
    [
      'of a coroutine function',
      {
        source: 'import asyncio\nasync def f(x):\n    await asyncio.sleep(3600)\n    return x\n',
        call: 'f(9)',
      },
      '9',
    ],
    [
      'with unpacked arguments',
      { source: 'def f(*a, **k): return a, k\n', call: 'f(1, *[2, 3], q=4, **{"r": 5})' },
      "((1, 2, 3), {'q': 4, 'r': 5})",
    ],
  ])('%s gets its value', async (_, changes, value) => {
    const request = invocation('', changes);
    expect(endOf(await traced(request))).toMatchObject({ outcome: 'returned', returnValue: value });
    expect(endOf(await confirmed(request))).toMatchObject({ returnValue: value });
  });

  test.each<[string, Partial<InvocationRequest>, string, string]>([
    ['whose module raises', { source: 'x = 1 / 0\n' }, 'load-failed', 'ZeroDivisionError'],
    ['whose module is no Python', { source: 'def f(:\n' }, 'load-failed', 'SyntaxError'],
    ['whose module exits', { source: 'raise SystemExit(1)\n' }, 'load-failed', 'SystemExit'],
    [
      'whose setup raises',
      { source: 'def f(): pass\n', setup: 'y = [][0]' },
      'input-failed',
      'IndexError',
    ],
    [
      'whose arguments raise',
      { source: 'def f(x): pass\n', call: 'f(nothing)' },
      'input-failed',
      'NameError',
    ],
    [
      'whose call is none',
      { source: 'def f(x): pass\n', call: 'f' },
      'input-failed',
      'SyntaxError',
    ],
    [
      'of a module that is not there',
      { kind: 'import', entry: 'no_such:f' },
      'load-failed',
      'ModuleNotFoundError',
    ],
  ])('%s says so', async (_, changes, outcome, exceptionType) => {
    const end = endOf(await traced(invocation('', changes)));
    expect(end).toMatchObject({ outcome, exceptionType });
  });

  test('sees arguments as they are after the call', async () => {
    const end = endOf(
      await traced(invocation('def f(xs): xs.append(xs[0])\n', { call: 'f([7])' })),
    );
    expect(JSON.parse(end?.argsAfter ?? '')).toEqual({ args: ['[7, 7]'], kwargs: {} });
  });

  test('is labelled with what it touched', async () => {
    const source = `import os, random, threading, time
def f():
    time.time()
    os.urandom(1)
    open("/tmp/x", "w").close()
    threading.Thread(target=int).start()
    if os.fork() == 0:
        os._exit(0)
`;
    expect(endOf(await confirmed(invocation(source)))?.labels).toEqual([
      'processes',
      'threads',
      'touches-clock',
      'touches-files',
      'touches-random',
    ]);
    expect(endOf(await confirmed(invocation('def f(): return 1\n')))?.labels).toEqual([]);
  });
});

describe('time and chance', () => {
  test('are the same in every run and pass while a program loops and sleeps', async () => {
    const source = `import time, random, uuid, os, datetime
def f():
    start = time.monotonic()
    for _ in range(1000): pass
    looped = time.monotonic() - start
    time.sleep(100)
    slept = time.monotonic() - start
    return (0 < looped < 1, slept > 100, time.time(), datetime.datetime.now().isoformat(),
            random.random(), uuid.uuid4().hex, os.urandom(4), os.getpid(), os.cpu_count())
`;
    const request = invocation(source);
    const [first, second] = [await traced(request), await traced(request)];
    expect(endOf(first)?.returnValue).toMatch(/^\(True, True, 1704067300\.\d+, '2024-01-01T00/);
    expect(second.stream).toEqual(first.stream);
    const other = endOf(await traced({ ...request, invocationId: 'other' }));
    expect(other?.returnValue).not.toBe(endOf(first)?.returnValue);
    const moved = endOf(await confirmed(request));
    expect(moved?.returnValue).toMatch(/^\(True, True, 17379\d+\.\d+, '2025-01-27T14/);
  });

  test.each([
    ['the order of a set of strings', 'return list({"a", "b", "c", "d", "e", "f"})'],
    [
      'the order of a set of instances',
      'return [x.n for x in {type("A", (), {"n": i})() for i in range(40)}]',
    ],
    ['a hash', 'return hash("text")'],
    ['an address', 'return id(object())'],
    ['a repr with an address', 'return repr(object())'],
    ['the clock', 'import time; return time.time()'],
    [
      'elapsed time',
      'import time; t = time.perf_counter(); sum([1, 2]); return time.perf_counter() - t',
    ],
    ['the date', 'import datetime; return datetime.date.today().isoformat()'],
    ['the order of output by hash', 'print(*{"x", "y", "z", "w", "v"})'],
  ])('of %s show a difference between the two sandboxes', async (_, body) => {
    const request = invocation(`def f():\n    ${body}\n`);
    const [first, second] = [await traced(request), await confirmed(request)];
    const seen = [first, second].map((execution) => endOf(execution)?.returnValue);
    const printed = Buffer.from(second.stdoutRest).toString('utf8');
    const isSame = seen[0] === seen[1] && Buffer.from(first.stream).includes(printed);
    expect(isSame).toBe(false);
  });
});

test.each(['trace', 'confirm'] as const)(
  'signals in the sandbox that is to %s come to the program, while it runs',
  async (role) => {
    const source = `import os, signal, time
got = []
signal.signal(signal.SIGUSR1, lambda number, frame: got.append(number))
def f():
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    signal.setitimer(signal.ITIMER_REAL, 1e-6)
    return list(got)
`;
    // The handler is of the module, and outlives its load; the timer goes off when the call is over, and ends nothing.
    const execution = await pool.use((slot) => slot[role](invocation(source), signal), signal);
    expect(endOf(execution)).toMatchObject({ outcome: 'returned', returnValue: '[10]' });
  },
);

describe('the position in a sandbox', () => {
  const PROBE = invocation(`import sys
class A: pass
def f():
    many = [A() for _ in range(50)]
    return id(object()), [m is n for m, n in zip(many, set(many))], sys.getallocatedblocks()
`);

  test('changes no address, no order and no allocation, also after bad neighbours and in a new container', async () => {
    const first = await traced(PROBE);
    const limits = { ...DEFAULT_LIMITS, wallMs: 500, cpuMs: 25 };
    for (let round = 0; round < 40; round += 1) {
      const size = (round * 37) % 900;
      await traced(
        invocation(
          `def f():\n    print("n" * ${String(size)})\n    return [bytearray(${String(size)})]\n`,
        ),
      );
    }
    await traced(invocation('def f():\n    sum(range(10**12))\n', { limits }));
    await traced(invocation('import os\ndef f():\n    [os.fork() for _ in range(4)]\n'));
    await traced(invocation('import os\ndef f():\n    os.abort()\n'));
    expect((await traced(PROBE)).stream).toEqual(first.stream);
    await using second = await openPool({ workerId: `${WORKER}-second` });
    expect((await traced(PROBE, second)).stream).toEqual(first.stream);
    expect((await confirmed(PROBE, second)).stream).toEqual((await confirmed(PROBE)).stream);
  });

  test('does show where addresses are left random', async () => {
    await using random = await openPool({ aslr: true, workerId: `${WORKER}-random` });
    expect(endOf(await traced(PROBE, random))?.returnValue).not.toBe(
      endOf(await traced(PROBE))?.returnValue,
    );
  });
});

describe('a slot', () => {
  test('whose sandbox is removed by somebody throws sandbox-died and has a new one for the next call', async () => {
    const request = invocation(
      'import threading\ndef f():\n    threading.Lock().acquire() and threading.Event().wait()\n',
    );
    const [id = ''] = await containers();
    const lost = expect(traced(request)).rejects.toMatchObject({
      code: 'sandbox-died',
      retryable: true,
    });
    await engine.remove(id);
    await lost;
    expect(endOf(await traced(invocation('def f(): return 5\n')))?.returnValue).toBe('5');
    expect(await containers()).not.toContain(id);
  });

  test('whose sandbox is frozen under a time limit throws sandbox-starved', async () => {
    const [, id = ''] = await containers();
    // Frozen for more than half of it, even where the engine takes five seconds to begin.
    const limits = { ...DEFAULT_LIMITS, wallMs: 10_000 };
    const frozen = expect(
      confirmed(
        invocation('import threading\ndef f():\n    threading.Event().wait()\n', { limits }),
      ),
    ).rejects.toMatchObject({ code: 'sandbox-starved' });
    await docker('docker', ['pause', id]);
    await new Promise((resolve) => setTimeout(resolve, limits.wallMs));
    await docker('docker', ['unpause', id]);
    await frozen;
  });

  test('that is told to stop throws the reason and leaves no child behind', async () => {
    const stop = new AbortController();
    const request = invocation('import threading\ndef f():\n    threading.Event().wait()\n');
    const work = pool.use((slot) => slot.trace(request, stop.signal), signal);
    setTimeout(() => {
      stop.abort(new Error('drained'));
    }, 300);
    await expect(work).rejects.toThrow('drained');
    expect(endOf(await traced(invocation('def f(): return 6\n')))?.returnValue).toBe('6');
  });

  test('gets a larger container for a request with more memory', async () => {
    const limits = { ...DEFAULT_LIMITS, memoryBytes: 3 * 2 ** 30 };
    const request = invocation('def f():\n    return len(bytearray(2 << 30))\n', { limits });
    expect(endOf(await confirmed(request))?.returnValue).toBe(String(2 ** 31));
  });
});

test('a quarter of a processor changes no outcome and starves nobody', async () => {
  await using slow = await openPool({ cpus: 0.25, workerId: `${WORKER}-slow` });
  const spin = invocation('def f():\n    while True: pass\n');
  const fast = await confirmed(spin);
  expect((await confirmed(spin, slow)).exit).toMatchObject({ marker: 'fuel', killedBy: null });
  expect(fast.exit.marker).toBe('fuel');
  const limits = { ...DEFAULT_LIMITS, cpuMs: 300, wallMs: 20_000 };
  const count = invocation('def f():\n    return sum(range(10**12))\n', { limits });
  expect((await confirmed(count, slow)).exit).toMatchObject({ killedBy: 'cpu', starved: false });
});

test('the environment is the same in every pool of one image and names the interpreter', async () => {
  const environment = await pool.environment(signal);
  await using second = await openPool({ workerId: `${WORKER}-second` });
  expect((await second.environment(signal)).id).toBe(environment.id);
  expect(environment.python).toMatch(/^3\.13\.\d+$/);
  expect(environment.facts).toHaveProperty('libm');
});
