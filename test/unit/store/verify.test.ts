import { beforeAll, describe, expect, it } from 'vitest';
import { readSetManifest } from '../../../src/store/manifest.ts';
import { PublishedFile } from '../../../src/store/published-table.ts';
import { jsonBytes } from '../../../src/store/seal.ts';
import { readTable } from '../../../src/store/table-file.ts';
import { LEDGER, TRACES } from '../../../src/store/tables.ts';
import type { Table } from '../../../src/store/tables.ts';
import { verifySet } from '../../../src/store/verify.ts';
import type { VerifyCheck } from '../../../src/contract/verification.ts';
import { RECORDS } from '../../support/fake-corpus.ts';
import { runJob } from '../../support/fake-job.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const FOLDER = 'sets/fake/v1/';
const TRACES_FILE = 'traces/train-00000-of-00001.parquet';
const LEDGER_FILE = 'ledger/train-00000-of-00001.parquet';

let whole: MemoryStore;

beforeAll(async () => {
  whole = new MemoryStore();
  await runJob({ store: whole, records: RECORDS, batchSize: 3 });
});

async function failures(store: MemoryStore): Promise<VerifyCheck[]> {
  return (await verifySet(store, 'fake@v1')).checks.filter((check) => !check.holds);
}

/** A forger's work: rows of one file changed, and its entry in the manifest made to fit. */
async function forged<Row extends object>(
  table: Table<Row>,
  file: string,
  change: (rows: Row[]) => Row[],
): Promise<MemoryStore> {
  const store = whole.copy();
  const rows = change(await readTable(table, await store.get(`${FOLDER}${file}`)));
  const made = new PublishedFile(table);
  for (const row of rows) made.add(row);
  const { body, ...facts } = made.finish();
  const manifest = await readSetManifest(store, 'fake@v1');
  const objects = manifest.objects.map((entry) =>
    entry.key === file
      ? {
          ...entry,
          ...facts,
        }
      : entry,
  );
  await store.delete(`${FOLDER}${file}`);
  await store.putIfAbsent(`${FOLDER}${file}`, body);
  await store.delete(`${FOLDER}manifest.json`);
  await store.putIfAbsent(`${FOLDER}manifest.json`, jsonBytes({ ...manifest, objects }));
  return store;
}

it('refuses a set of another format version with what to do', async () => {
  const store = whole.copy();
  const manifest = await readSetManifest(store, 'fake@v1');
  await store.delete(`${FOLDER}manifest.json`);
  await store.putIfAbsent(`${FOLDER}manifest.json`, jsonBytes({ ...manifest, v: 1 }));
  await expect(verifySet(store, 'fake@v1')).rejects.toThrow(
    /set "fake@v1" has format version 1, and this program reads version 2; launch its job again/,
  );
});

describe('verifying a set', () => {
  it('names the object in which any one byte was flipped', async () => {
    const { objects } = await readSetManifest(whole, 'fake@v1');
    for (const { key, bytes } of objects) {
      for (const at of [0, Math.floor(bytes / 2), bytes - 1]) {
        const store = whole.copy();
        store.overwrite(`${FOLDER}${key}`, (body) => {
          body[at] = (body[at] ?? 0) ^ 1;
          return body;
        });
        const found = await failures(store);
        expect(found.map((check) => check.object)).toEqual([`${FOLDER}${key}`]);
        expect(found[0]?.detail).toMatch(/damaged/);
      }
    }
  });

  it('names an object that is missing, and one that nobody published', async () => {
    const store = whole.copy();
    await store.delete(`${FOLDER}README.md`);
    await store.putIfAbsent(`${FOLDER}traces/train-00001-of-00001.parquet`, new Uint8Array([1]));
    expect((await failures(store)).map(({ object, detail }) => [object, detail])).toEqual([
      [`${FOLDER}README.md`, 'is missing'],
      [
        `${FOLDER}traces/train-00001-of-00001.parquet`,
        'lies in the set and is not in its manifest',
      ],
    ]);
  });

  it('finds a row whose columns no longer fit its digests', async () => {
    const store = await forged(TRACES, TRACES_FILE, ([first, ...rest]) =>
      first === undefined ? rest : [{ ...first, return_value: '7' }, ...rest],
    );
    expect(await failures(store)).toMatchObject([
      {
        object: `${FOLDER}${TRACES_FILE}`,
        detail: 'row 0: row_digest is not the digest of the row',
      },
    ]);
  });

  it('finds a published row that is gone from its file', async () => {
    const store = await forged(TRACES, TRACES_FILE, (rows) => rows.slice(1));
    const found = await failures(store);
    expect(found.map((check) => check.name)).toContain('ledger and rows agree');
    expect(found.map((check) => check.name)).toContain('rows published = accepted + rejected');
  });

  it('finds a ledger that lost an input', async () => {
    const store = await forged(LEDGER, LEDGER_FILE, (rows) => {
      const at = rows.findIndex((row) => row.unit === 'input');
      return rows.filter((_, index) => index !== at);
    });
    const found = await failures(store);
    expect(found.map((check) => check.name)).toContain('counts');
    expect(found.map((check) => check.name)).toContain('inputs found = kept + dropped');
  });

  it('finds a duplicate whose keeper is not there', async () => {
    const store = await forged(LEDGER, LEDGER_FILE, (rows) =>
      rows.map((row) =>
        row.verdict === 'duplicate' ? { ...row, keeper_id: 'f'.repeat(64) } : row,
      ),
    );
    expect((await failures(store)).map((check) => check.detail)).toEqual([
      expect.stringMatching(/names a keeper that is not an accepted trace/),
    ]);
  });

  it('says so where the set is not published', async () => {
    await expect(verifySet(whole, 'fake@v2')).rejects.toMatchObject({ code: 'object-missing' });
  });
});
