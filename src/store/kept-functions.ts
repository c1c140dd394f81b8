// The functions that the pass unique kept, over the whole job in canonical order, with what was found of them at ingest.
import type { LedgerPage, StepInput } from '../contract/job.ts';
import type { FunctionPayload } from '../contract/sealed-rows.ts';
import { AppError } from '../errors.ts';
import { decisionsOfBatch, openDecisions } from './decisions.ts';
import { readPages } from './ledger-pages.ts';
import type { ObjectStore } from './object-store.ts';
import { openStored } from './stored-table.ts';
import { INGEST } from './tables.ts';

export interface KeptFunction {
  readonly functionId: string;
  /** Where ingest sealed it. */
  readonly batchIndex: number;
  readonly row: number;
  readonly function: FunctionPayload;
}

export interface KeptFunctions {
  /** Begins anew with each call and gives the same; holds the functions of one batch. */
  readonly all: () => AsyncIterable<KeptFunction>;
  /** Of everything that the functions follow from, for a content key. */
  readonly digests: readonly string[];
}

async function* functionsOfBatch(
  store: ObjectStore,
  page: LedgerPage,
  kept: ReadonlySet<number>,
): AsyncGenerator<KeptFunction> {
  if (kept.size === 0) return;
  const file = await openStored(store, INGEST, page.key);
  let row = 0;
  for await (const rows of file.chunks()) {
    for (const { id, payload } of rows) {
      if (kept.has(row)) {
        if (payload === null) {
          throw new AppError('object-damaged', `row ${String(row)} of ingest has no function`, {
            context: { key: page.key },
          });
        }
        const at = { batchIndex: page.batchIndex, row };
        yield { functionId: id, ...at, function: JSON.parse(payload) as FunctionPayload };
      }
      row += 1;
    }
  }
}

/** Throws AppError `object-missing` where the pass unique has not ended. */
export async function keptFunctions(store: ObjectStore, at: StepInput): Promise<KeptFunctions> {
  const pages = await readPages(store, at, { pass: 'ingest', batchCount: at.planBatchCount });
  const [decided] = await readPages(store, at, { pass: 'unique', batchCount: 1 });
  return {
    async *all() {
      const decisions = await openDecisions(store, at);
      for (const [batch, page] of pages.entries()) {
        const rows = await decisionsOfBatch(decisions, batch);
        const kept = rows.filter(
          ({ unit, decision }) => unit === 'function' && decision === 'kept',
        );
        yield* functionsOfBatch(store, page, new Set(kept.map(({ ingest_row }) => ingest_row)));
      }
    },
    digests: [...pages.map(({ digest }) => digest), decided?.digest ?? ''],
  };
}
