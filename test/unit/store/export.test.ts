// A set taken elsewhere: the same bytes or the same rows, nothing replaced, and nothing half there.
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { sha256 } from '../../../src/identity/digest.ts';
import { bucketTarget, folderTarget } from '../../../src/main/export-targets.ts';
import { exportSet } from '../../../src/store/export-set.ts';
import { readSetManifest } from '../../../src/store/manifest.ts';
import { readTable } from '../../../src/store/table-file.ts';
import { TEXT, TRACES } from '../../../src/store/tables.ts';
import { RECORDS } from '../../support/fake-corpus.ts';
import { runJob } from '../../support/fake-job.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const store = new MemoryStore();
const SET = 'fake@v1';
const TRACES_FILE = 'traces/train-00000-of-00001';
const TEXT_FILE = 'text/train-00000-of-00001';
let folder: string;

beforeAll(async () => {
  const render = [{ format: 'cwm', context: 8192 }] as const;
  await runJob({ store, records: RECORDS, batchSize: 3, spec: { render } });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-export-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function filesIn(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

it('has every object of the set byte for byte, and the sums of all', async () => {
  const files = await exportSet(store, { set: SET, format: 'parquet' }, folderTarget(folder));
  const { objects } = await readSetManifest(store, SET);
  expect(await filesIn()).toEqual(
    [...objects.map(({ key }) => key), 'manifest.json', 'SHA256SUMS'].sort(),
  );
  for (const { key, digest } of objects) {
    expect(sha256(await readFile(join(folder, key)))).toBe(digest);
  }
  const sums = await readFile(join(folder, 'SHA256SUMS'), 'utf8');
  expect(sums.trimEnd().split('\n')).toEqual(
    files.slice(0, -1).map(({ name, digest }) => `${digest}  ${name}`),
  );
});

it('as lines has every row with every column', async () => {
  await exportSet(store, { set: SET, format: 'jsonl' }, folderTarget(folder));
  const rows = await readTable(TRACES, await store.get(`sets/fake/v1/${TRACES_FILE}.parquet`));
  const text = await readFile(join(folder, `${TRACES_FILE}.jsonl`), 'utf8');
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual(rows);
  expect(await filesIn()).not.toContain('croissant.json');
  const texts = await readTable(TEXT, await store.get(`sets/fake/v1/${TEXT_FILE}.parquet`));
  expect(texts.length).toBeGreaterThan(0);
  const written = await readFile(join(folder, `${TEXT_FILE}.jsonl`), 'utf8');
  expect(written).toBe(texts.map((row) => `${JSON.stringify(row)}\n`).join(''));
});

it('again finds what is there, and refuses a file with other bytes', async () => {
  for (const format of ['parquet', 'jsonl'] as const) {
    const target = folderTarget(folder);
    const first = await exportSet(store, { set: SET, format }, target).catch(
      (error: unknown) => error,
    );
    // The second format's sums are others: they are refused, and what came before stays.
    if (format === 'jsonl') {
      expect(first).toMatchObject({ code: 'export-conflict' });
      continue;
    }
    const again = await exportSet(store, { set: SET, format }, target);
    expect(again.every(({ how }) => how === 'there')).toBe(true);
  }
  await writeFile(join(folder, `${TRACES_FILE}.jsonl`), 'mine');
  await expect(
    exportSet(store, { set: SET, format: 'jsonl' }, folderTarget(folder)),
  ).rejects.toMatchObject({ code: 'export-conflict' });
  expect(await readFile(join(folder, `${TRACES_FILE}.jsonl`), 'utf8')).toBe('mine');
  expect((await filesIn()).filter((name) => name.endsWith('.part'))).toEqual([]);
});

it('into a bucket is the same, and damage is found on the way', async () => {
  const other = new MemoryStore();
  const files = await exportSet(store, { set: SET, format: 'jsonl' }, bucketTarget(other, 'a/b/'));
  for (const { name, digest, bytes } of files) {
    const body = await other.get(`a/b/${name}`);
    expect([createHash('sha256').update(body).digest('hex'), body.length]).toEqual([digest, bytes]);
  }
  const again = await exportSet(store, { set: SET, format: 'jsonl' }, bucketTarget(other, 'a/b/'));
  expect(again.map(({ how }) => how)).toEqual(files.map(() => 'there'));
  const damaged = store.copy();
  damaged.overwrite(`sets/fake/v1/${TRACES_FILE}.parquet`, (body) => {
    body[9] = (body[9] ?? 0) ^ 1;
    return body;
  });
  await expect(
    exportSet(damaged, { set: SET, format: 'parquet' }, folderTarget(folder)),
  ).rejects.toMatchObject({ code: 'object-damaged' });
  expect(await filesIn()).not.toContain(`${TRACES_FILE}.parquet`);
});

it('a folder that cannot be written is the user’s mistake', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(
    exportSet(store, { set: SET, format: 'parquet' }, folderTarget(join(folder, 'file'))),
  ).rejects.toMatchObject({ code: 'usage' });
});
