// The same programs in two freshly started slots, in another order and after other neighbours: the same rows, or the label
// that says why not. TEST_PROGRAMS=1000 is the whole set; a part of it runs by default.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Execution } from '../../../src/contract/execution.ts';
import type { InvocationEnd } from '../../../src/core/trace-row.ts';
import type { SandboxSlot, SlotPool } from '../../../src/sandbox/port.ts';
import { programs, shuffled } from '../../support/determinism-programs.ts';
import type { Program } from '../../support/determinism-programs.ts';
import type { Nature } from '../../support/determinism-templates.ts';
import { invocation } from '../../support/invocations.ts';
import { executeIn, openPool } from '../../support/sandbox-pool.ts';

const COUNT = Number(process.env['TEST_PROGRAMS'] ?? 150);
/** Of one program in both roles: 0.1 s where it was measured, and ten times that on a busy machine. */
const MS_EACH = 2_000;
const NEIGHBOUR_EVERY = 7;
const signal = new AbortController().signal;
const all = programs(COUNT);
let first: Map<string, Seen>;
let second: Map<string, Seen>;
const pools: SlotPool[] = [];

interface Seen {
  readonly end: InvocationEnd;
  /** All bytes that came out of the sandboxes, one text for each execution. */
  readonly bytes: readonly string[];
}

const textOf = ({ stream, stdoutRest, stderrRest, exit }: Execution): string =>
  JSON.stringify([
    ...[stream, stdoutRest, stderrRest].map((bytes) => Buffer.from(bytes).toString('base64')),
    // Times are facts of the machine, beside the data.
    { ...exit, wallMs: 0, cpuMs: 0 },
  ]);

/** A slot that keeps what its executions left behind. */
function listening(slot: SandboxSlot, bytes: string[]): Pick<SandboxSlot, 'trace' | 'confirm'> {
  const kept = async (work: Promise<Execution>): Promise<Execution> => {
    const execution = await work;
    bytes.push(textOf(execution));
    return execution;
  };
  return {
    trace: (request, stop) => kept(slot.trace(request, stop)),
    confirm: (request, stop) => kept(slot.confirm(request, stop)),
  };
}

/** What a good program may find before it in the sandbox. */
const NEIGHBOURS = [
  'import os\ndef f():\n    [os.fork() for _ in range(3)]\n',
  'def f():\n    open("/tmp/left", "w").write("x" * 100000)\n    return [[i] for i in range(300)]\n',
  'import ctypes\ndef f():\n    ctypes.string_at(0)\n',
  'import sys\ndef f():\n    sys.modules.clear()\n    sys.setrecursionlimit(50)\n',
  'import threading\ndef f():\n    [threading.Thread(target=int).start() for _ in range(10)]\n',
  'def f():\n    return bytearray(100 << 20) and {str(i): i for i in range(500)}\n',
].map((source) => invocation(source));

async function runAll(order: readonly Program[], neighbours: boolean): Promise<Map<string, Seen>> {
  const pool = await openPool(`test-determinism-${randomUUID()}`);
  pools.push(pool);
  const seen = new Map<string, Seen>();
  await pool.use(async (slot) => {
    for (const [at, { name, request }] of order.entries()) {
      const neighbour = NEIGHBOURS[(at / NEIGHBOUR_EVERY) % NEIGHBOURS.length];
      if (neighbours && neighbour !== undefined) await executeIn(pool, slot, neighbour);
      const bytes: string[] = [];
      seen.set(name, { end: await executeIn(pool, listening(slot, bytes), request), bytes });
    }
  }, signal);
  return seen;
}

beforeAll(
  async () => {
    first = await runAll(all, false);
    second = await runAll(shuffled(all, 20), true);
  },
  2 * COUNT * MS_EACH + 120_000,
);
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool[Symbol.asyncDispose]()));
});

const of = (...natures: Nature[]): Program[] =>
  all.filter(({ nature }) => natures.includes(nature));

function labelsOf(name: string): readonly string[] {
  const end = first.get(name)?.end;
  return end?.kind === 'ended' ? end.labels : ['faulted'];
}

const namesWhere = (list: readonly Program[], isOdd: (program: Program) => boolean): string[] =>
  list.filter(isOdd).map(({ name }) => name);

describe('the same program in another slot, at another place, after other neighbours', () => {
  test('gives the same bytes in each role and the same end, unless it is labelled threads', () => {
    const differs = namesWhere(of('stable', 'planted', 'events'), ({ name }) => {
      const isSame = JSON.stringify(first.get(name)) === JSON.stringify(second.get(name));
      return !isSame && !labelsOf(name).includes('threads');
    });
    expect(differs).toEqual([]);
  });

  test('is never lost', () => {
    const lost = namesWhere(all, ({ name }) => {
      return first.get(name)?.end.kind !== 'ended' || second.get(name)?.end.kind !== 'ended';
    });
    expect(lost).toEqual([]);
  });
});

describe('confirm', () => {
  test('finds every program whose result or output hangs on order or clock', () => {
    const missed = namesWhere(of('planted', 'numbered'), ({ name }) => {
      return !labelsOf(name).includes('nondeterministic');
    });
    expect(missed).toEqual([]);
  });

  test('finds none of those whose result and output do not', () => {
    const wronged = namesWhere(of('stable', 'events'), ({ name }) => {
      return labelsOf(name).includes('nondeterministic');
    });
    expect(wronged).toEqual([]);
  });
});

test('the order of sets, addresses, clock and threads are labelled where they were seen', () => {
  const silent = all.flatMap(({ name, labels }) => {
    const found = labelsOf(name);
    return labels.filter((label) => !found.includes(label)).map((label) => `${name}: ${label}`);
  });
  expect(silent).toEqual([]);
});
