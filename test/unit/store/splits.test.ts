// Splits of a published set: apart, the same however the job was cut, and told of in manifest and card.
import { describe, expect, it } from 'vitest';
import { clusterBatch } from '../../../activities/cluster-batch.ts';
import { placeFunctions } from '../../../activities/place-functions.ts';
import type { TraceRow } from '../../../src/contract/row.ts';
import type { SplitSpec } from '../../../src/contract/split.ts';
import { readSetManifest } from '../../../src/store/manifest.ts';
import { writePage } from '../../../src/store/ledger-pages.ts';
import { writeTable } from '../../../src/store/parquet.ts';
import { entriesOf, openRows } from '../../../src/store/set-files.ts';
import { NEAR } from '../../../src/store/tables.ts';
import { verifySet } from '../../../src/store/verify.ts';
import { prepareJob, publishJob, runJob } from '../../support/fake-job.ts';
import type { FakeRecord } from '../../support/fake-corpus.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { randomWords, variantOf } from '../unique/near-texts.ts';

const FOLDER = 'sets/fake/v1/';
const SPLIT: SplitSpec = {
  by: 'repository',
  clusterJaccard: 0.5,
  shares: { test: 0.2, validation: 0.1 },
  seed: 3,
};

/** Sixty functions: thirty repositories of one, a pair across two, a large one; neighbours that are alike. */
const records: FakeRecord[] = Array.from({ length: 60 }, (_, index) => {
  const words = randomWords(50, index >> 1);
  const repository = index < 30 ? `repository-${String(index)}` : index < 48 ? 'large' : undefined;
  const body = `total = x + 1; total = total * x; label = '${variantOf(words, index % 2 === 0 ? 0 : 2, index).join(' ')}'; return total`;
  const name = `f${String(index)}`;
  return {
    label: `fake.jsonl:${String(index + 1)}`,
    functions: [
      {
        ...{ name, body, calls: [`${name}(1)`, `${name}(2)`, `${name}(3)`] },
        ...(repository === undefined ? {} : { repository }),
      },
    ],
  };
});

const RENDER = [{ format: 'cwm', context: 8192 }] as const;
const spec = { split: SPLIT, render: RENDER };

async function objectsOf(store: MemoryStore): Promise<Map<string, string>> {
  const objects = new Map<string, string>();
  for await (const { key } of store.list(FOLDER)) {
    if (key.endsWith('manifest.json')) continue;
    objects.set(key.slice(FOLDER.length), Buffer.from(await store.get(key)).toString('base64'));
  }
  return objects;
}

async function rowsOf(store: MemoryStore): Promise<TraceRow[]> {
  const files = { store, manifest: await readSetManifest(store, 'fake@v1') };
  const rows: TraceRow[] = [];
  for (const entry of entriesOf(files, 'traces'))
    rows.push(...(await (await openRows(files, entry)).read()));
  return rows;
}

async function failedChecks(store: MemoryStore) {
  const { checks } = await verifySet(store, 'fake@v1');
  return checks.filter(({ holds }) => !holds);
}

describe('a set with splits', () => {
  it('has files of each, which verify, and keeps repositories and clusters together', async () => {
    const store = new MemoryStore();
    await runJob({ store, records, batchSize: 7, spec });
    expect(await failedChecks(store)).toEqual([]);
    expect([...(await objectsOf(store)).keys()]).toEqual([
      'README.md',
      'croissant.json',
      'examples.jsonl',
      'ledger/train-00000-of-00001.parquet',
      ...['rejected', 'text', 'traces'].flatMap((table) =>
        ['test', 'train', 'validation'].map((split) => `${table}/${split}-00000-of-00001.parquet`),
      ),
    ]);
    const rows = await rowsOf(store);
    const splitOf = new Map(rows.map(({ entry, split }) => [entry, split]));
    for (let index = 0; index < 60; index += 2) {
      expect(splitOf.get(`f${String(index)}`)).toBe(splitOf.get(`f${String(index + 1)}`));
    }
    expect(splitOf.get('f30')).toBe('train');
    const { splits } = await readSetManifest(store, 'fake@v1');
    expect(splits).toMatchObject({
      functions: { train: 42, validation: 6, test: 12 },
      clusters: 30,
      largestComponent: 18,
      functionsTooLarge: 18,
      pairsJoinedLate: 0,
    });
    const test = splits?.closest.test;
    expect(test?.compared).toBe(12);
    const similarity = (test?.shared ?? 1) / (test?.total ?? 1);
    expect(similarity).toBeGreaterThan(0);
    expect(similarity).toBeLessThan(0.5);
    const clusters = new Set(rows.map(({ cluster_id }) => cluster_id));
    expect(clusters.size).toBe(30);
    const card = Buffer.from(await store.get(`${FOLDER}README.md`)).toString();
    expect(card).toContain("{ split: test, path: 'traces/test-*.parquet' }");
    expect(card).toMatch(/\| `test` \| 12 with all others \| 0\.\d{3} /);
  });

  it('has the same bytes for every batch size, order and way of publishing', async () => {
    const stores = await Promise.all(
      [1, 100].map(async (batchSize) => {
        const store = new MemoryStore();
        // 36 batches are gathered, one is not.
        const some = records.slice(0, 36);
        const at = await prepareJob({ store, records: some, batchSize, spec: { split: SPLIT } });
        await publishJob(at, (batches) => [...batches].reverse());
        return store;
      }),
    );
    const [one, ...others] = await Promise.all(stores.map(objectsOf));
    for (const other of others) expect(other).toEqual(one);
    for (const store of stores) expect(await failedChecks(store)).toEqual([]);
  });

  it('is split by cluster alone where the spec says so', async () => {
    const store = new MemoryStore();
    await runJob({ store, records, batchSize: 20, spec: { split: { ...SPLIT, by: 'cluster' } } });
    const { splits } = await readSetManifest(store, 'fake@v1');
    expect(splits).toMatchObject({ components: 30, largestComponent: 2, functionsTooLarge: 0 });
    expect(await failedChecks(store)).toEqual([]);
  });
});

it('pairs that MinHash missed are found by the comparison of all and stand in one split', async () => {
  const store = new MemoryStore();
  const at = await prepareJob({ store, records, batchSize: 100, spec });
  // The same job under another revision, whose pass cluster found nothing.
  const blind = { ...at, revision: 2 };
  for (const pass of ['ingest', 'unique'] as const) {
    const key = (revision: number): string =>
      `jobs/${at.jobId}/ledger-pages/${String(revision)}/${pass}/${at.planDigest.slice(0, 16)}/000000.json`;
    await store.putIfAbsent(key(2), await store.get(key(1)));
  }
  const body = writeTable(NEAR, []);
  await store.putIfAbsent('content/cluster/blind.parquet', body);
  const page = {
    key: 'content/cluster/blind.parquet',
    digest: '0'.repeat(64),
    rows: 0,
    counts: {},
  };
  await writePage(store, { ...blind, pass: 'cluster', batchIndex: 0 }, page);
  const seen = await placeFunctions(at.deps, { ...at, pass: 'place', batchIndex: 0 });
  const found = await placeFunctions(at.deps, { ...blind, pass: 'place', batchIndex: 0 });
  expect(seen.counts).toEqual({
    'functions.train': 42,
    'functions.validation': 6,
    'functions.test': 12,
  });
  const { counts } = found;
  expect((counts['functions.test'] ?? 0) + (counts['functions.validation'] ?? 0)).toBeGreaterThan(
    10,
  );
  await expect(
    clusterBatch(at.deps, { ...at, pass: 'cluster', batchIndex: 0 }),
  ).resolves.toMatchObject({ how: 'reused' });
});
