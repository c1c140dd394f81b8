// Ledger pages: what each batch of a pass sealed. The next pass reads them by name, so that no list crosses the history.
import type { BatchInput, LedgerPage, PassName, StepInput } from '../contract/job.ts';
import { ledgerPageKey } from '../core/keys.ts';
import { AppError } from '../errors.ts';
import type { ObjectStore } from './object-store.ts';
import { jsonBytes, readJsonIfThere } from './seal.ts';

/** Pages that are read at once: small objects, so the number bounds connections, not memory. */
const PAGES_AT_ONCE = 16;

type PageAddress = Pick<StepInput, 'jobId' | 'revision' | 'planDigest'>;

const keyOf = (at: PageAddress, pass: PassName, batchIndex: number): string =>
  ledgerPageKey({
    jobId: at.jobId,
    revision: at.revision,
    pass,
    planDigest: at.planDigest,
    batchIndex,
  });

function isPage(value: unknown, pass: PassName, batchIndex: number): value is LedgerPage {
  if (typeof value !== 'object' || value === null) return false;
  const page = value as Partial<LedgerPage>;
  return (
    page.v === 1 &&
    page.pass === pass &&
    page.batchIndex === batchIndex &&
    typeof page.key === 'string' &&
    typeof page.digest === 'string' &&
    typeof page.rows === 'number' &&
    typeof page.counts === 'object'
  );
}

/** Null where the batch has not ended. Throws AppError `object-damaged`. */
export async function findPage(
  store: ObjectStore,
  at: PageAddress,
  batch: { readonly pass: PassName; readonly batchIndex: number },
): Promise<LedgerPage | null> {
  const key = keyOf(at, batch.pass, batch.batchIndex);
  const value = await readJsonIfThere(store, key);
  if (value === null) return null;
  if (!isPage(value, batch.pass, batch.batchIndex)) {
    throw new AppError('object-damaged', `object ${JSON.stringify(key)} is not a ledger page`, {
      context: { key },
    });
  }
  return value;
}

/** Throws AppError `object-missing` where the batch has not ended. */
export async function readPage(
  store: ObjectStore,
  at: PageAddress,
  batch: { readonly pass: PassName; readonly batchIndex: number },
): Promise<LedgerPage> {
  const page = await findPage(store, at, batch);
  if (page !== null) return page;
  const key = keyOf(at, batch.pass, batch.batchIndex);
  throw new AppError('object-missing', `ledger page ${JSON.stringify(key)} is not there`, {
    context: { key },
  });
}

/** Pages of a pass in batch order: of so many batches from the first one, or from the one named. */
export async function readPages(
  store: ObjectStore,
  at: PageAddress,
  of: { readonly pass: PassName; readonly batchCount: number; readonly first?: number },
): Promise<LedgerPage[]> {
  const { pass, batchCount, first = 0 } = of;
  const pages: LedgerPage[] = [];
  for (let start = 0; start < batchCount; start += PAGES_AT_ONCE) {
    const length = Math.min(PAGES_AT_ONCE, batchCount - start);
    const some = Array.from({ length }, (_, offset) =>
      readPage(store, at, { pass, batchIndex: first + start + offset }),
    );
    pages.push(...(await Promise.all(some)));
  }
  return pages;
}

/** Throws AppError `shard-conflict` where another attempt of the batch sealed something else. */
export async function writePage(
  store: ObjectStore,
  at: BatchInput,
  sealed: Pick<LedgerPage, 'key' | 'digest' | 'rows' | 'counts' | 'files' | 'card'>,
): Promise<LedgerPage> {
  const { pass, batchIndex } = at;
  const page: LedgerPage = {
    v: 1,
    pass,
    batchIndex,
    key: sealed.key,
    digest: sealed.digest,
    rows: sealed.rows,
    counts: sealed.counts,
    ...(sealed.files === undefined ? {} : { files: sealed.files }),
    ...(sealed.card === undefined ? {} : { card: sealed.card }),
  };
  const key = keyOf(at, pass, batchIndex);
  const put = await store.putIfAbsent(key, jsonBytes(page), { contentType: 'application/json' });
  if (put.kind === 'created') return page;
  const there = await readPage(store, at, { pass, batchIndex });
  if (there.key !== page.key || there.digest !== page.digest || there.rows !== page.rows) {
    throw new AppError(
      'shard-conflict',
      `ledger page ${JSON.stringify(key)} names another object`,
      {
        context: { key, found: there.digest, made: page.digest },
      },
    );
  }
  return there;
}
