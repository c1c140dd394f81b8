// Results of single invocations are taken over from whatever job has them: counted by what a sandbox is asked to run.
import { expect, it } from 'vitest';
import type { ResolvedSpec } from '../../../src/contract/spec.ts';
import { policyKey } from '../../../src/core/keys.ts';
import { AppError } from '../../../src/errors.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { DEFAULT_1 } from '../../../src/quality/policy.ts';
import { policyBytes, policyRef } from '../../../src/quality/policy-ref.ts';
import { readPage } from '../../../src/store/ledger-pages.ts';
import {
  indexedRows,
  mergeResultIndex,
  writeResultIndex,
} from '../../../src/store/result-index.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import {
  SPEC,
  addJob,
  batchInput,
  runTraceBatch,
  scriptedPool,
} from '../../support/traced-batch.ts';
import type { GivenFunction } from '../../support/traced-batch.ts';

type Batches = readonly (readonly GivenFunction[])[];

const fn = (name: string, ...calls: string[]): GivenFunction => ({
  source: `def f(x):  # ${name}\n    return x\n`,
  calls,
});
const many = Array.from({ length: 100 }, (_, at) => fn(`m${String(at)}`, 'f(1)', 'f(2)'));

function inBatchesOf(size: number, functions: readonly GivenFunction[]): Batches {
  const count = Math.ceil(functions.length / size);
  return Array.from({ length: count }, (_, at) => functions.slice(at * size, (at + 1) * size));
}

interface Ran {
  readonly traced: readonly string[];
  readonly found: number;
  readonly reused: number;
  /** Digests of the sealed objects. */
  readonly sealed: readonly string[];
}

/** Runs a job as far as trace. */
async function run(
  store: MemoryStore,
  name: string,
  batches: Batches,
  spec: ResolvedSpec = SPEC,
): Promise<Ran> {
  const jobId = sha256(name);
  const { counts } = await addJob(store, jobId, batches, spec);
  const pool = scriptedPool(({ call }) => ({ returnValue: call }));
  let reused = 0;
  const sealed: string[] = [];
  for (const batchIndex of batches.keys()) {
    const input = batchInput('trace', batchIndex, batches.length, jobId);
    const result = await runTraceBatch(store, pool, { input });
    reused += result.counts['invocationsReused'] ?? 0;
    sealed.push((await readPage(store, input, { pass: 'trace', batchIndex })).digest);
  }
  return { traced: pool.traced, found: counts['invocationsFound'] ?? 0, reused, sealed };
}

it('an unchanged corpus under another name executes nothing, however it is cut', async () => {
  const store = new MemoryStore();
  expect((await run(store, 'first', inBatchesOf(30, many))).traced).toHaveLength(200);
  expect(await run(store, 'same cut', inBatchesOf(30, many))).toMatchObject({ traced: [] });
  const again = await run(store, 'other cut', inBatchesOf(17, many));
  expect(again).toMatchObject({ traced: [], found: 200, reused: 200 });
  const alone = await run(new MemoryStore(), 'other cut', inBatchesOf(17, many));
  expect(again.sealed).toEqual(alone.sealed);
});

it('of a corpus in which one function in a hundred changed, one in a hundred runs', async () => {
  const store = new MemoryStore();
  await run(store, 'first', inBatchesOf(30, many));
  const changed = many.map((each, at) => (at === 41 ? fn('changed', 'f(1)', 'f(2)') : each));
  const again = await run(store, 'second', inBatchesOf(25, changed));
  expect(again.traced).toEqual(['def f(x):  # changed f(1)', 'def f(x):  # changed f(2)']);
  expect(again.sealed).toEqual(
    (await run(new MemoryStore(), 'x', inBatchesOf(25, changed))).sealed,
  );
});

it('a new input runs, and the old ones of its function do not', async () => {
  const store = new MemoryStore();
  await run(store, 'first', [[fn('a', 'f(1)', 'f(2)')]]);
  const again = await run(store, 'second', [[fn('a', 'f(0)', 'f(2)', 'f(1)')]]);
  expect(again.traced).toEqual(['def f(x):  # a f(0)']);
});

it('other limits, and another way to confirm, are other results', async () => {
  const store = new MemoryStore();
  const batches = [[fn('a', 'f(1)')]];
  await run(store, 'first', batches);
  const fuel = { ...SPEC, limits: { ...SPEC.limits, fuel: 5_000 } };
  expect((await run(store, 'fuel', batches, fuel)).traced).toHaveLength(1);
  const none = { ...SPEC, confirm: { invocations: 'none' as const } };
  expect((await run(store, 'unconfirmed', batches, none)).traced).toHaveLength(1);
});

it('what decides only after the trace, or not about it, runs nothing', async () => {
  const store = new MemoryStore();
  await run(store, 'first', inBatchesOf(30, many));
  const policy = { ...DEFAULT_1, name: 'strict@9', labels: [], steps: { min: 3, max: null } };
  const ref = policyRef(policy);
  const { digest } = ref as Exclude<typeof ref, 'default@1'>;
  await store.putIfAbsent(policyKey(sha256('policy'), digest), policyBytes(policy));
  const spec: ResolvedSpec = {
    ...SPEC,
    name: 'judged-otherwise',
    policy: ref,
    require: { acceptedMin: 0.5, faultsMax: 0.1 },
    output: { bucket: 'memory', set: 'other@v7' },
  };
  const again = await run(store, 'policy', inBatchesOf(30, many), spec);
  expect(again.traced).toEqual([]);
});

it('a faulted invocation is no result, and the others of its object are', async () => {
  const store = new MemoryStore();
  const batches = [[fn('a', 'f(1)'), fn('b', 'f(2)')]];
  const jobId = sha256('first');
  await addJob(store, jobId, batches);
  const pool = scriptedPool(({ call }) => {
    if (call === 'f(1)') throw new AppError('sandbox-died', 'gone');
    return {};
  });
  await runTraceBatch(store, pool, { input: batchInput('trace', 0, 1, jobId) });
  const again = await run(store, 'second', inBatchesOf(1, batches.flat()));
  expect(again).toMatchObject({ traced: ['def f(x):  # a f(1)'], reused: 1 });
});

it('an object that is gone or damaged is no result, and its invocations run', async () => {
  const store = new MemoryStore();
  await run(store, 'first', inBatchesOf(50, many));
  const [gone, damaged] = await keysOf(store, 'content/trace/');
  await store.delete(gone ?? '');
  store.overwrite(damaged ?? '', (body) => body.with(20, (body[20] ?? 0) ^ 1));
  const again = await run(store, 'second', inBatchesOf(17, many));
  expect(again.traced).toHaveLength(200);
});

it('the lookup asks once for each sealed object, never for an invocation', async () => {
  const store = new MemoryStore();
  await run(store, 'first', inBatchesOf(10, many));
  const bare = new MemoryStore();
  await addJob(bare, sha256('second'), inBatchesOf(50, many));
  const before = store.requests;
  await addJob(store, sha256('second'), inBatchesOf(50, many));
  // 10 objects looked into, the decisions, and a document for each of 2 batches.
  expect(store.requests - before - bare.requests).toBe(10 + 3 + 2);
});

async function keysOf(store: MemoryStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

it('many small segments become few, with the same rows', async () => {
  const store = new MemoryStore();
  const space = { pass: 'trace', digest: sha256('space') } as const;
  for (let at = 0; at < 300; at += 1) {
    const contentKey = sha256(String(at));
    const ids = [sha256(`a${String(at)}`), null, sha256(`b${String(at)}`)];
    await writeResultIndex(store, { space, contentKey }, { object: `o${String(at)}`, ids });
  }
  const rows = async () => {
    const found: string[] = [];
    for await (const { id, object, row } of indexedRows(store, space)) {
      found.push(`${id} ${object} ${String(row)}`);
    }
    return found.sort();
  };
  const before = await rows();
  expect(before).toHaveLength(600);
  expect(await mergeResultIndex(store, space)).toBe(1);
  expect(await keysOf(store, 'index/trace/')).toHaveLength(300 - 256 + 1);
  expect(await rows()).toEqual(before);
  expect(await mergeResultIndex(store, space)).toBe(0);
});

it('an index that is cut or none of ours is a fault that names it', async () => {
  for (const body of ['{"v":1,"object":"o","rows":2}\nshort', 'no header\n', '{"v":2}\n', 'x']) {
    const store = new MemoryStore();
    const space = { pass: 'trace', digest: sha256('space') } as const;
    await store.putIfAbsent(`index/trace/${space.digest.slice(0, 32)}/k`, Buffer.from(body));
    const read = async (): Promise<void> => {
      for await (const row of indexedRows(store, space)) expect(row).toBeNull();
    };
    await expect(read()).rejects.toMatchObject({ code: 'object-damaged' });
  }
});
