// What the lookup found for a batch: the rows that earlier jobs made of its invocations. Scratch, small documents for
// each batch that has any; the first one that is written holds, since any of them is right.
import type { PassName, StepInput } from '../contract/job.ts';
import type { ProbeRow, SealedTraceRow } from '../contract/sealed-rows.ts';
import { foundResultsPrefix } from '../core/keys.ts';
import { isAppError } from '../errors.ts';
import type { ObjectStore } from './object-store.ts';
import { rowReader } from './row-reader.ts';
import type { RowReader } from './row-reader.ts';
import { jsonBytes, readJson } from './seal.ts';
import { openStored } from './stored-table.ts';
import { PROBED, SEALED_TRACES, asRun } from './tables.ts';

interface FoundDocument {
  readonly v: 1;
  readonly objects: readonly string[];
  /** By row id: index into `objects`, row. */
  readonly rows: Readonly<Record<string, readonly [number, number]>>;
}

export interface FoundRow {
  readonly id: string;
  readonly object: string;
  readonly row: number;
}

type BatchOf = StepInput & { readonly pass: PassName; readonly batchIndex: number };

/** Object and row of a result, by its key. */
type Places = ReadonlyMap<string, readonly [string, number]>;

/** A lookup is done in pieces; inputs of one batch may be in several. */
export async function writeFound(
  store: ObjectStore,
  at: BatchOf & { readonly piece: number },
  found: readonly FoundRow[],
): Promise<void> {
  const objects = [...new Set(found.map(({ object }) => object))];
  const indexOf = new Map(objects.map((object, index) => [object, index]));
  const rows = found.map(({ id, object, row }) => [id, [indexOf.get(object) ?? 0, row]] as const);
  const document: FoundDocument = { v: 1, objects, rows: Object.fromEntries(rows) };
  const key = `${foundResultsPrefix(at)}${String(at.piece)}.json`;
  await store.putIfAbsent(key, jsonBytes(document), { contentType: 'application/json' });
}

const isGone = (error: unknown): boolean =>
  isAppError(error) && (error.code === 'object-missing' || error.code === 'object-damaged');

/** Objects of which a piece is held. A function's rows lie side by side, and a batch meets few objects at a time. */
const OBJECTS_OPEN = 8;

/** Reads found rows in the order of the batch. Holds a piece of a few objects. */
export class FoundResults {
  readonly #store: ObjectStore;
  readonly #places: Places;
  readonly #open = new Map<string, RowReader<SealedTraceRow>>();
  readonly #gone = new Set<string>();

  constructor(store: ObjectStore, places: Places) {
    this.#store = store;
    this.#places = places;
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  /** The row of this id; null where none was found, or its object is gone or damaged: it then has to be made. */
  async rowOf(id: string): Promise<SealedTraceRow | null> {
    const [object, at] = this.#places.get(id) ?? [];
    if (object === undefined || at === undefined || this.#gone.has(object)) return null;
    try {
      const read = await this.#openObject(object);
      const row = await read(at);
      return row?.id === id ? row : null;
    } catch (error) {
      if (!isGone(error)) throw error;
      this.#gone.add(object);
      return null;
    }
  }

  async #openObject(object: string): Promise<RowReader<SealedTraceRow>> {
    const there = this.#open.get(object);
    if (there !== undefined) return there;
    const open = rowReader(await openStored(this.#store, asRun(SEALED_TRACES), object));
    this.#open.set(object, open);
    const [oldest] = this.#open.keys();
    if (this.#open.size > OBJECTS_OPEN && oldest !== undefined) this.#open.delete(oldest);
    return open;
  }
}

/** Reads the searches that were found, in the order of the batch. Holds one object. */
export class FoundSearches {
  readonly #store: ObjectStore;
  readonly #places: Places;
  #open: { readonly object: string; readonly rows: readonly ProbeRow[] } | null = null;

  constructor(store: ObjectStore, places: Places) {
    this.#store = store;
    this.#places = places;
  }

  /** The rows of this function's search; null where none was found, or its object is gone or damaged. */
  async rowsOf(key: string, functionId: string): Promise<readonly ProbeRow[] | null> {
    const [object, at] = this.#places.get(key) ?? [];
    if (object === undefined || at === undefined) return null;
    if (this.#open?.object !== object) this.#open = { object, rows: await this.#read(object) };
    const { rows } = this.#open;
    const end = rows.findIndex((row, index) => index >= at && row.function_id !== functionId);
    const own = rows.slice(at, end === -1 ? rows.length : end);
    return own[0]?.unit === 'function' ? own : null;
  }

  async #read(object: string): Promise<readonly ProbeRow[]> {
    try {
      return await (await openStored(this.#store, PROBED, object)).read();
    } catch (error) {
      if (!isGone(error)) throw error;
      return [];
    }
  }
}

/** Null where nothing was found for the batch. */
export async function findFound(store: ObjectStore, at: BatchOf): Promise<FoundResults | null> {
  const places = await placesOf(store, at);
  return places === null ? null : new FoundResults(store, places);
}

/** Null where nothing was found for the batch. */
export async function findSearches(store: ObjectStore, at: BatchOf): Promise<FoundSearches | null> {
  const places = await placesOf(store, at);
  return places === null ? null : new FoundSearches(store, places);
}

async function placesOf(store: ObjectStore, at: BatchOf): Promise<Places | null> {
  const documents: FoundDocument[] = [];
  for await (const { key } of store.list(foundResultsPrefix(at))) {
    const document = (await readJson(store, key)) as Partial<FoundDocument> | null;
    if (document?.v === 1) documents.push(document as FoundDocument);
  }
  if (documents.length === 0) return null;
  return new Map(
    documents.flatMap(({ objects, rows }) =>
      Object.entries(rows).map(([id, [index, row]]) => [id, [objects[index] ?? '', row]] as const),
    ),
  );
}
