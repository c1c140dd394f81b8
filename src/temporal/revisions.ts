// Which revisions of a job have ended, as the store remembers them.
import { revisionEndKey, revisionManifestKey, revisionPrefix } from '../core/keys.ts';
import type { ObjectStore } from '../store/object-store.ts';

export interface Revisions {
  /** Highest revision with a manifest; null where there is none. */
  readonly publishedRevision: number | null;
  /** Highest revision that was marked as cancelled or failed; null where there is none. */
  readonly stoppedRevision: number | null;
}

/** Reads names only. Throws AppError `store-*`. */
export async function revisionsOf(store: ObjectStore, jobId: string): Promise<Revisions> {
  const all = revisionPrefix(jobId, 0).replace(/0\/$/, '');
  let publishedRevision: number | null = null;
  let stoppedRevision: number | null = null;
  for await (const { key } of store.list(all)) {
    const revision = Number.parseInt(key.slice(all.length), 10);
    if (key === revisionManifestKey(jobId, revision)) {
      publishedRevision = Math.max(publishedRevision ?? 0, revision);
    }
    const ends = [
      revisionEndKey(jobId, revision, 'cancelled'),
      revisionEndKey(jobId, revision, 'failed'),
    ];
    if (ends.includes(key)) stoppedRevision = Math.max(stoppedRevision ?? 0, revision);
  }
  return { publishedRevision, stoppedRevision };
}
