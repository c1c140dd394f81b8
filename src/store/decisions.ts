// The decisions object of the pass unique: rows in the order of the ingest batches, and where each batch begins.
import type { StepInput } from '../contract/job.ts';
import type { UniqueRow } from '../contract/sealed-rows.ts';
import { AppError } from '../errors.ts';
import { readPage } from './ledger-pages.ts';
import type { ObjectStore } from './object-store.ts';
import type { Metadata } from './parquet.ts';
import { openStored } from './stored-table.ts';
import type { TableFile } from './table-file.ts';
import { UNIQUE } from './tables.ts';

const STARTS_KEY = 'tracemill.batch-starts';

/** `starts[i]` is the first row of ingest batch i. */
export function startsMetadata(starts: readonly number[]): Metadata {
  return { [STARTS_KEY]: JSON.stringify(starts) };
}

export interface Decisions {
  readonly file: TableFile<UniqueRow>;
  readonly starts: readonly number[];
}

/** Throws AppError `object-missing` where the pass unique has not ended. */
export async function openDecisions(store: ObjectStore, at: StepInput): Promise<Decisions> {
  const page = await readPage(store, at, { pass: 'unique', batchIndex: 0 });
  const file = await openStored(store, UNIQUE, page.key);
  const starts: unknown = JSON.parse(file.metadata[STARTS_KEY] ?? 'null');
  if (!Array.isArray(starts) || !starts.every((start) => Number.isSafeInteger(start))) {
    throw new AppError(
      'object-damaged',
      `object ${JSON.stringify(page.key)} does not say where its batches begin`,
      { context: { key: page.key } },
    );
  }
  return { file, starts: starts as number[] };
}

/** The decisions on the functions and inputs of one ingest batch. */
export async function decisionsOfBatch(
  { file, starts }: Decisions,
  batchIndex: number,
): Promise<UniqueRow[]> {
  return await file.read({
    from: starts[batchIndex] ?? file.rows,
    to: starts[batchIndex + 1] ?? file.rows,
  });
}
