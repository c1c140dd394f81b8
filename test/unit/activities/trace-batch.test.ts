// The pass trace over a store in memory and a scripted pool: order, parts, drain, reuse. No code runs.
import { describe, expect, it } from 'vitest';
import type { SealedTraceRow } from '../../../src/contract/sealed-rows.ts';
import { ledgerPageKey } from '../../../src/core/keys.ts';
import { AppError } from '../../../src/errors.ts';
import { readPage } from '../../../src/store/ledger-pages.ts';
import { openStored } from '../../../src/store/stored-table.ts';
import { SEALED_TRACES } from '../../../src/store/tables.ts';
import type { MemoryStore } from '../../support/memory-store.ts';
import {
  batchInput,
  copyPages,
  runTraceBatch,
  scriptedPool,
  SPEC,
  storeWith,
} from '../../support/traced-batch.ts';
import type { GivenFunction } from '../../support/traced-batch.ts';

const fn = (name: string, ...calls: string[]): GivenFunction => ({
  source: `def f(x):  # ${name}\n    return x\n`,
  calls,
});

async function sealedRows(store: MemoryStore, batch = 0, batches = 1): Promise<SealedTraceRow[]> {
  const input = batchInput('trace', batch, batches);
  const page = await readPage(store, input, { pass: 'trace', batchIndex: batch });
  return await (await openStored(store, SEALED_TRACES, page.key)).read();
}

const keysOf = async (store: MemoryStore, prefix: string): Promise<string[]> => {
  const keys = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
};

const many = Array.from({ length: 60 }, (_, index) => fn(String(index), 'f(1)', 'f(2)'));

it('a batch becomes one sealed object whose rows are sorted and counted', async () => {
  const store = await storeWith([[fn('a', 'f(1)', 'f(2)'), fn('b', 'f(1)')]]);
  const pool = scriptedPool(() => ({}));
  const result = await runTraceBatch(store, pool, { input: batchInput('trace', 0, 1) });
  expect(result).toMatchObject({
    how: 'sealed',
    counts: { invocationsPlanned: 3, outcomes: 3, invocationsFaulted: 0, returned: 3 },
  });
  const rows = await sealedRows(store);
  const order = rows.map((row) => `${row.function_id} ${String(row.input_index)}`);
  expect(order).toEqual([...order].sort());
  expect(rows[0]).toMatchObject({ outcome: 'returned', return_value: '1', confirm_differs: [] });
});

it('an input that stands in another batch is run with the function that is kept', async () => {
  const store = await storeWith([[fn('a', 'f(1)')], [fn('a', 'f(1)', 'f(2)')]]);
  const pool = scriptedPool(() => ({}));
  await runTraceBatch(store, pool, { input: batchInput('trace', 0, 2) });
  const second = await runTraceBatch(store, pool, { input: batchInput('trace', 1, 2) });
  expect(pool.traced).toEqual(['def f(x):  # a f(1)', 'def f(x):  # a f(2)']);
  expect(second.counts).toMatchObject({ invocationsPlanned: 0 });
  expect(await sealedRows(store, 1, 2)).toEqual([]);
});

it('an attempt that breaks off leaves what it has done, and the next one goes on after it', async () => {
  const store = await storeWith([many]);
  const breaks = scriptedPool((_, nth) => {
    if (nth === 71) throw new AppError('docker-unreachable', 'gone', { retryable: true });
    return {};
  });
  const input = batchInput('trace', 0, 1);
  await expect(runTraceBatch(store, breaks, { input })).rejects.toMatchObject({
    code: 'docker-unreachable',
  });
  const rest = scriptedPool(() => ({}));
  await runTraceBatch(store, rest, { input });
  expect(rest.traced).toHaveLength(120 - 70);
  expect(new Set([...breaks.traced.slice(0, 70), ...rest.traced]).size).toBe(120);

  const calm = await storeWith([many]);
  await runTraceBatch(
    calm,
    scriptedPool(() => ({})),
    { input },
  );
  const content = await keysOf(calm, 'content/trace/');
  expect(await keysOf(store, 'content/trace/')).toEqual(content);
  const [key = ''] = content;
  expect(Buffer.from(await store.get(key)).equals(await calm.get(key))).toBe(true);
});

it('a worker that drains ends between two functions and hands the batch back', async () => {
  const store = await storeWith([many]);
  const drain = new AbortController();
  const pool = scriptedPool((_, nth) => {
    if (nth === 9) drain.abort();
    return {};
  });
  const input = batchInput('trace', 0, 1);
  const yielded = await runTraceBatch(store, pool, { input, drain: drain.signal });
  expect(yielded).toMatchObject({ how: 'yielded', counts: {} });
  // Functions of two inputs: what was under way besides the ninth is finished.
  expect(pool.traced).toHaveLength(12);
  expect(await keysOf(store, 'content/trace/')).toEqual([]);
  const rest = scriptedPool(() => ({}));
  expect(await runTraceBatch(store, rest, { input })).toMatchObject({ how: 'sealed' });
  expect(rest.traced).toHaveLength(108);
});

it('a batch that any job has sealed is found, and nothing runs', async () => {
  const store = await storeWith([[fn('a', 'f(1)')]]);
  const input = batchInput('trace', 0, 1);
  await runTraceBatch(
    store,
    scriptedPool(() => ({})),
    { input },
  );
  await store.delete(ledgerPageKey({ ...input, batchIndex: 0 }));
  const pool = scriptedPool(() => ({}));
  const again = await runTraceBatch(store, pool, { input });
  expect(again).toMatchObject({ how: 'reused', counts: { returned: 1 } });
  expect(pool.traced).toEqual([]);
});

it('sandboxes of another environment are refused', async () => {
  const store = await storeWith([[fn('a', 'f(1)')]]);
  const input = { ...batchInput('trace', 0, 1), environment: 'f'.repeat(64) };
  await expect(
    runTraceBatch(
      store,
      scriptedPool(() => ({})),
      { input },
    ),
  ).rejects.toMatchObject({ code: 'environment-mismatch', retryable: true });
});

it('an invocation whose sandbox dies twice is recorded as faulted and the others go on', async () => {
  const store = await storeWith([[fn('a', 'f(1)', 'f(2)')]]);
  const pool = scriptedPool(({ call }) => {
    if (call === 'f(1)') throw new AppError('sandbox-died', 'container is gone');
    return {};
  });
  const { counts } = await runTraceBatch(store, pool, { input: batchInput('trace', 0, 1) });
  expect(counts).toMatchObject({ invocationsPlanned: 2, outcomes: 1, invocationsFaulted: 1 });
  expect(await sealedRows(store)).toMatchObject([
    { outcome: 'faulted', fault_code: 'sandbox-died' },
    { outcome: 'returned' },
  ]);
});

describe('a range that is isolated', () => {
  const plain = batchInput('trace', 0, 1);
  const calm = () => scriptedPool(() => ({}));
  const isolate = (from: number, to: number, giveUp = false) => ({
    ...plain,
    isolate: { from, to, giveUp },
  });

  it('becomes durable and seals nothing; an empty one asks how far the batch is', async () => {
    const store = await storeWith([many]);
    const asked = await runTraceBatch(store, calm(), { input: isolate(0, 0) });
    expect(asked).toMatchObject({ how: 'parted', counts: { functions: 60, durable: 0 } });
    const pool = calm();
    const made = await runTraceBatch(store, pool, { input: isolate(0, 30) });
    expect(made).toMatchObject({ how: 'parted', counts: { functions: 60, durable: 30 } });
    expect(pool.traced).toHaveLength(60);
    expect(await keysOf(store, 'content/trace/')).toEqual([]);
  });

  it('leaves one object with all others when one function is given up', async () => {
    const store = await storeWith([many]);
    for (const range of [isolate(31, 60), isolate(0, 30), isolate(30, 31, true)]) {
      await runTraceBatch(store, calm(), { input: range });
    }
    const pool = calm();
    const sealed = await runTraceBatch(store, pool, { input: plain });
    expect(pool.traced).toEqual([]);
    expect(sealed).toMatchObject({
      how: 'sealed',
      counts: { invocationsPlanned: 120, outcomes: 118, invocationsFaulted: 2 },
    });
    const rows = await sealedRows(store);
    const lost = rows.filter(({ outcome }) => outcome === 'faulted');
    expect(lost.map(({ fault_code }) => fault_code)).toEqual(['worker-lost', 'worker-lost']);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(120);
  });

  it('may begin inside a part that another attempt made', async () => {
    const store = await storeWith([many]);
    await runTraceBatch(store, calm(), { input: isolate(20, 40) });
    await runTraceBatch(store, calm(), { input: isolate(10, 25) });
    const rest = calm();
    await runTraceBatch(store, rest, { input: isolate(35, 60) });
    await runTraceBatch(store, rest, { input: plain });
    expect(rest.traced).toHaveLength(2 * (20 + 10));

    const whole = await storeWith([many]);
    await runTraceBatch(whole, calm(), { input: plain });
    const [key = ''] = await keysOf(whole, 'content/trace/');
    expect(Buffer.from(await store.get(key)).equals(await whole.get(key))).toBe(true);
  });
});

describe('a revision that retries', () => {
  const first = batchInput('trace', 0, 1);
  const dies = (calls: readonly string[]) =>
    scriptedPool(({ call }) => {
      if (calls.includes(call)) throw new AppError('sandbox-died', 'container is gone');
      return {};
    });
  const selection = { faulted: true, outcomes: [], reasons: [] } as const;

  /** Revision `revision` of the job, which retries revision `from`. */
  async function retrying(store: MemoryStore, revision: number, from: number) {
    const key = `spec-${String(revision)}.json`;
    const spec = { ...SPEC, retry: { ...selection, from, limits: SPEC.limits } };
    await store.putIfAbsent(key, Buffer.from(JSON.stringify(spec)));
    await copyPages(store, { from: 1, to: revision });
    return { ...first, revision, specKey: key };
  }

  it('runs what faulted again and keeps every other row as it was', async () => {
    const store = await storeWith([[fn('a', 'f(1)', 'f(2)'), fn('b', 'f(1)', 'f(3)')]]);
    await runTraceBatch(store, dies(['f(2)']), { input: first });
    const before = await sealedRows(store);
    const pool = scriptedPool(() => ({ returnValue: '2' }));
    const input = await retrying(store, 2, 1);
    const again = await runTraceBatch(store, pool, { input });
    expect(pool.traced).toEqual(['def f(x):  # a f(2)']);
    expect(again).toMatchObject({ how: 'sealed', counts: { outcomes: 4, invocationsFaulted: 0 } });
    const page = await readPage(store, input, { pass: 'trace', batchIndex: 0 });
    const after = await (await openStored(store, SEALED_TRACES, page.key)).read();
    expect(after).toEqual(before.map((row, at) => (row.outcome === 'faulted' ? after[at] : row)));
    expect(after.filter((row) => row.return_value === '2')).toHaveLength(1);
  });

  it('keeps the object of a batch of which it takes up nothing', async () => {
    const store = await storeWith([[fn('a', 'f(1)')]]);
    await runTraceBatch(
      store,
      scriptedPool(() => ({})),
      { input: first },
    );
    const pool = scriptedPool(() => ({}));
    const input = await retrying(store, 2, 1);
    expect(await runTraceBatch(store, pool, { input })).toMatchObject({ how: 'reused' });
    expect(pool.traced).toEqual([]);
    expect(await keysOf(store, 'content/trace/')).toHaveLength(1);
  });

  it('runs again where the retry before it came to the same end', async () => {
    const store = await storeWith([[fn('a', 'f(1)', 'f(2)')]]);
    await runTraceBatch(store, dies(['f(2)']), { input: first });
    await runTraceBatch(store, dies(['f(2)']), { input: await retrying(store, 2, 1) });
    const pool = scriptedPool(() => ({}));
    await runTraceBatch(store, pool, { input: await retrying(store, 3, 2) });
    expect(pool.traced).toHaveLength(1);
  });
});
