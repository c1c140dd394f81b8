// The two tracers behind one harness: the same rows, and a valid prefix whatever ends the child.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readExecution } from '../../../activities/read-execution.ts';
import type { Backend, InvocationRequest } from '../../../src/contract/execution.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import type { TraceEvent } from '../../../src/contract/trace.ts';
import type { SlotPool } from '../../../src/sandbox/port.ts';
import { decodeTrace } from '../../../src/wire/trace-stream.ts';
import { invocation } from '../../support/invocations.ts';
import { executeIn, openPool } from '../../support/sandbox-pool.ts';

const signal = new AbortController().signal;
let pool: SlotPool;

beforeAll(async () => {
  pool = await openPool(`test-backends-${randomUUID()}`);
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
});

const traced = (request: InvocationRequest) =>
  pool.use((slot) => slot.trace(request, signal), signal);
const executed = (request: InvocationRequest) =>
  pool.use((slot) => executeIn(pool, slot, request), signal);

/** Lines before the end, so that there is a prefix to find. */
const ENDS: readonly (readonly [string, string, Partial<InvocationRequest>])[] = [
  ['returned', 'def f():\n    xs = [n * n for n in range(9)]\n    print(xs)\n    return xs\n', {}],
  ['raised', 'def f():\n    x = {}\n    return x["a"]\n', {}],
  ['load-failed', '1 / 0\n', {}],
  ['vanished', 'import os\ndef f():\n    x = 1\n    y = [x]\n    os._exit(0)\n', {}],
  ['crashed', 'import os\ndef f():\n    x = 1\n    y = [x]\n    os.kill(os.getpid(), 9)\n', {}],
  ['crashed', 'import ctypes\ndef f():\n    x = 1\n    ctypes.string_at(0)\n', {}],
  [
    'bytes-exceeded',
    'def f():\n    n = 0\n    while True:\n        n = n * 3 + 1\n',
    { limits: { ...DEFAULT_LIMITS, traceBytes: 5_000 } },
  ],
  [
    'events-exceeded',
    'def f():\n    n = 0\n    while True:\n        n += 1\n',
    { limits: { ...DEFAULT_LIMITS, events: 500 } },
  ],
  [
    'fuel-exceeded',
    'def f():\n    n = 0\n    while True: n += 1\n',
    { granularity: 'call', limits: { ...DEFAULT_LIMITS, fuel: 5_000 } },
  ],
];

describe('both tracers', () => {
  test.each(ENDS)('say the same of what is %s', async (outcome, source, changes) => {
    const say = async (backend: Backend) => {
      const execution = await traced(invocation(source, { ...changes, backend }));
      const { ending, labels, trace } = readExecution(execution, DEFAULT_LIMITS);
      const { tracer, ...facts } = { tracer: null, ...trace };
      return { named: tracer, rest: { ending, labels, facts } };
    };
    const [ours, theirs] = [await say('core'), await say('reference')];
    expect(ours.rest).toEqual(theirs.rest);
    expect(ours.rest.ending.outcome).toBe(outcome);
    if (outcome !== 'load-failed')
      expect([ours.named, theirs.named]).toEqual(['core/1', 'reference/1']);
  });

  test('leave the whole prefix where the child is killed at a deadline', async () => {
    const limits = { ...DEFAULT_LIMITS, cpuMs: 400 };
    const source = 'def f():\n    x = [1]\n    return sum(range(10**12))\n';
    const { exit, stream } = await traced(invocation(source, { limits }));
    expect(exit.killedBy).toBe('cpu');
    const events = JSON.parse(decodeTrace(stream).eventsJson) as readonly TraceEvent[];
    expect(events.map(({ kind, line }) => `${kind} ${String(line)}`)).toEqual([
      'call 1',
      'line 2',
      'line 3',
    ]);
  });
});

describe('recursion to the limit', () => {
  test.each([
    ['plain', 'def f(n=0):\n    return f(n + 1)\n', 'raised'],
    ['through C', 'def f(n=0):\n    return sum(map(f, [n + 1]))\n', 'raised'],
    [
      'and how deep it came',
      'def g(n):\n    global deep\n    deep = n\n    g(n + 1)\n\ndef f():\n    try:\n        g(0)\n    except RecursionError:\n        return deep\n',
      'returned',
    ],
  ])('is the same in both sandboxes: %s', async (_, source, outcome) => {
    const end = await executed(invocation(source));
    expect(end).toMatchObject({ kind: 'ended', ending: { outcome }, confirmDiffers: [] });
  });
});
