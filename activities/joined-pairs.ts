// Groups of similar functions, as the batches of the passes near and cluster found their pairs.
import type { LedgerPage } from '../src/contract/job.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { openStored } from '../src/store/stored-table.ts';
import { NEAR } from '../src/store/tables.ts';
import { UnionFind } from '../src/unique/union-find.ts';

/** Over so many places. */
export async function joinedPairs(
  store: ObjectStore,
  pages: readonly LedgerPage[],
  places: number,
): Promise<UnionFind> {
  const groups = new UnionFind(places);
  for (const page of pages) {
    const file = await openStored(store, NEAR, page.key);
    for (const { a, b } of await file.readColumns(['a', 'b'])) groups.join(a, b);
  }
  return groups;
}
