// Where single results lie, of an invocation or of the search of a function: for each sealed object the result keys of its
// rows, in their order. A hint and no promise: what it names may be gone, and then it is made again.
import { resultIndexKey, resultIndexPrefix } from '../core/keys.ts';
import type { ResultSpace } from '../core/keys.ts';
import { AppError } from '../errors.ts';
import { sha256 } from '../identity/digest.ts';
import type { ObjectStore } from './object-store.ts';
import { getIfThere } from './seal.ts';

const ID_BYTES = 32;
/** Stands for a row that no other job may take over. */
const NO_ID = '0'.repeat(2 * ID_BYTES);
/** Segments of this many objects are put together: 8 MiB with the usual thousand rows in each. */
const MERGE_SEGMENTS = 256;
/** A merge by another job moves segments while they are read; they are then found at their new place. */
const PASSES_MAX = 3;

/** The rows of one sealed object. */
export interface IndexedObject {
  /** Key of the object. */
  readonly object: string;
  /** Row ids in the order of the rows; null where the row is not to be reused. */
  readonly ids: readonly (string | null)[];
}

function segmentOf({ object, ids }: IndexedObject): Uint8Array {
  const header = Buffer.from(`${JSON.stringify({ v: 1, object, rows: ids.length })}\n`, 'utf8');
  const digests = ids.map((id) => Buffer.from(id ?? NO_ID, 'hex'));
  return Buffer.concat([header, ...digests]);
}

/** Written before the object is sealed, so that no sealed object is without it. */
export async function writeResultIndex(
  store: ObjectStore,
  at: { readonly space: ResultSpace; readonly contentKey: string },
  indexed: IndexedObject,
): Promise<void> {
  await store.putIfAbsent(resultIndexKey(at.space, at.contentKey), segmentOf(indexed));
}

function damaged(key: string): AppError {
  return new AppError('object-damaged', `object ${JSON.stringify(key)} is no index of results`, {
    context: { key },
  });
}

interface Header {
  readonly object: string;
  readonly rows: number;
}

function headerOf(text: string, key: string): Header {
  try {
    const { v, object, rows } = JSON.parse(text) as Partial<Header> & { readonly v?: unknown };
    if (v === 1 && typeof object === 'string' && Number.isSafeInteger(rows)) {
      return { object, rows: Number(rows) };
    }
  } catch {
    // Reported below like any other text that is no header.
  }
  throw damaged(key);
}

/** One row of an indexed object. */
export interface IndexedRow {
  readonly id: string;
  readonly object: string;
  readonly row: number;
}

/** The rows of all objects that a segment, or several put together, tells of. */
function* rowsOf(key: string, body: Uint8Array): Generator<IndexedRow> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at);
    if (end === -1) throw damaged(key);
    const { object, rows } = headerOf(bytes.toString('utf8', at, end), key);
    at = end + 1;
    if (at + rows * ID_BYTES > bytes.length) throw damaged(key);
    for (let row = 0; row < rows; row += 1, at += ID_BYTES) {
      const id = bytes.toString('hex', at, at + ID_BYTES);
      if (id !== NO_ID) yield { id, object, row };
    }
  }
}

export async function hasResultIndex(store: ObjectStore, space: ResultSpace): Promise<boolean> {
  for await (const { key } of store.list(resultIndexPrefix(space))) return key !== '';
  return false;
}

/** Every row of a space, a segment at a time; a row may come twice. Throws AppError `object-damaged`, `store-*`. */
export async function* indexedRows(
  store: ObjectStore,
  space: ResultSpace,
): AsyncGenerator<IndexedRow> {
  const seen = new Set<string>();
  for (let pass = 0; pass < PASSES_MAX; pass += 1) {
    let isMoved = false;
    for await (const { key } of store.list(resultIndexPrefix(space))) {
      if (seen.has(key)) continue;
      const body = await getIfThere(store, key);
      isMoved ||= body === null;
      if (body === null) continue;
      seen.add(key);
      yield* rowsOf(key, body);
    }
    if (!isMoved) return;
  }
}

/**
 * Puts single segments together, many at a time, in the order of their names, so that a lookup reads few objects however
 * many batches ever ran. Safe beside readers and other merges: the new object is there before the old ones go.
 */
export async function mergeResultIndex(store: ObjectStore, space: ResultSpace): Promise<number> {
  const prefix = resultIndexPrefix(space);
  const single: string[] = [];
  for await (const { key } of store.list(prefix)) {
    if (!key.slice(prefix.length).startsWith('merged-')) single.push(key);
  }
  let merged = 0;
  for (let from = 0; from + MERGE_SEGMENTS <= single.length; from += MERGE_SEGMENTS) {
    const keys = single.slice(from, from + MERGE_SEGMENTS);
    const bodies: Uint8Array[] = [];
    for (const key of keys) bodies.push((await getIfThere(store, key)) ?? new Uint8Array());
    const body = Buffer.concat(bodies);
    await store.putIfAbsent(resultIndexKey(space, `merged-${sha256(body)}`), body);
    for (const key of keys) await store.delete(key);
    merged += 1;
  }
  return merged;
}
