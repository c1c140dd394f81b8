// A revision that has ended, as its own documents tell: what it was made of, so that another one can follow it.
import type { JobEnd, JobPlanned } from '../contract/job.ts';
import type { CorpusPlan } from '../contract/plan.ts';
import type { ResolvedSpec } from '../contract/spec.ts';
import {
  ledgerPagesPrefix,
  planKey,
  revisionEndKey,
  revisionManifestKey,
  revisionPrefix,
  revisionSpecKey,
  setManifestKey,
  specKey,
} from '../core/keys.ts';
import type { SetManifest } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';
import { readJson } from './seal.ts';

export interface FinishedRevision {
  readonly revision: number;
  readonly spec: ResolvedSpec;
  readonly plan: JobPlanned;
  readonly batchSize: number;
}

export interface RevisionNames {
  /** Ascending, as are all. */
  readonly published: readonly number[];
  readonly stopped: readonly number[];
  /** Every revision that left anything. */
  readonly all: readonly number[];
}

/** Reads names only. Throws AppError `store-*`. */
export async function revisionNames(store: ObjectStore, jobId: string): Promise<RevisionNames> {
  const folder = revisionPrefix(jobId, 0).replace(/0\/$/, '');
  const published = new Set<number>();
  const stopped = new Set<number>();
  const all = new Set<number>();
  for await (const { key } of store.list(folder)) {
    const revision = Number.parseInt(key.slice(folder.length), 10);
    all.add(revision);
    if (key === revisionManifestKey(jobId, revision)) published.add(revision);
    const ends = (['cancelled', 'failed'] as const).map((end) =>
      revisionEndKey(jobId, revision, end),
    );
    if (ends.includes(key)) stopped.add(revision);
  }
  const sorted = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => a - b);
  return { published: sorted(published), stopped: sorted(stopped), all: sorted(all) };
}

async function batchSizeOf(store: ObjectStore, jobId: string, digest: string): Promise<number> {
  return ((await readJson(store, planKey(jobId, 'ingest', digest))) as CorpusPlan).batchSize;
}

/** Throws AppError `object-missing` where the revision is not published. */
export async function publishedRevision(
  store: ObjectStore,
  jobId: string,
  revision: number,
): Promise<FinishedRevision> {
  const key = revisionManifestKey(jobId, revision);
  const { spec, plan, environment } = (await readJson(store, key)) as SetManifest;
  const { id } = environment as { readonly id: string };
  return {
    revision,
    spec,
    plan: { ...plan, environment: id },
    batchSize: await batchSizeOf(store, jobId, plan.digest),
  };
}

/** The spec that a revision ran with. */
async function specOf(store: ObjectStore, jobId: string, revision: number): Promise<ResolvedSpec> {
  const own = revisionSpecKey(jobId, revision);
  const key = (await store.head(own)) === null ? specKey(jobId) : own;
  return (await readJson(store, key)) as ResolvedSpec;
}

async function stoppedRevision(
  store: ObjectStore,
  jobId: string,
  revision: number,
): Promise<FinishedRevision | null> {
  for (const end of ['failed', 'cancelled'] as const) {
    const key = revisionEndKey(jobId, revision, end);
    if ((await store.head(key)) === null) continue;
    const { plan } = (await readJson(store, key)) as Pick<JobEnd, 'plan'>;
    if (plan === null) return null;
    const batchSize = await batchSizeOf(store, jobId, plan.digest);
    return { revision, spec: await specOf(store, jobId, revision), plan, batchSize };
  }
  return null;
}

/**
 * The newest published revision, else the newest that was planned before it stopped; null where there is none. Throws
 * AppError `store-*` and `object-damaged`.
 */
export async function newestFinished(
  store: ObjectStore,
  jobId: string,
): Promise<FinishedRevision | null> {
  const { published, stopped } = await revisionNames(store, jobId);
  const last = published.at(-1);
  if (last !== undefined) return await publishedRevision(store, jobId, last);
  for (const revision of [...stopped].reverse()) {
    const found = await stoppedRevision(store, jobId, revision);
    if (found !== null) return found;
  }
  return null;
}

/** Whether the revision came to the end of the pass trace. Reads names only. */
export async function isRevisionTraced(
  store: ObjectStore,
  jobId: string,
  { revision, plan }: Pick<FinishedRevision, 'revision' | 'plan'>,
): Promise<boolean> {
  const pages = { jobId, revision, pass: 'trace', planDigest: plan.digest } as const;
  let traced = 0;
  for await (const _ of store.list(ledgerPagesPrefix(pages))) traced += 1;
  return traced === plan.batches;
}

/** The next version of a set that nothing is published under: `name@v3` after `name@v2`. */
export async function nextFreeVersion(store: ObjectStore, set: string): Promise<string> {
  const at = set.lastIndexOf('@v');
  const name = set.slice(0, at);
  for (let version = Number(set.slice(at + 2)) + 1; ; version += 1) {
    const next = `${name}@v${String(version)}`;
    if ((await store.head(setManifestKey(next))) === null) return next;
  }
}
