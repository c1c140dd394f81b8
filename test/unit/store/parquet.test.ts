import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { IngestRow } from '../../../src/contract/sealed-rows.ts';
import { TableWriter, writeTable } from '../../../src/store/parquet.ts';
import { openStored } from '../../../src/store/stored-table.ts';
import { openTableBytes, readTable } from '../../../src/store/table-file.ts';
import { INGEST, REFINED, SEALED_TRACES, UNIQUE } from '../../../src/store/tables.ts';
import type { Table } from '../../../src/store/tables.ts';
import { zstdCompress, zstdDecompress } from '../../../src/store/zstd.ts';
import { MemoryStore } from '../../support/memory-store.ts';

function rowsOf(count: number): IngestRow[] {
  return Array.from({ length: count }, (_, index) => ({
    unit: 'record',
    record_index: index,
    position: 0,
    id: `a.jsonl:${String(index)}`,
    parent_id: index % 3 === 0 ? null : 'ä'.repeat(index % 7),
    ast_digest: null,
    outcome: 'parsed',
    reasons: index % 5 === 0 ? ['opaque', 'threads'] : [],
    origin: null,
    payload: index % 2 === 0 ? null : `${String(index)} \u{1F600}\0`,
  }));
}

/** Texts that do not compress: some 13 MiB in three row groups. */
function largeRows(): IngestRow[] {
  return rowsOf(3_000).map((row, index) => ({
    ...row,
    payload: createHash('shake256', { outputLength: 4_500 }).update(String(index)).digest('base64'),
  }));
}

describe('a table as Parquet', () => {
  it('gives back its rows, whole, by range, by column and by group', async () => {
    const rows = rowsOf(2_500);
    const bytes = writeTable(INGEST, rows, { note: 'kept' });
    expect(await readTable(INGEST, bytes)).toEqual(rows);
    const file = await openTableBytes(INGEST, bytes);
    expect(file.rows).toBe(2_500);
    expect(file.metadata).toEqual({ 'tracemill.table': 'ingest', note: 'kept' });
    expect(await file.read({ from: 990, to: 1_010 })).toEqual(rows.slice(990, 1_010));
    expect(await file.read({ from: 2_400, to: 9_999 })).toEqual(rows.slice(2_400));
    expect(await file.readColumns(['id', 'reasons'], { from: 5, to: 6 })).toEqual([
      { id: 'a.jsonl:5', reasons: ['opaque', 'threads'] },
    ]);
    const groups: number[] = [];
    for await (const group of file.chunks()) groups.push(group.length);
    expect(groups).toEqual([1_000, 1_000, 500]);
    const places: string[] = [];
    for await (const { from, rows: some } of file.columnChunks(['id'])) {
      places.push(`${String(from)} ${String(some.length)} ${JSON.stringify(some[0])}`);
    }
    expect(places).toEqual(
      [0, 1_000, 2_000].map((from, at) => {
        const count = String([1_000, 1_000, 500][at]);
        return `${String(from)} ${count} ${JSON.stringify({ id: `a.jsonl:${String(from)}` })}`;
      }),
    );
  });

  it('tells a list that is null from one that is empty', async () => {
    const table = {
      ...INGEST,
      columns: { ...INGEST.columns, reasons: 'strings?' },
      order: null,
    } as unknown as Table<{ reasons: string[] | null }>;
    const [row] = rowsOf(1);
    const rows = [null, [], ['a'], [''], null].map((reasons) => ({ ...row, reasons }));
    expect(await readTable(table, writeTable(table, rows))).toEqual(rows);
  });

  it('has the same bytes each time', () => {
    expect(writeTable(INGEST, rowsOf(1_500))).toEqual(writeTable(INGEST, rowsOf(1_500)));
  });

  it.each([INGEST, UNIQUE, SEALED_TRACES, REFINED])('may be empty ($name)', async (table) => {
    const bytes = writeTable<never>({ ...table, order: null } as never, []);
    expect(await readTable<unknown>(table as never, bytes)).toEqual([]);
  });

  it('keeps a byte order mark and replaces what UTF-8 cannot express', async () => {
    const [first, second] = rowsOf(2);
    const rows = [
      { ...first, payload: '\uFEFFx' },
      { ...second, payload: 'a\uD800b' },
    ] as IngestRow[];
    const read = await readTable(INGEST, writeTable(INGEST, rows));
    expect(read.map((row) => row.payload)).toEqual(['\uFEFFx', 'a\uFFFDb']);
  });

  it('cuts row groups by bytes of text as well as by rows', async () => {
    const text = 'x'.repeat(20 * 1024 * 1024);
    const rows = rowsOf(8).map((row) => ({ ...row, payload: text }));
    const file = await openTableBytes(INGEST, writeTable(INGEST, rows));
    const groups: number[] = [];
    for await (const group of file.chunks()) groups.push(group.length);
    expect(groups).toEqual([3, 3, 2]);
  });

  it('is read by range where it is too large to be read whole, and each range is checked', async () => {
    const store = new MemoryStore();
    const rows = largeRows();
    const bytes = writeTable(INGEST, rows);
    expect(bytes.length).toBeGreaterThan(8 * 1024 * 1024);
    await store.putIfAbsent('t', bytes);
    const open = (from: MemoryStore) => openStored(from, { ...INGEST, wholeBytesMax: 0 }, 't');
    const file = await open(store);
    expect(await file.read({ from: 2_100, to: 2_102 })).toEqual(rows.slice(2_100, 2_102));
    expect(store.bytesRead).toBeLessThan(bytes.length);
    expect(await file.readColumns(['id'])).toEqual(rows.map(({ id }) => ({ id })));
    const damaged = store.copy();
    const middle = Math.floor(bytes.length / 2);
    damaged.overwrite('t', (body) => body.with(middle, (body[middle] ?? 0) ^ 1));
    const opened = await open(damaged);
    await expect(opened.read()).rejects.toMatchObject({ code: 'object-damaged' });
    damaged.overwrite('t', (body) => body.with(-100, (body.at(-100) ?? 0) ^ 1));
    await expect(open(damaged)).rejects.toMatchObject({ code: 'object-damaged' });
  });

  it('is read whole where its metadata has no digests of its blocks', async () => {
    const store = new MemoryStore();
    const rows = rowsOf(2_500);
    await store.putIfAbsent('t', writeTable(INGEST, rows));
    const file = await openStored(store, { ...INGEST, wholeBytesMax: 0 }, 't');
    expect(await file.read({ from: 1_500, to: 1_600 })).toEqual(rows.slice(1_500, 1_600));
  });

  it('is written in pieces with the rows of all of them', async () => {
    const writer = new TableWriter(INGEST);
    const rows = rowsOf(30);
    writer.append(rows.slice(0, 10));
    writer.append([]);
    writer.append(rows.slice(10));
    expect(writer.rows).toBe(30);
    expect(await readTable(INGEST, writer.finish())).toEqual(rows);
  });

  it('refuses rows that are out of order', () => {
    const row = {
      id: 'r',
      function_id: 'b',
      input_id: 'i',
      input_index: 0,
      outcome: 'returned',
      fault_code: null,
      verdict: 'accepted',
      reasons: [],
      keeper_id: null,
    } as const;
    expect(() => writeTable(REFINED, [row, { ...row, function_id: 'a' }])).toThrow(/in order/);
  });
});

describe('a damaged table', () => {
  it('is a fault before it is decoded, whichever byte is wrong', async () => {
    const store = new MemoryStore();
    const bytes = writeTable(INGEST, rowsOf(40));
    await store.putIfAbsent('t', bytes);
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = store.copy();
      damaged.overwrite('t', (body) => body.with(at, (body[at] ?? 0) ^ 0x10));
      await expect(openStored(damaged, INGEST, 't')).rejects.toMatchObject({
        code: 'object-damaged',
      });
    }
  });

  it('is a fault where it broke off', async () => {
    const bytes = writeTable(INGEST, rowsOf(40));
    for (const length of [0, 3, 12, bytes.length - 1]) {
      await expect(readTable(INGEST, bytes.slice(0, length))).rejects.toMatchObject({
        code: 'object-damaged',
      });
    }
  });

  it('is a fault where it is another table', async () => {
    await expect(readTable(UNIQUE, writeTable(INGEST, rowsOf(1)))).rejects.toMatchObject({
      code: 'object-damaged',
    });
  });
});

describe('zstd', () => {
  it.each([0, 1, 255, 256, 65_791, 65_792, 300_000])('gives back %i bytes', (length) => {
    const bytes = new Uint8Array(length).map((_, index) => (index * index) >> 3);
    const back = zstdDecompress(zstdCompress(bytes), length);
    expect(Buffer.compare(back, bytes)).toBe(0);
  });

  it('refuses a frame of another length and what is no frame', () => {
    const frame = zstdCompress(new Uint8Array(100));
    expect(() => zstdDecompress(frame, 99)).toThrow(/another length/);
    expect(() => zstdDecompress(new Uint8Array(20), 20)).toThrow(/another length/);
    expect(() => zstdDecompress(frame.subarray(0, 7), 100)).toThrow();
  });
});
