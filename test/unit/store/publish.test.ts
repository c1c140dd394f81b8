import { describe, expect, it } from 'vitest';
import { functionIdOf } from '../../../src/identity/digest.ts';
import { readTable } from '../../../src/store/table-file.ts';
import { LEDGER, REJECTED, TRACES } from '../../../src/store/tables.ts';
import { readSetManifest } from '../../../src/store/manifest.ts';
import { verifySet } from '../../../src/store/verify.ts';
import { RECORDS } from '../../support/fake-corpus.ts';
import { prepareJob, publishJob, runJob } from '../../support/fake-job.ts';
import type { FakeRecord } from '../../support/fake-corpus.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const FOLDER = 'sets/fake/v1/';
const RENDER = [
  { format: 'dynamic', context: 8192, pairs: 32, ahead: [1, 2] },
  { format: 'cwm', context: 8192 },
] as const;

async function objectsOf(store: MemoryStore): Promise<Map<string, string>> {
  const objects = new Map<string, string>();
  for await (const { key } of store.list(FOLDER)) {
    if (!key.endsWith('manifest.json')) {
      objects.set(key, Buffer.from(await store.get(key)).toString('base64'));
    }
  }
  return objects;
}

async function published(batchSize: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  await runJob({ store, records: RECORDS, batchSize, spec: { render: RENDER } });
  return store;
}

describe('a published set', () => {
  it('has the same bytes for every batch size and dispatch order', async () => {
    const one = await objectsOf(await published(1));
    expect(await objectsOf(await published(3))).toEqual(one);
    expect(await objectsOf(await published(100))).toEqual(one);
    const store = new MemoryStore();
    const spec = { render: RENDER };
    const at = await prepareJob({ store, records: RECORDS, batchSize: 2, spec });
    await publishJob(at, (batches) => [...batches].reverse());
    expect(await objectsOf(store)).toEqual(one);
    expect([...one.keys()]).toEqual([
      `${FOLDER}README.md`,
      `${FOLDER}croissant.json`,
      `${FOLDER}examples.jsonl`,
      `${FOLDER}ledger/train-00000-of-00001.parquet`,
      `${FOLDER}rejected/train-00000-of-00001.parquet`,
      `${FOLDER}text/train-00000-of-00001.parquet`,
      `${FOLDER}traces/train-00000-of-00001.parquet`,
    ]);
  });

  it('counts every record, function, input and invocation once', async () => {
    const { counts, balance } = await readSetManifest(await published(3), 'fake@v1');
    expect(counts).toEqual({
      recordsRead: 8,
      recordsParsed: 7,
      recordsRejected: 1,
      functionsFound: 8,
      functionsKept: 6,
      functionsDuplicate: 2,
      functionsContaminated: 0,
      functionsRejected: 0,
      functionsWithInputs: 5,
      functionsWithoutInputs: 1,
      inputsFound: 17,
      inputsKept: 13,
      inputsDropped: 4,
      invocationsPlanned: 13,
      invocationsFaulted: 1,
      outcomes: 12,
      accepted: 9,
      rejected: 2,
      duplicateTraces: 1,
      rowsPublished: 11,
      byOutcome: { 'fuel-exceeded': 1, raised: 1, returned: 10 },
      byReason: {
        'duplicate-ast': 1,
        'duplicate-input': 2,
        'duplicate-source': 1,
        'duplicate-trace': 1,
        'fuel-exceeded': 1,
        'function-dropped': 1,
        'no-inputs': 1,
        nondeterministic: 1,
        'not-json': 1,
        'over-keep': 1,
        'sandbox-died': 1,
      },
    });
    expect(balance.every((equation) => equation.holds)).toBe(true);
  });

  it('keeps accepted rows and rejected rows apart, sorted, with reasons', async () => {
    const store = await published(2);
    const read = async <Row>(table: Parameters<typeof readTable<Row>>[0]): Promise<Row[]> =>
      await readTable(
        table,
        await store.get(`${FOLDER}${table.name}/train-00000-of-00001.parquet`),
      );
    const traces = await read(TRACES);
    const rejected = await read(REJECTED);
    const ledger = await read(LEDGER);
    expect(traces).toHaveLength(9);
    expect(new Set(rejected.flatMap((row) => row.reasons))).toEqual(
      new Set(['fuel-exceeded', 'nondeterministic']),
    );
    const places = ledger.filter((row) => row.verdict === 'accepted');
    expect(places.map((row) => traces[row.row ?? -1]?.id)).toEqual(places.map((row) => row.id));
    expect(new Set(ledger.map((row) => row.unit)).size).toBe(4);
    // Inputs that were dropped too, and nothing but inputs.
    const inputs = ledger.filter((row) => row.unit === 'input');
    expect(new Set(inputs.map((row) => row.outcome))).toEqual(new Set(['kept', 'dropped']));
    expect(new Set(inputs.map((row) => row.origin))).toEqual(new Set(['given']));
    expect(ledger.filter((row) => row.origin !== null)).toHaveLength(inputs.length);
  });

  it('passes its own verification', async () => {
    const { checks, rows, objects } = await verifySet(await published(3), 'fake@v1');
    expect(checks.filter((check) => !check.holds)).toEqual([]);
    expect({ rows, objects }).toEqual({ rows: 11 + 8 + 8 + 17 + 13 + 36, objects: 7 });
  });
});

describe('publishing', () => {
  it('ends where another attempt left off, and twice is once', async () => {
    const store = new MemoryStore();
    const at = await prepareJob({ store, records: RECORDS, batchSize: 3 });
    const first = await publishJob(at);
    const again = await publishJob(at);
    expect(again).toEqual(first);
  });

  it('refuses a set version that another job published', async () => {
    const store = await published(3);
    const other = { store, records: RECORDS.slice(0, 1), batchSize: 3, jobId: 'f'.repeat(64) };
    await expect(runJob(other)).rejects.toMatchObject({ code: 'set-exists' });
  });

  it('refuses to write over a file that holds other bytes', async () => {
    const store = new MemoryStore();
    const key = `${FOLDER}traces/train-00000-of-00001.parquet`;
    await store.putIfAbsent(key, new Uint8Array([1]));
    await expect(runJob({ store, records: RECORDS, batchSize: 3 })).rejects.toMatchObject({
      code: 'shard-conflict',
      context: { key },
    });
    expect(await store.head(`${FOLDER}manifest.json`)).toBeNull();
  });

  it('stops before the set is touched where another job left files that the set would not name', async () => {
    const store = new MemoryStore();
    const key = `${FOLDER}traces/train-00000-of-00002.parquet`;
    await store.putIfAbsent(key, new Uint8Array([1]));
    await expect(runJob({ store, records: RECORDS, batchSize: 3 })).rejects.toMatchObject({
      code: 'set-exists',
      context: { key },
    });
    expect([...(await objectsOf(store)).keys()]).toEqual([key]);
  });

  it('stops before the set is touched where too few rows were accepted or too many faulted', async () => {
    for (const require of [
      { acceptedMin: 0.9, faultsMax: null },
      { acceptedMin: null, faultsMax: 0.01 },
    ]) {
      const store = new MemoryStore();
      const job = runJob({ store, records: RECORDS, batchSize: 3, spec: { require } });
      await expect(job).rejects.toMatchObject({ code: 'require-not-met' });
      expect((await objectsOf(store)).size).toBe(0);
    }
  });

  it('publishes a set of a corpus that gave no rows', async () => {
    const store = new MemoryStore();
    await runJob({ store, records: [{ label: 'fake.jsonl:1', reject: 'not-json' }], batchSize: 3 });
    const { checks, rows } = await verifySet(store, 'fake@v1');
    expect(checks.filter((check) => !check.holds)).toEqual([]);
    expect(rows).toBe(1);
  });
});

describe('a job that looks for near duplicates', () => {
  const BODY =
    'total = x + 1; other = total * x; several = [other, total, x]; result = several + [1, 2, 3]; return result, several';
  const alike = (name: string, call: string, body = BODY): FakeRecord => ({
    label: `fake.jsonl:${name}`,
    functions: [{ name, body, calls: [call] }],
  });
  const records = [
    alike('first', 'first(1)'),
    alike('other', 'other(1)', 'while x > 0: x = x - 1 if x % 2 else x // 2; return x'),
    alike('second', 'second(1)'),
    alike('third', 'third(1)', `${BODY}, 0`),
  ];
  const spec = { unique: { exact: 'ast', near: { jaccard: 0.7 } } } as const;

  it('keeps the first of them and says of the others why they are not there', async () => {
    const store = new MemoryStore();
    await runJob({ store, records, batchSize: 1, spec });
    const bytes = await store.get(`${FOLDER}ledger/train-00000-of-00001.parquet`);
    const rows = await readTable(LEDGER, bytes, 'ledger');
    const functions = rows.filter(({ unit }) => unit === 'function');
    const first = functionIdOf('source', `def first(x):\n    ${BODY}\n`, 'first');
    const kept = functions.filter(({ outcome }) => outcome === 'kept').map(({ id }) => id);
    expect(kept).toHaveLength(2);
    expect(kept).toContain(first);
    const dropped = functions.filter(({ outcome }) => outcome !== 'kept');
    expect(dropped).toHaveLength(2);
    for (const { reasons, keeper_id } of dropped) {
      expect([reasons, keeper_id]).toEqual([['duplicate-near'], first]);
    }
    const { checks } = await verifySet(store, 'fake@v1');
    expect(checks.filter(({ holds }) => !holds)).toEqual([]);
  });

  it('publishes the same bytes for every batch size', async () => {
    const stores = [1, 2, 100].map(() => new MemoryStore());
    for (const [index, batchSize] of [1, 2, 100].entries()) {
      const store = stores[index];
      if (store !== undefined) await runJob({ store, records, batchSize, spec });
    }
    const [one, ...others] = await Promise.all(stores.map(objectsOf));
    for (const other of others) expect(other).toEqual(one);
  });
});
