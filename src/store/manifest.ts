// The manifest of a set: written last, so that it exists only where the set is whole. Times, hosts and ids of jobs lie
// here and nowhere else in the set.
import type { Counts, Equation } from '../contract/balance.ts';
import type { ObjectEntry } from '../contract/row.ts';
import type { ResolvedSpec } from '../contract/spec.ts';
import type { SplitFacts } from '../contract/split.ts';
import { setManifestKey } from '../core/keys.ts';
import { AppError } from '../errors.ts';
import type { ObjectStore } from './object-store.ts';
import { PARQUET_WRITER } from './parquet.ts';
import { readJsonIfThere } from './seal.ts';
import { compareText } from './tables.ts';
import type { TextFacts } from './text-facts.ts';
import { ZSTD_BUILD, ZSTD_LEVEL } from './zstd.ts';

/** Version of the published rows and of this document (docs/data-set.md). */
export const SET_FORMAT_VERSION = 2;

/** What wrote the bytes: another writer may give other bytes for equal rows, whose rowsDigest stays. */
export const WRITERS = { parquet: PARQUET_WRITER, zstd: ZSTD_BUILD, zstdLevel: ZSTD_LEVEL };

export interface SetManifest {
  readonly v: typeof SET_FORMAT_VERSION;
  /** Name and version. */
  readonly set: string;
  readonly jobId: string;
  readonly revision: number;
  readonly spec: ResolvedSpec;
  /** How the corpus was cut: names the job's ledger pages. */
  readonly plan: { readonly digest: string; readonly batches: number };
  readonly counts: Counts;
  readonly balance: readonly Equation[];
  /** Absent where no training texts were asked for. */
  readonly text?: TextFacts;
  /** Absent where functions were not split. */
  readonly splits?: SplitFacts;
  /** Every file of the set but this one; keys are relative to the set. */
  readonly objects: readonly ObjectEntry[];
  /** The whole fingerprint, and the image that gave it. */
  readonly environment: unknown;
  readonly writers: typeof WRITERS;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly publishedAtMs: number;
  readonly host: string;
}

function isEntry(value: unknown): boolean {
  const entry = value as Partial<ObjectEntry> | null;
  return typeof entry?.key === 'string' && typeof entry.digest === 'string';
}

function isManifest(value: unknown): value is SetManifest {
  if (typeof value !== 'object' || value === null) return false;
  const manifest = value as Partial<SetManifest>;
  return (
    typeof manifest.set === 'string' &&
    typeof manifest.jobId === 'string' &&
    typeof manifest.revision === 'number' &&
    typeof manifest.plan?.digest === 'string' &&
    typeof manifest.counts === 'object' &&
    Array.isArray(manifest.balance) &&
    Array.isArray(manifest.objects) &&
    manifest.objects.every(isEntry)
  );
}

/** Null where the set is not published. Throws AppError `object-damaged`, `store-*`. */
export async function findSetManifest(
  store: ObjectStore,
  set: string,
): Promise<SetManifest | null> {
  const key = setManifestKey(set);
  const value = await readJsonIfThere(store, key);
  if (value === null) return null;
  const context = { key };
  if (!isManifest(value)) {
    throw new AppError('object-damaged', `object ${JSON.stringify(key)} is not a manifest`, {
      context,
    });
  }
  // Read as any number: another program wrote it.
  const version: number = value.v;
  if (version === SET_FORMAT_VERSION) return value;
  throw new AppError(
    'object-damaged',
    `set ${JSON.stringify(set)} has format version ${String(version)}, and this program reads version ` +
      `${String(SET_FORMAT_VERSION)}; launch its job again under another version of the set, or read it with the program that published it`,
    { context },
  );
}

/** Throws AppError `object-missing` where the set is not published. */
export async function readSetManifest(store: ObjectStore, set: string): Promise<SetManifest> {
  const manifest = await findSetManifest(store, set);
  if (manifest !== null) return manifest;
  throw new AppError(
    'object-missing',
    `set ${JSON.stringify(set)} has no manifest in bucket ${JSON.stringify(store.bucket)}: it is not published`,
    { context: { key: setManifestKey(set) } },
  );
}

/** Equal data: the same objects with the same bytes. */
export function isSameData(a: SetManifest, b: SetManifest): boolean {
  const data = ({ objects }: SetManifest): string =>
    objects
      .map(({ key, digest }) => `${key} ${digest}`)
      .sort(compareText)
      .join();
  return data(a) === data(b);
}
