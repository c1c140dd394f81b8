// The pass near: which functions are so alike that one of them is enough. Each batch reads all texts and looks at its share
// of the bands; the pass unique joins what they found. No signature is stored: making it again costs less than reading it.
import type { BatchInput, BatchResult, LedgerPage } from '../src/contract/job.ts';
import type { FunctionPayload, NearRow } from '../src/contract/sealed-rows.ts';
import { nearBatchesOf } from '../src/core/plan.ts';
import { AppError } from '../src/errors.ts';
import { contentKeyOf } from '../src/identity/digest.ts';
import { earlierFunctions } from '../src/store/earlier-functions.ts';
import type { EarlierFunctions } from '../src/store/earlier-functions.ts';
import { readPages } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { TableWriter } from '../src/store/parquet.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { openStored } from '../src/store/stored-table.ts';
import { INGEST, NEAR } from '../src/store/tables.ts';
import { BANDS } from '../src/unique/minhash.ts';
import { nearEdges } from '../src/unique/near-join.ts';
import { ownText } from '../src/unique/own-text.ts';
import type { ActivityDeps } from './deps.ts';
import { loadSpec } from './load-spec.ts';

/** Rises with every change of what this pass decides or writes. */
const PASS_VERSION = 2;
/** 256 MiB of shingles. */
const SHINGLES_MAX = 64 * 1024 * 1024;

/** The text of each function of earlier sets, then of each function row, in order; of a rejected one, nothing. */
async function* textsOf(
  store: ObjectStore,
  earlier: EarlierFunctions,
  pages: readonly LedgerPage[],
): AsyncGenerator<string> {
  for await (const { text } of earlier.all()) yield text;
  for (const page of pages) {
    const file = await openStored(store, INGEST, page.key);
    for (const row of await file.readColumns(['unit', 'payload', 'outcome'])) {
      const { unit, payload, outcome } = row;
      if (unit !== 'function') continue;
      const isNone = payload === null || outcome === 'rejected';
      yield isNone ? '' : ownText(JSON.parse(payload) as FunctionPayload);
    }
  }
}

/** Idempotent: the object is found by the digests of all ingest objects. */
export async function nearBatch(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: BatchInput,
): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  const spec = await loadSpec(store, input);
  const { unique } = spec;
  if (unique.near === null) {
    throw new AppError('spec-invalid', 'the spec looks for no near duplicates, yet a batch does');
  }
  const ingest = { pass: 'ingest', batchCount: input.planBatchCount } as const;
  const pages = await readPages(store, input, ingest);
  const bands = Array.from({ length: BANDS }, (_, band) => band).filter(
    (band) => band % nearBatchesOf(input.planBatchCount) === input.batchIndex,
  );
  const earlier = await earlierFunctions(store, input, spec);
  const levels = [unique.near.jaccard];
  const contentKey = contentKeyOf({
    pass: 'near',
    passVersion: PASS_VERSION,
    specPart: { levels, bands },
    environment: null,
    inputDigests: [...earlier.digests, ...pages.map((page) => page.digest)],
  });
  return await sealedBatch({ store, input, table: NEAR, contentKey }, async () => {
    const rows: NearRow[] = [];
    const texts = () => textsOf(store, earlier, pages);
    const options = { bands, levels, shinglesMax: SHINGLES_MAX };
    for await (const edge of nearEdges(texts, options)) rows.push(edge);
    const writer = new TableWriter(NEAR);
    writer.append(rows);
    return { writer, counts: { pairs: rows.length } };
  });
}
