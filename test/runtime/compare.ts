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

const sides: Side[] = [];
const differences: string[] = [];
let done = 0;
let unlike = 0;

beforeAll(async () => {
  // Both are probed: a runtime under which a limit does not hold is refused here, and named with it.
  const open = async (name: string, more: { readonly runtime?: string }): Promise<void> => {
    sides.push({ name, pool: await openPool(`test-runtime-${name}`, more), ms: 0 });
  };
  await open('own', {});
  await open(runtime, { runtime });
});

afterAll(async () => {
  await Promise.all(sides.map(({ pool }) => pool[Symbol.asyncDispose]()));
});

function report(): string {
  const times = sides.map(({ name, ms }) => `${name}: ${(ms / Math.max(1, done)).toFixed(0)} ms`);
  return [
    ...differences,
    `${String(done)} programs, ${String(differences.length)} with other rows`,
    `of ${String(unlike)}, with threads or numbers of processes, only outcome and labels are compared`,
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

/** What has to be the same; of a program that is not the same twice under one runtime, how it ends, but for whether
 * its second execution happened to differ. */
function comparable(end: InvocationEnd | undefined, isAlike: boolean): string {
  if (isAlike || end?.kind !== 'ended') return JSON.stringify(end);
  const labels = end.labels.filter((label) => label !== 'nondeterministic');
  return JSON.stringify({ outcome: end.ending.outcome, labels });
}

const hasThreads = (end: InvocationEnd): boolean =>
  end.kind === 'ended' && end.labels.includes('threads');

test('every program has the same row under both', async () => {
  for (const [at, { name, nature }] of all.entries()) {
    const ends: InvocationEnd[] = [];
    for (const side of sides) ends.push(await endOn(side, at));
    const [own, other] = ends;
    const isAlike = nature !== 'numbered' && !ends.some(hasThreads);
    done += 1;
    unlike += isAlike ? 0 : 1;
    if (comparable(own, isAlike) !== comparable(other, isAlike)) {
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
