// From what a spec names to a place on this machine: paths, globs, and prefixes of a bucket, which are fetched to the
// spool first, so that every kind reads one way.
import { mkdir, open, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { CorpusEntry } from '../schema/job-spec.ts';
import { codeOf, empty, missing, quote, unreadable } from './failure.ts';
import { globMatcher, globParts } from './glob.ts';
import type { BucketReader, CorpusPlace, LaunchTools } from './port.ts';
import { checkSize } from './spool.ts';

/** One request; an object of 5 GiB takes 640 of them. */
const PIECE_BYTES = 8 * 1024 * 1024;
const KEYS_MAX = 1_000_000;
const S3_URL = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s;

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR';
  }
}

/** A path that is there is meant as it is written, also where it looks like a glob. */
async function localPlace(
  entry: CorpusEntry,
  folder: string,
): Promise<Pick<CorpusPlace, 'path' | 'glob' | 'name'>> {
  const path = resolve(folder, entry.at);
  const parts = (await isThere(path)) ? null : globParts(entry.at);
  if (parts === null) return { path, glob: null, name: basename(path) };
  const base = resolve(folder, parts.base);
  return { path: base, glob: parts.glob, name: basename(base) };
}

/** A key becomes a path below the spool: what would leave it, or cannot be a path, is refused. */
function checkedKey(shown: string, key: string): string {
  const parts = key.split('/');
  const isPath =
    !key.includes('\0') &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..') &&
    parts.every((part) => Buffer.byteLength(part, 'utf8') <= 255);
  if (!isPath) throw unreadable(shown, `has the key ${quote(key)}, which is no path of a file`);
  return key;
}

async function fetchObject(
  bucket: BucketReader,
  object: { readonly key: string; readonly bytes: number },
  path: string,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'wx', 0o600);
  try {
    for (let from = 0; from < object.bytes; from += PIECE_BYTES) {
      const to = Math.min(from + PIECE_BYTES, object.bytes);
      await file.writeFile(await bucket.getRange(object.key, from, to));
    }
  } finally {
    await file.close();
  }
}

interface Wanted {
  readonly shown: string;
  readonly bucket: BucketReader;
  /** Keys begin with it; what follows it is the path below the spool. */
  readonly prefix: string;
  /** What is asked for: the prefix, or more. */
  readonly listed: string;
  readonly wants: (key: string) => boolean;
  readonly into: string;
}

/** Fetches the objects under a prefix; returns how many. */
async function fetchAll({ shown, bucket, prefix, listed, wants, into }: Wanted): Promise<number> {
  let [keys, bytes, fetched] = [0, 0, 0];
  for await (const object of bucket.list(listed)) {
    keys += 1;
    if (keys > KEYS_MAX) {
      throw unreadable(shown, `has more than ${String(KEYS_MAX)} keys; name a longer prefix`);
    }
    const path = object.key.slice(prefix.length);
    // Some tools keep an empty object for a folder.
    if (object.key.endsWith('/') || !wants(path)) continue;
    bytes += object.bytes;
    checkSize(shown, bytes);
    try {
      await fetchObject(bucket, object, join(into, checkedKey(shown, path)));
    } catch (cause) {
      const code = codeOf(cause);
      if (code !== 'EEXIST' && code !== 'ENOTDIR' && code !== 'EISDIR') throw cause;
      throw unreadable(
        shown,
        `has the key ${quote(object.key)} as an object and as a folder`,
        cause,
      );
    }
    fetched += 1;
  }
  return fetched;
}

interface Spooled {
  readonly bucket: BucketReader;
  readonly shown: string;
  readonly into: string;
}

/** A key without wildcards is an object, or the prefix of a folder. */
async function fetchKey(
  { bucket, shown, into }: Spooled,
  key: string,
): Promise<Pick<CorpusPlace, 'path' | 'glob' | 'name'>> {
  const isPrefix = key === '' || key.endsWith('/');
  const name = basename(key);
  if (!isPrefix) {
    const prefix = key.slice(0, key.length - name.length);
    const wants = (path: string): boolean => path === name;
    const file = await fetchAll({ shown, bucket, prefix, listed: key, wants, into });
    if (file === 1) return { path: join(into, name), glob: null, name };
  }
  const folder = join(into, name === '' ? 'bucket' : name);
  const prefix = isPrefix ? key : `${key}/`;
  const wants = (): boolean => true;
  const files = await fetchAll({ shown, bucket, prefix, listed: prefix, wants, into: folder });
  if (files === 0) {
    throw isPrefix ? empty(shown, 'holds no object; name another prefix') : missing(shown);
  }
  return { path: folder, glob: null, name: basename(folder) };
}

async function bucketPlace(
  at: string,
  tools: LaunchTools,
  into: string,
): Promise<Pick<CorpusPlace, 'path' | 'glob' | 'name'>> {
  const [, name = '', key = ''] = S3_URL.exec(at) ?? [];
  if (name === '') throw unreadable(at, 'is no s3://bucket/key; write one');
  const bucket = await tools.openBucket(name);
  await mkdir(into, { recursive: true });
  const parts = globParts(key);
  if (parts === null) return await fetchKey({ bucket, shown: at, into }, key);
  const prefix = parts.base === '' ? '' : `${parts.base}/`;
  const folder = join(into, parts.base === '' ? name : basename(parts.base));
  const wants = globMatcher(parts.glob);
  const found = await fetchAll({ shown: at, bucket, prefix, listed: prefix, wants, into: folder });
  if (found === 0) throw empty(at, 'fits no object; name another glob');
  return { path: folder, glob: parts.glob, name: basename(folder) };
}

/** Kinds whose `at` is a name of their own and no place. */
const PLACELESS: ReadonlySet<string> = new Set(['stdlib', 'builtin']);

/**
 * Finds what one entry of a spec names; `index` is its place in the list. Throws AppError `corpus-*` and, for a bucket,
 * `store-*`.
 */
export async function findPlace(
  entry: CorpusEntry,
  at: { readonly folder: string; readonly index: number },
  tools: LaunchTools,
): Promise<CorpusPlace> {
  const { commit, map } = entry;
  const rest = { shown: entry.at, commit, map };
  if (PLACELESS.has(entry.kind)) return { ...rest, path: '', glob: entry.at, name: entry.kind };
  if (entry.at.startsWith('s3://')) {
    const into = join(tools.spool, `fetched-${String(at.index)}`);
    return { ...rest, ...(await bucketPlace(entry.at, tools, into)) };
  }
  return { ...rest, ...(await localPlace(entry, at.folder)) };
}
