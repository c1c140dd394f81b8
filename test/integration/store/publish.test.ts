// The data side of a job on a real S3 server: the same bytes as in memory, and damage on its disk is found and named.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureDataServices } from '../../../infra/dev/services.ts';
import { findRow, whyChain } from '../../../src/store/lookup.ts';
import { S3Store } from '../../../src/store/s3.ts';
import { verifySet } from '../../../src/store/verify.ts';
import { RECORDS } from '../../support/fake-corpus.ts';
import { runJob } from '../../support/fake-job.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { testConfig, testLog } from '../../support/services.ts';

const BUCKET = `publish-${randomUUID()}`;
const FILES = [
  'README.md',
  'croissant.json',
  'examples.jsonl',
  'ledger/train-00000-of-00001.parquet',
  'rejected/train-00000-of-00001.parquet',
  'traces/train-00000-of-00001.parquet',
].map((file) => `sets/fake/v1/${file}`);

let store: S3Store;
let folder: string;

beforeAll(async () => {
  const { s3 } = await ensureDataServices(testConfig(), testLog());
  store = new S3Store({ ...s3, bucket: BUCKET });
  folder = join(s3.folder ?? '', BUCKET);
  await store.ensureBucket();
  await runJob({ store, records: RECORDS, batchSize: 3 });
});

afterAll(() => {
  store[Symbol.dispose]();
});

describe('a set on an S3 server', () => {
  it('has the bytes that it has anywhere', async () => {
    const memory = new MemoryStore();
    await runJob({ store: memory, records: RECORDS, batchSize: 2 });
    for (const key of FILES) {
      expect(Buffer.compare(await store.get(key), await memory.get(key))).toBe(0);
    }
  });

  it('is verified, and its rows and ledger are found', async () => {
    const { checks } = await verifySet(store, 'fake@v1');
    expect(checks.filter((check) => !check.holds)).toEqual([]);
    const { links } = await whyChain(store, 'fake@v1', 'fake.jsonl::odd#2');
    expect(links.map((link) => link.unit)).toEqual(['record', 'function', 'input', 'invocation']);
    expect((await findRow(store, 'fake@v1', 'fake.jsonl::odd#2')).row.call).toBe('odd(5)');
  });

  it.each(FILES)('fails verification where one byte of %s was flipped on the disk', async (key) => {
    const path = join(folder, key);
    const whole = await readFile(path);
    const damaged = Buffer.from(whole);
    const at = Math.floor(damaged.length / 2);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    await writeFile(path, damaged);
    const { checks } = await verifySet(store, 'fake@v1');
    expect(checks.filter((check) => !check.holds).map((check) => check.object)).toEqual([key]);
    await writeFile(path, whole);
  });
});
