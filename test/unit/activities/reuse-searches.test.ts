// Jobs that look for inputs take over searches of functions and results of invocations one by one, from whatever job.
import { expect, it } from 'vitest';
import { findResults } from '../../../activities/find-results.ts';
import { probeBatch } from '../../../activities/probe-batch.ts';
import type { BatchCounts } from '../../../src/contract/job.ts';
import type { ResolvedSpec } from '../../../src/contract/spec.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import type { ProbeAnswer } from '../../../src/schema/probe.ts';
import { readPage } from '../../../src/store/ledger-pages.ts';
import { openStored } from '../../../src/store/stored-table.ts';
import { SEALED_TRACES } from '../../../src/store/tables.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import {
  SPEC,
  addJob,
  batchInput,
  runTraceBatch,
  scriptedPool,
} from '../../support/traced-batch.ts';
import type { GivenFunction } from '../../support/traced-batch.ts';

const LOOKING: ResolvedSpec = {
  ...SPEC,
  inputs: { keep: 4, from: ['given', 'fuzz'], fuzz: { candidates: 10, seed: 1 } },
};

const fn = (name: string): GivenFunction => ({
  source: `def f(x):  # ${name}\n    return x\n`,
  calls: ['f(1)'],
});
const hundred = Array.from({ length: 100 }, (_, at) => fn(`m${String(at)}`));

function inBatchesOf(size: number, functions: readonly GivenFunction[]) {
  const count = Math.ceil(functions.length / size);
  return Array.from({ length: count }, (_, at) => functions.slice(at * size, (at + 1) * size));
}

/** The given input is kept, and one more is found, which is stateful. */
function answer(): ProbeAnswer {
  const input = (index: number | null, call: string) => ({
    index,
    ...{ setup: '', call, canonical_setup: '', canonical_call: call },
    ...{ origin: index === null ? ('fuzz' as const) : ('given' as const), outcome: 'returned' },
    labels: index === null ? (['stateful'] as ['stateful']) : [],
    slice_verified: true,
    slice_differs: null,
  });
  return {
    ...{ v: 1, reason: null, failed: [], tally: null, fuel: 5, mutants: null, missed: null },
    ...{ line_coverage: 1, branch_coverage: 0.5, offered: [], tests: null },
    inputs: [input(0, 'f(1)'), input(null, 'f(-7)')],
  };
}

interface Ran {
  readonly searched: readonly string[];
  readonly traced: readonly string[];
  readonly counts: BatchCounts;
  /** Digests of the sealed objects of probe and trace. */
  readonly sealed: readonly string[];
}

/** Runs a job as far as trace. */
async function run(
  store: MemoryStore,
  job: { readonly name: string; readonly size: number; readonly spec?: ResolvedSpec },
  functions: readonly GivenFunction[] = hundred,
): Promise<Ran> {
  const { name, size, spec = LOOKING } = job;
  const jobId = sha256(name);
  const batches = inBatchesOf(size, functions);
  await addJob(store, jobId, batches, spec);
  const pool = scriptedPool(() => ({}), answer);
  const counts: Record<string, number> = {};
  const sealed: string[] = [];
  for (const pass of spec.inputs.fuzz === undefined
    ? (['trace'] as const)
    : (['probe', 'trace'] as const)) {
    const at = batchInput(pass, 0, batches.length, jobId);
    if (spec.inputs.fuzz !== undefined)
      await findResults({ storeOf: () => store }, { ...at, pass });
    for (const batchIndex of batches.keys()) {
      const input = { ...at, batchIndex };
      const batch = pass === 'probe' ? { batch: probeBatch } : {};
      const result = await runTraceBatch(store, pool, { input, ...batch });
      for (const of of ['functionsReused', 'invocationsReused']) {
        counts[of] = (counts[of] ?? 0) + (result.counts[of] ?? 0);
      }
      sealed.push((await readPage(store, input, { pass, batchIndex })).digest);
    }
  }
  return { searched: pool.searched, traced: pool.traced, counts, sealed };
}

it('an unchanged corpus is neither searched nor traced again, however it is cut', async () => {
  const store = new MemoryStore();
  const first = await run(store, { name: 'first', size: 30 });
  expect([first.searched.length, first.traced.length]).toEqual([100, 200]);
  const again = await run(store, { name: 'other cut', size: 17 });
  expect(again).toMatchObject({ searched: [], traced: [] });
  expect(again.counts).toEqual({ functionsReused: 100, invocationsReused: 200 });
  expect(again.sealed).toEqual((await run(new MemoryStore(), { name: 'x', size: 17 })).sealed);
});

it('of a corpus in which one function in a hundred changed, one in a hundred is searched and traced', async () => {
  const store = new MemoryStore();
  await run(store, { name: 'first', size: 30 });
  const changed = hundred.map((each, at) => (at === 41 ? fn('changed') : each));
  const again = await run(store, { name: 'second', size: 25 }, changed);
  expect(again.searched).toEqual(['def f(x):  # changed']);
  expect(again.traced).toEqual(['def f(x):  # changed f(1)', 'def f(x):  # changed f(-7)']);
  const alone = await run(new MemoryStore(), { name: 'x', size: 25 }, changed);
  expect(again.sealed).toEqual(alone.sealed);
});

it('what a job without a search traced serves one with it, and the rows say what the search saw', async () => {
  const store = new MemoryStore();
  const few = hundred.slice(0, 5);
  await run(store, { name: 'plain', size: 5, spec: SPEC }, few);
  const looking = await run(store, { name: 'looking', size: 5 }, few);
  expect([looking.searched.length, looking.traced.length]).toEqual([5, 5]);
  expect(looking.sealed).toEqual(
    (await run(new MemoryStore(), { name: 'x', size: 5 }, few)).sealed,
  );
  const { key } = await readPage(store, batchInput('trace', 0, 1, sha256('looking')), {
    pass: 'trace',
    batchIndex: 0,
  });
  const [given, found] = await (await openStored(store, SEALED_TRACES, key)).read();
  expect(given).toMatchObject({ call: 'f(1)', line_coverage: 1, slice_verified: true, labels: [] });
  expect(found).toMatchObject({ call: 'f(-7)', input_origin: 'fuzz', labels: ['stateful'] });
});

it('and the other way round, without what the search saw', async () => {
  const store = new MemoryStore();
  const few = hundred.slice(0, 5);
  await run(store, { name: 'looking', size: 5 }, few);
  const plain = await run(store, { name: 'plain', size: 5, spec: SPEC }, few);
  expect(plain.traced).toEqual([]);
  const alone = await run(new MemoryStore(), { name: 'x', size: 5, spec: SPEC }, few);
  expect(plain.sealed).toEqual(alone.sealed);
});

it('other rules of the search are another search, and their invocations are found all the same', async () => {
  const store = new MemoryStore();
  await run(store, { name: 'first', size: 50 });
  const fuzz = { candidates: 20, seed: 1 };
  const spec = { ...LOOKING, inputs: { ...LOOKING.inputs, fuzz } };
  const again = await run(store, { name: 'second', size: 50, spec });
  expect([again.searched.length, again.traced.length]).toEqual([100, 0]);
});
