// Who publishes under the name of a set. A claim is made before the first file is written; a revision that ended without
// a manifest gives it up, and the next one that claims the name removes what was left.
import type { StepInput } from '../contract/job.ts';
import {
  revisionEndKey,
  setClaimKey,
  setClaimsPrefix,
  setClearedKey,
  setPrefix,
  specKey,
} from '../core/keys.ts';
import { AppError } from '../errors.ts';
import { highestNumber } from './numbered-keys.ts';
import type { ObjectStore } from './object-store.ts';
import { jsonBytes, readJson } from './seal.ts';

interface Claim {
  readonly v: 1;
  readonly jobId: string;
  readonly revision: number;
}

type Claimant = Pick<StepInput, 'jobId' | 'revision'>;

/** The number of the highest claim; 0 where there is none. */
const highestClaim = (store: ObjectStore, set: string): Promise<number> =>
  highestNumber(store, setClaimsPrefix(set));

export async function isClaimed(store: ObjectStore, set: string): Promise<boolean> {
  return (await highestClaim(store, set)) > 0;
}

/** Revisions of a job follow one another; of another job, the end is marked, or the job is gone. */
async function hasEnded(store: ObjectStore, claim: Claim, by: Claimant): Promise<boolean> {
  const { jobId, revision } = claim;
  if (jobId === by.jobId) return revision < by.revision;
  for (const end of ['cancelled', 'failed'] as const) {
    if ((await store.head(revisionEndKey(jobId, revision, end))) !== null) return true;
  }
  return (await store.head(specKey(jobId))) === null;
}

function held(set: string, claim: Claim): AppError {
  return new AppError(
    'set-exists',
    `set ${JSON.stringify(set)} is being published by job ${claim.jobId.slice(0, 12)}, revision ` +
      `${String(claim.revision)}; wait for it, cancel or delete it, or name another version under ` +
      'output.set of the spec',
    { context: { set } },
  );
}

/**
 * Makes the set's name this revision's, and its folder empty of what earlier revisions left. Nothing is removed where no
 * claim tells whose it is. Throws AppError `set-exists` where a revision that has not ended holds the name.
 */
export async function claimSet(store: ObjectStore, set: string, by: Claimant): Promise<void> {
  for (;;) {
    const highest = await highestClaim(store, set);
    if (highest > 0) {
      const claim = (await readJson(store, setClaimKey(set, highest))) as Claim;
      if (claim.jobId === by.jobId && claim.revision === by.revision) {
        if (highest > 1) await clearFolder(store, set, highest);
        return;
      }
      if (!(await hasEnded(store, claim, by))) throw held(set, claim);
    }
    const claim: Claim = { v: 1, jobId: by.jobId, revision: by.revision };
    // Whoever comes second looks again, and finds the claim of the first.
    await store.putIfAbsent(setClaimKey(set, highest + 1), jsonBytes(claim));
  }
}

async function clearFolder(store: ObjectStore, set: string, claim: number): Promise<void> {
  const cleared = setClearedKey(set, claim);
  // An attempt that comes late must not remove what this revision has published by then.
  if ((await store.head(cleared)) !== null) return;
  for await (const { key } of store.list(setPrefix(set))) await store.delete(key);
  await store.putIfAbsent(cleared, new Uint8Array());
}
