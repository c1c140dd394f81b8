// Parts, ledger pages and sealed batches: what attempts of one batch find of each other.
import { describe, expect, it } from 'vitest';
import type { ContentKey } from '../../../src/contract/ids.ts';
import type { BatchInput } from '../../../src/contract/job.ts';
import type { RefineRow } from '../../../src/contract/sealed-rows.ts';
import { contentObjectKey } from '../../../src/core/keys.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { readPage, readPages, writePage } from '../../../src/store/ledger-pages.ts';
import { listParts, readPart, writePart } from '../../../src/store/parts.ts';
import { sealedBatch } from '../../../src/store/sealed-batch.ts';
import { REFINED } from '../../../src/store/tables.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const contentKey = sha256('content') as string as ContentKey;

const input = (batchIndex = 0, jobId = 'job'): BatchInput => ({
  v: 1,
  jobId,
  revision: 1,
  bucket: 'memory',
  specKey: 'spec',
  batchSize: 10,
  environment: 'e',
  planDigest: sha256('plan'),
  planBatchCount: 3,
  pass: 'refine',
  batchIndex,
});

const row = (functionId: string): RefineRow => ({
  id: `row of ${functionId}`,
  function_id: functionId,
  input_id: 'i',
  input_index: 0,
  outcome: 'returned',
  fault_code: null,
  verdict: 'accepted',
  reasons: [],
  keeper_id: null,
});

describe('parts', () => {
  const at = { jobId: 'job', pass: 'trace', contentKey } as const;

  it('are listed by where they begin, with gaps, and hold their rows in the order given', async () => {
    const to = { store: new MemoryStore(), table: REFINED, at };
    for (const [start, end] of [
      [7, 9],
      [0, 2],
      [2, 5],
    ] as const) {
      await writePart(to, { start, end, rows: [row('b'), row('a')] });
    }
    expect(await listParts(to)).toEqual([0, 2, 7]);
    expect(await readPart<RefineRow>(to, 2)).toEqual({
      start: 2,
      end: 5,
      rows: [row('b'), row('a')],
    });
  });

  it('are the first that was written, whatever a later attempt made', async () => {
    const to = { store: new MemoryStore(), table: REFINED, at };
    const first = { start: 0, end: 3, rows: [row('a')] };
    expect(await writePart(to, first)).toEqual(first);
    expect(await writePart(to, { start: 0, end: 1, rows: [] })).toEqual(first);
    expect(await readPart<RefineRow>(to, 0)).toEqual(first);
  });

  it('of another content are not seen', async () => {
    const store = new MemoryStore();
    await writePart({ store, table: REFINED, at }, { start: 0, end: 1, rows: [] });
    const other = { store, table: REFINED, at: { ...at, contentKey: sha256('other') } };
    expect(await listParts(other)).toEqual([]);
  });
});

describe('ledger pages', () => {
  it('are read in batch order, and missing ones are named', async () => {
    const store = new MemoryStore();
    for (const batchIndex of [2, 0, 1]) {
      const digest = sha256(String(batchIndex));
      await writePage(store, input(batchIndex), { key: 'k', digest, rows: 1, counts: {} });
    }
    const pages = await readPages(store, input(), { pass: 'refine', batchCount: 3 });
    expect(pages.map((page) => page.batchIndex)).toEqual([0, 1, 2]);
    await expect(readPage(store, input(), { pass: 'refine', batchIndex: 3 })).rejects.toMatchObject(
      { code: 'object-missing' },
    );
  });

  it('refuse a second attempt that sealed something else', async () => {
    const store = new MemoryStore();
    const sealed = { key: 'k', digest: sha256('one'), rows: 1, counts: {} };
    await writePage(store, input(), sealed);
    await writePage(store, input(), sealed);
    await expect(
      writePage(store, input(), { ...sealed, digest: sha256('two') }),
    ).rejects.toMatchObject({ code: 'shard-conflict' });
  });
});

describe('a batch', () => {
  const made = { rows: [row('a'), row('b')], counts: { accepted: 2 } };

  it('is sealed once, and found by its page, and by its content in another job', async () => {
    const store = new MemoryStore();
    const at = { store, table: REFINED, contentKey };
    let runs = 0;
    const make = (): Promise<typeof made> => {
      runs += 1;
      return Promise.resolve(made);
    };
    const hows = [];
    for (const each of [input(), input(), input(0, 'another job')]) {
      const result = await sealedBatch({ ...at, input: each }, make);
      expect(result.counts).toEqual({ accepted: 2 });
      hows.push(result.how);
    }
    expect({ hows, runs }).toEqual({ hows: ['sealed', 'reused', 'reused'], runs: 1 });
  });

  it('that a fault left incomplete is found again by its own job only', async () => {
    const store = new MemoryStore();
    const at = { store, table: REFINED, contentKey };
    const faulted = { ...made, counts: { accepted: 1, invocationsFaulted: 1 } };
    const first = await sealedBatch({ ...at, input: input() }, () => Promise.resolve(faulted));
    const again = await sealedBatch({ ...at, input: input() }, () => Promise.resolve(made));
    const other = await sealedBatch({ ...at, input: input(0, 'another job') }, () =>
      Promise.resolve(made),
    );
    expect([first.how, again.how, other.how]).toEqual(['sealed', 'reused', 'sealed']);
    expect(other.counts).toEqual(made.counts);
  });

  it('leaves nothing where it yields', async () => {
    const store = new MemoryStore();
    const at = { store, table: REFINED, contentKey, input: input() };
    const result = await sealedBatch(at, () => Promise.resolve(null));
    expect(result.how).toBe('yielded');
    expect(await store.head(contentObjectKey('refine', contentKey))).toBeNull();
  });

  it('is a conflict where two attempts at once made different rows', async () => {
    const store = new MemoryStore();
    const at = { store, table: REFINED, contentKey, input: input() };
    await expect(
      sealedBatch(at, async () => {
        await sealedBatch({ ...at, input: input(1) }, () => Promise.resolve(made));
        return { rows: [row('c')], counts: {} };
      }),
    ).rejects.toMatchObject({ code: 'shard-conflict' });
  });
});
