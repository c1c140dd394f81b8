// Which revisions of a job have ended, as the store remembers them.
import { revisionNames } from '../store/finished-revision.ts';
import type { ObjectStore } from '../store/object-store.ts';

export interface Revisions {
  /** Highest revision with a manifest; null where there is none. */
  readonly publishedRevision: number | null;
  /** Highest revision that was marked as cancelled or failed; null where there is none. */
  readonly stoppedRevision: number | null;
}

/** Reads names only. Throws AppError `store-*`. */
export async function revisionsOf(store: ObjectStore, jobId: string): Promise<Revisions> {
  const { published, stopped } = await revisionNames(store, jobId);
  return {
    publishedRevision: published.at(-1) ?? null,
    stoppedRevision: stopped.at(-1) ?? null,
  };
}
