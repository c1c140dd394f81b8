// The form of every batch: find the sealed object by its content key or make it, then write the ledger page.
import type { BatchCounts, BatchInput, BatchResult } from '../contract/job.ts';
import type { ContentKey, Digest } from '../contract/ids.ts';
import { contentObjectKey, jobObjectKey } from '../core/keys.ts';
import { AppError } from '../errors.ts';
import { sha256 } from '../identity/digest.ts';
import { findPage, writePage } from './ledger-pages.ts';
import type { ObjectStore } from './object-store.ts';
import { TableWriter } from './parquet.ts';
import type { Metadata } from './parquet.ts';
import { sealObject } from './seal.ts';
import { openStored } from './stored-table.ts';
import type { Table } from './tables.ts';

/** In the object's own metadata, so that a job that finds the object knows its counts without reading its rows. */
const COUNTS_KEY = 'tracemill.counts';

export interface MadeRows<Row> {
  readonly rows: readonly Row[];
  readonly counts: BatchCounts;
  readonly metadata?: Metadata;
}

export interface WrittenTable<Row extends object> {
  readonly writer: TableWriter<Row>;
  readonly counts: BatchCounts;
  readonly metadata?: Metadata;
}

interface SealAddress<Row> {
  readonly store: ObjectStore;
  readonly input: BatchInput;
  readonly table: Table<Row>;
  readonly contentKey: ContentKey;
}

/**
 * Answers from the ledger page or the sealed object where one of them is there; else seals what `make` returns. Null of
 * `make` hands the batch back: its worker drains, and what was done lies in parts. Throws AppError `shard-conflict` where another attempt sealed other bytes under the same content key.
 */
export async function sealedBatch<Row extends object>(
  at: SealAddress<Row>,
  make: () => Promise<MadeRows<Row> | WrittenTable<Row> | null>,
): Promise<BatchResult> {
  const { store, input, table } = at;
  const { batchIndex } = input;
  const done = await doneBatch(store, input);
  if (done !== null) return done;
  const key = contentObjectKey(input.pass, at.contentKey);
  const head = await store.head(key);
  if (head !== null) {
    const file = await openStored(store, table, key);
    const counts = countsOf(file.metadata[COUNTS_KEY], key);
    const digest = head.digest ?? sha256(await store.get(key));
    await writePage(store, input, { key, digest, rows: file.rows, counts });
    return { v: 1, batchIndex, how: 'reused', counts };
  }
  const made = await make();
  if (made === null) return { v: 1, batchIndex, how: 'yielded', counts: {} };
  const writer = 'writer' in made ? made.writer : new TableWriter(table);
  if ('rows' in made) writer.append(made.rows);
  const counts = made.counts;
  const body = writer.finish({ ...made.metadata, [COUNTS_KEY]: JSON.stringify(counts) });
  const madeKey = sealedKey(at, counts);
  await sealObject(store, madeKey, body);
  const digest: Digest = sha256(body);
  await writePage(store, input, { key: madeKey, digest, rows: writer.rows, counts });
  return { v: 1, batchIndex, how: 'sealed', counts };
}

/** What a batch answers whose page is there; null where it has to be made, or found by its content. */
export async function doneBatch(
  store: ObjectStore,
  input: BatchInput,
): Promise<BatchResult | null> {
  const page = await findPage(store, input, input);
  if (page === null) return null;
  return { v: 1, batchIndex: input.batchIndex, how: 'reused', counts: page.counts };
}

/** Where an object with these counts is sealed. */
export function sealedKey(
  { input, contentKey }: Pick<SealAddress<never>, 'input' | 'contentKey'>,
  counts: BatchCounts,
): string {
  const { jobId, pass } = input;
  return isShareable(counts)
    ? contentObjectKey(pass, contentKey)
    : jobObjectKey(jobId, pass, contentKey);
}

/** A fault is no property of the content: another job, on a machine without it, must run the batch itself. */
function isShareable(counts: BatchCounts): boolean {
  return (counts['invocationsFaulted'] ?? 0) === 0;
}

function countsOf(text: string | undefined, key: string): BatchCounts {
  const counts: unknown = text === undefined ? null : JSON.parse(text);
  if (typeof counts === 'object' && counts !== null) return counts as BatchCounts;
  throw new AppError('object-damaged', `object ${JSON.stringify(key)} does not name its counts`, {
    context: { key },
  });
}
