// Removes what nobody needs any more: a job with all that only it refers to, and what broken-off attempts left behind.
// Sealed objects and corpora are shared, so that an object goes only where no page or spec of any job names it.
import type { LedgerPage } from '../contract/job.ts';
import type { ResolvedSpec } from '../contract/spec.ts';
import {
  corpusKey,
  jobPrefix,
  revisionManifestKey,
  setClaimsPrefix,
  setManifestKey,
  setPrefix,
} from '../core/keys.ts';
import { revisionNames } from './finished-revision.ts';
import { findSetManifest } from './manifest.ts';
import type { SetManifest } from './manifest.ts';
import type { ListedObject, ObjectStore } from './object-store.ts';
import { readJson } from './seal.ts';

/** Small objects: the number bounds connections. */
const READS_AT_ONCE = 16;

export interface Removed {
  objects: number;
  bytes: number;
}

interface Names {
  readonly content: Set<string>;
  readonly corpora: Set<string>;
}

const isPage = (key: string): boolean => key.includes('/ledger-pages/');
const isSpec = (key: string): boolean => key.endsWith('/spec.json');

async function addNames(store: ObjectStore, key: string, names: Names): Promise<void> {
  const document = await readJson(store, key);
  if (isPage(key)) names.content.add((document as LedgerPage).key);
  else
    for (const { digest } of (document as ResolvedSpec).corpus)
      names.corpora.add(corpusKey(digest));
}

/** What the pages and specs of some jobs name. Holds the names, never the objects. */
async function namedBy(store: ObjectStore, keys: AsyncIterable<ListedObject>): Promise<Names> {
  const names: Names = { content: new Set(), corpora: new Set() };
  let reads: Promise<void>[] = [];
  for await (const { key } of keys) {
    if (!isPage(key) && !isSpec(key)) continue;
    reads.push(addNames(store, key, names));
    if (reads.length < READS_AT_ONCE) continue;
    await Promise.all(reads);
    reads = [];
  }
  await Promise.all(reads);
  return names;
}

async function* without(
  keys: AsyncIterable<ListedObject>,
  prefix: string,
): AsyncGenerator<ListedObject> {
  for await (const object of keys) if (!object.key.startsWith(prefix)) yield object;
}

async function remove(store: ObjectStore, object: ListedObject, removed: Removed): Promise<void> {
  await store.delete(object.key);
  removed.objects += 1;
  removed.bytes += object.bytes;
}

/** The manifest goes first: a set that is half gone must not look whole. */
async function removeSet(store: ObjectStore, set: string, removed: Removed): Promise<void> {
  await store.delete(setManifestKey(set));
  for (const prefix of [setPrefix(set), setClaimsPrefix(set)]) {
    for await (const object of store.list(prefix)) await remove(store, object, removed);
  }
}

async function setsOf(store: ObjectStore, jobId: string): Promise<string[]> {
  const { published } = await revisionNames(store, jobId);
  const sets: string[] = [];
  for (const revision of published) {
    const key = revisionManifestKey(jobId, revision);
    const { set } = (await readJson(store, key)) as SetManifest;
    const there = await findSetManifest(store, set);
    if (there?.jobId === jobId) sets.push(set);
  }
  return sets;
}

export interface DeletedJob {
  /** Published sets of the job; removed only where that was asked for. */
  readonly sets: readonly string[];
  readonly removed: Readonly<Removed>;
}

/**
 * Removes a job that does not run. Its pages go before the sealed objects that they name, so that no page ever names
 * what is gone; what a broken-off deletion leaves, sweepStore finds. `collect` is false while any job runs: it may be
 * about to name a sealed object. Throws AppError `store-*`.
 */
export async function deleteJob(
  store: ObjectStore,
  jobId: string,
  how: { readonly withSets: boolean; readonly collect: boolean },
): Promise<DeletedJob> {
  const removed: Removed = { objects: 0, bytes: 0 };
  const prefix = jobPrefix(jobId);
  const sets = await setsOf(store, jobId);
  if (how.withSets) for (const set of sets) await removeSet(store, set, removed);
  const own = await namedBy(store, store.list(prefix));
  for await (const object of store.list(prefix)) await remove(store, object, removed);
  if (!how.collect) return { sets, removed };
  const others = await namedBy(store, without(store.list('jobs/'), prefix));
  for (const [mine, theirs] of [
    [own.content, others.content],
    [own.corpora, others.corpora],
  ] as const) {
    for (const key of mine) {
      // Pages of the pass publish name files of a set.
      if (theirs.has(key) || key.startsWith('sets/')) continue;
      const head = await store.head(key);
      if (head !== null) await remove(store, { key, bytes: head.bytes, modifiedAtMs: 0 }, removed);
    }
  }
  return { sets, removed };
}

export interface Sweep {
  readonly nowMs: number;
  /** What is younger stays. */
  readonly graceMs: number;
  readonly runningJobIds: ReadonlySet<string>;
  readonly isDryRun: boolean;
}

export interface Swept {
  readonly parts: Readonly<Removed>;
  readonly content: Readonly<Removed>;
  /** False where a job runs: sealed objects are then left alone. */
  readonly contentWasSwept: boolean;
}

/** Removes parts of jobs that do not run, and sealed objects that no page names. Throws AppError `store-*`. */
export async function sweepStore(store: ObjectStore, sweep: Sweep): Promise<Swept> {
  const isOld = ({ modifiedAtMs }: ListedObject): boolean =>
    modifiedAtMs <= sweep.nowMs - sweep.graceMs;
  const take = async (object: ListedObject, removed: Removed): Promise<void> => {
    if (!sweep.isDryRun) await store.delete(object.key);
    removed.objects += 1;
    removed.bytes += object.bytes;
  };
  const parts: Removed = { objects: 0, bytes: 0 };
  for await (const object of store.list('jobs/')) {
    const [, jobId = '', folder] = object.key.split('/');
    if (folder !== 'parts' || sweep.runningJobIds.has(jobId) || !isOld(object)) continue;
    await take(object, parts);
  }
  const content: Removed = { objects: 0, bytes: 0 };
  if (sweep.runningJobIds.size > 0) return { parts, content, contentWasSwept: false };
  const named = (await namedBy(store, store.list('jobs/'))).content;
  for await (const object of store.list('content/')) {
    if (!named.has(object.key) && isOld(object)) await take(object, content);
  }
  return { parts, content, contentWasSwept: true };
}
