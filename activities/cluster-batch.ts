// The pass cluster: which kept functions are similar enough to stand in one split. As in the pass near, each batch reads all
// texts and looks at its share of the bands; the pass place joins what they found.
import type { BatchInput, BatchResult } from '../src/contract/job.ts';
import type { NearRow } from '../src/contract/sealed-rows.ts';
import { nearBatchesOf } from '../src/core/plan.ts';
import { AppError } from '../src/errors.ts';
import { contentKeyOf } from '../src/identity/digest.ts';
import { earlierFunctions } from '../src/store/earlier-functions.ts';
import type { EarlierFunctions } from '../src/store/earlier-functions.ts';
import { keptFunctions } from '../src/store/kept-functions.ts';
import type { KeptFunctions } from '../src/store/kept-functions.ts';
import { TableWriter } from '../src/store/parquet.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { NEAR } from '../src/store/tables.ts';
import { CLUSTER_BAND_HASHES, CLUSTER_BANDS } from '../src/unique/minhash.ts';
import { nearEdges } from '../src/unique/near-join.ts';
import { ownText } from '../src/unique/own-text.ts';
import type { ActivityDeps } from './deps.ts';
import { loadSpec } from './load-spec.ts';

/** Rises with every change of what this pass decides or writes. */
const PASS_VERSION = 1;
/** 256 MiB of shingles. */
const SHINGLES_MAX = 64 * 1024 * 1024;

/** The text of each function of earlier sets, then of each kept function, in order. */
export async function* allTexts(
  earlier: EarlierFunctions,
  kept: KeptFunctions,
): AsyncGenerator<string> {
  for await (const { text } of earlier.all()) yield text;
  for await (const { function: payload } of kept.all()) yield ownText(payload);
}

/** Idempotent: the object is found by the digests of all ingest objects and of what was kept of them. */
export async function clusterBatch(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: BatchInput,
): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  const spec = await loadSpec(store, input);
  const { split } = spec;
  if (split === undefined) {
    throw new AppError('spec-invalid', 'the spec has no splits, yet a batch looks for clusters');
  }
  const bands = Array.from({ length: CLUSTER_BANDS }, (_, band) => band).filter(
    (band) => band % nearBatchesOf(input.planBatchCount) === input.batchIndex,
  );
  const levels = [split.clusterJaccard];
  const kept = await keptFunctions(store, input);
  const earlier = await earlierFunctions(store, input, spec);
  const contentKey = contentKeyOf({
    pass: 'cluster',
    passVersion: PASS_VERSION,
    specPart: { levels, bands },
    environment: null,
    inputDigests: [...earlier.digests, ...kept.digests],
  });
  return await sealedBatch({ store, input, table: NEAR, contentKey }, async () => {
    const options = {
      ...{ bands, levels, hashes: CLUSTER_BAND_HASHES },
      shinglesMax: SHINGLES_MAX,
    };
    const rows: NearRow[] = [];
    for await (const edge of nearEdges(() => allTexts(earlier, kept), options)) rows.push(edge);
    const writer = new TableWriter(NEAR);
    writer.append(rows);
    return { writer, counts: { pairs: rows.length } };
  });
}
