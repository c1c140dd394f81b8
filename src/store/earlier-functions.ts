// The functions of earlier sets as the pass earlier sealed them, set by set in the order of the spec: in every pass over all
// functions they come before those of the job.
import type { StepInput } from '../contract/job.ts';
import type { EarlierRow } from '../contract/sealed-rows.ts';
import type { ResolvedSpec } from '../contract/spec.ts';
import { readPages } from './ledger-pages.ts';
import type { ObjectStore } from './object-store.ts';
import { openStored } from './stored-table.ts';
import { EARLIER } from './tables.ts';

export interface EarlierFunctions {
  /** Begins anew with each call and gives the same; holds a row group. A function of two sets comes twice. */
  readonly all: () => AsyncIterable<EarlierRow>;
  /** How many rows there are. */
  readonly count: number;
  readonly digests: readonly string[];
}

/** None where the spec names no earlier set. Throws AppError `object-missing` where the pass earlier has not ended. */
export async function earlierFunctions(
  store: ObjectStore,
  at: StepInput,
  { unique }: Pick<ResolvedSpec, 'unique'>,
): Promise<EarlierFunctions> {
  const batchCount = unique.against?.length ?? 0;
  const pages = await readPages(store, at, { pass: 'earlier', batchCount });
  return {
    async *all() {
      for (const { key } of pages) {
        for await (const rows of (await openStored(store, EARLIER, key)).chunks()) yield* rows;
      }
    },
    count: pages.reduce((sum, { rows }) => sum + rows, 0),
    digests: pages.map(({ digest }) => digest),
  };
}
