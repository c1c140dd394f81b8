// The same programs under the engine's own OCI runtime and under another one: the same ends, events and labels. What
// differs is one runtime's doing, since the programs, the image and the worker are the same.
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { InvocationEnd } from '../../src/core/trace-row.ts';
import type { SlotPool } from '../../src/sandbox/port.ts';
import { programs } from '../support/determinism-programs.ts';
import { executeIn, openPool } from '../support/sandbox-pool.ts';

const runtime = process.env['RUNTIME_NAME'] ?? '';
const all = programs(Number(process.env['RUNTIME_PROGRAMS'] ?? '200'));
const signal = new AbortController().signal;

interface Side {
  readonly name: string;
  readonly pool: SlotPool;
  ms: number;
}

let sides: readonly Side[];
const differences: string[] = [];
let done = 0;

beforeAll(async () => {
  // Both are probed: a runtime under which a limit does not hold is refused here, and named with it.
  const own = await openPool('test-runtime-own');
  const other = await openPool('test-runtime-other', { runtime });
  sides = [
    { name: 'own', pool: own, ms: 0 },
    { name: runtime, pool: other, ms: 0 },
  ];
});

afterAll(async () => {
  await Promise.all(sides.map(({ pool }) => pool[Symbol.asyncDispose]()));
});

function report(): string {
  const times = sides.map(({ name, ms }) => `${name}: ${(ms / Math.max(1, done)).toFixed(0)} ms`);
  return [
    ...differences,
    `${String(done)} programs, ${String(differences.length)} with other rows`,
    `an invocation, traced and confirmed: ${times.join(', ')}`,
    '',
  ].join('\n');
}

async function endOn(side: Side, at: number): Promise<InvocationEnd> {
  const request = all[at]?.request;
  if (request === undefined) throw new Error('invariant broken: no such program');
  const startedMs = performance.now();
  const end = await side.pool.use((slot) => executeIn(side.pool, slot, request), signal);
  side.ms += performance.now() - startedMs;
  return end;
}

test('every program has the same row under both', async () => {
  for (const [at, { name }] of all.entries()) {
    const ends: InvocationEnd[] = [];
    for (const side of sides) ends.push(await endOn(side, at));
    const [own, other] = ends;
    done += 1;
    if (JSON.stringify(own) !== JSON.stringify(other)) {
      differences.push(`${name}\n  own:   ${short(own)}\n  other: ${short(other)}`);
    }
    const file = process.env['RUNTIME_TABLE'];
    if (file !== undefined) await writeFile(file, report());
  }
  expect(differences).toEqual([]);
});

/** What tells two ends apart in most cases, on one line. */
function short(end: InvocationEnd | undefined): string {
  if (end?.kind !== 'ended') return JSON.stringify(end);
  const { ending, labels, trace } = end;
  const { outcome, returnValue, exceptionType, exceptionMessage, stdout } = ending;
  const facts = { outcome, labels, returnValue, exceptionType, exceptionMessage, stdout };
  return JSON.stringify({ ...facts, nEvents: trace.nEvents, path: trace.pathDigest }).slice(0, 600);
}
