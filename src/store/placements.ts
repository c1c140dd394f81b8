// What all functions together say of each kept one: its cluster and its split. Sealed by the pass place, sorted by function,
// and put into the rows where they are published, so that what was traced stands for jobs with other splits too.
import type { StepInput } from '../contract/job.ts';
import type { PlaceRow } from '../contract/sealed-rows.ts';
import type { SplitFacts } from '../contract/split.ts';
import type { IdRange } from '../core/part-count.ts';
import { readPage } from './ledger-pages.ts';
import type { ObjectStore } from './object-store.ts';
import type { Metadata } from './parquet.ts';
import { openStored } from './stored-table.ts';
import type { TableFile } from './table-file.ts';
import { PLACED } from './tables.ts';

const FACTS_KEY = 'tracemill.split-facts';

export type Placement = Omit<PlaceRow, 'function_id'>;

export function factsMetadata(facts: SplitFacts | null): Metadata {
  return facts === null ? {} : { [FACTS_KEY]: JSON.stringify(facts) };
}

async function openPlacements(store: ObjectStore, at: StepInput): Promise<TableFile<PlaceRow>> {
  const page = await readPage(store, at, { pass: 'place', batchIndex: 0 });
  return await openStored(store, PLACED, page.key);
}

/** Null where functions were not split. Throws AppError `object-missing` where the pass place has not ended. */
export async function readSplitFacts(
  store: ObjectStore,
  at: StepInput,
): Promise<SplitFacts | null> {
  const text = (await openPlacements(store, at)).metadata[FACTS_KEY];
  // Written by this program, under a digest.
  return text === undefined ? null : (JSON.parse(text) as SplitFacts);
}

/** The first row whose function is not below `bound`: a look at some twenty row groups. */
async function firstRow(file: TableFile<PlaceRow>, bound: string): Promise<number> {
  let low = 0;
  let high = file.rows;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const [row] = await file.readColumns(['function_id'], { from: middle, to: middle + 1 });
    if (row !== undefined && row.function_id < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of the functions of an id range that are wanted, by functionId. Holds a row group besides. */
export async function readPlacements(
  store: ObjectStore,
  at: StepInput,
  { ids, isWanted }: { readonly ids: IdRange; readonly isWanted: (row: PlaceRow) => boolean },
): Promise<ReadonlyMap<string, Placement>> {
  const file = await openPlacements(store, at);
  const from = await firstRow(file, ids.from);
  const to = ids.to === null ? file.rows : await firstRow(file, ids.to);
  const found = new Map<string, Placement>();
  for await (const rows of file.chunks({ from, to })) {
    for (const row of rows) {
      const { function_id, ...placement } = row;
      if (isWanted(row)) found.set(function_id, placement);
    }
  }
  return found;
}
