// Finds things in a finished set: a published row, and the chain of ledger rows that says what became of something.
// Reads the columns and ranges that an answer needs, never whole tables.
import type { LedgerRow, ObjectEntry, TraceRow } from '../contract/row.ts';
import { partOfId } from '../core/part-count.ts';
import { AppError } from '../errors.ts';
import { recordAnchor } from './ledger-rows.ts';
import { readSetManifest } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';
import { notFound, resolveThing } from './resolve.ts';
import type { Focus } from './resolve.ts';
import { entriesOf, openLedger, openRows } from './set-files.ts';
import type { SetFiles } from './set-files.ts';

export interface FoundRow {
  readonly row: TraceRow;
  /** Relative to the set. */
  readonly file: string;
  /** 0-based. */
  readonly index: number;
}

export interface WhyChain {
  /** From the record down to the invocations, in canonical order. */
  readonly links: readonly LedgerRow[];
  /** True where more links exist than were read. */
  readonly cut: boolean;
}

/** Links of one answer: a page of a terminal, and then some. */
const LINKS_MAX = 500;
/** Functions of one record that are followed: each is a read of the ledger. */
const FUNCTIONS_MAX = 50;

/** Throws AppError `object-missing` where the set is not published. */
async function openSet(store: ObjectStore, set: string): Promise<SetFiles> {
  return { store, manifest: await readSetManifest(store, set) };
}

function isOf(row: Pick<LedgerRow, 'unit' | 'id' | 'parent_id'>, functionId: string): boolean {
  switch (row.unit) {
    case 'record':
      return false;
    case 'function':
      return row.id === functionId;
    case 'input':
      return row.parent_id === functionId;
    case 'invocation':
      return row.parent_id?.startsWith(`${functionId}/`) ?? false;
  }
}

/** Rows of the ledger file of an anchor: equal anchors lie together, so one range holds them. */
async function rowsAt(
  files: SetFiles,
  anchor: string,
  isWanted: (row: Pick<LedgerRow, 'unit' | 'id' | 'parent_id'>) => boolean,
): Promise<LedgerRow[]> {
  const entries = entriesOf(files, 'ledger');
  const entry = entries[partOfId(anchor, entries.length)];
  if (entry === undefined) return [];
  const file = await openLedger(files, entry);
  const columns = await file.readColumns(['unit', 'id', 'parent_id']);
  const from = columns.findIndex(isWanted);
  if (from < 0) return [];
  const length = columns.slice(from).findIndex((row) => !isWanted(row));
  return await file.read({ from, to: length < 0 ? columns.length : from + length });
}

async function recordRows(files: SetFiles, label: string): Promise<LedgerRow[]> {
  return await rowsAt(
    files,
    recordAnchor(label),
    (row) => row.unit === 'record' && row.id === label,
  );
}

async function functionsOfRecord(files: SetFiles, label: string): Promise<string[]> {
  const found = new Set<string>();
  for (const entry of entriesOf(files, 'ledger')) {
    const rows = await (await openLedger(files, entry)).readColumns(['unit', 'id', 'parent_id']);
    for (const { unit, id, parent_id } of rows) {
      if (unit === 'function' && parent_id === label) found.add(id);
    }
  }
  return [...found];
}

/** The rows of a function that a focus keeps: its own, and of inputs and invocations the ones in question. */
function narrowed(rows: readonly LedgerRow[], focus: Focus): LedgerRow[] {
  const inputId = inputInFocus(rows, focus);
  if (inputId === null) return [...rows];
  return rows.filter(({ unit, id, parent_id }) => {
    if (unit === 'input') return id === inputId;
    return unit === 'invocation' ? parent_id === inputId : true;
  });
}

/** Ledger id of the input that the focus is on; null where it is on all. */
function inputInFocus(rows: readonly LedgerRow[], focus: Focus): string | null {
  switch (focus.kind) {
    case 'record':
    case 'function':
      return null;
    case 'input':
      return `${focus.functionId}/${focus.inputId}`;
    case 'invocation':
      return rows.find((row) => row.id === focus.rowId)?.parent_id ?? null;
    case 'input-index': {
      // Kept inputs stand in the ledger in the order of their index.
      const kept = rows.filter((row) => row.unit === 'input' && row.outcome === 'kept');
      const input = kept[focus.index];
      if (input !== undefined) return input.id;
      throw notFound(
        `#${String(focus.index)}`,
        `is no kept input: the function has ${String(kept.length)}, counted from 0`,
      );
    }
  }
}

/** Where a record held a function but another one was kept in its place, the other's fate is not followed. */
async function chainOfFunction(files: SetFiles, focus: Focus): Promise<LedgerRow[]> {
  if (focus.kind === 'record') return [];
  const { functionId } = focus;
  const rows = await rowsAt(files, functionId, (row) => isOf(row, functionId));
  const labels = new Set(rows.flatMap((row) => (row.unit === 'function' ? [row.parent_id] : [])));
  const records: LedgerRow[] = [];
  for (const label of labels) {
    if (label !== null && records.length < FUNCTIONS_MAX) {
      records.push(...(await recordRows(files, label)));
    }
  }
  return [...records, ...narrowed(rows, focus)];
}

async function chainOfRecord(files: SetFiles, label: string): Promise<WhyChain> {
  const functions = await functionsOfRecord(files, label);
  const links = await recordRows(files, label);
  for (const functionId of functions.slice(0, FUNCTIONS_MAX)) {
    const rows = await rowsAt(files, functionId, (row) => isOf(row, functionId));
    // Of a function that stands in several records, this record's own occurrence.
    links.push(...rows.filter((row) => row.unit !== 'function' || row.parent_id === label));
  }
  return {
    links: links.slice(0, LINKS_MAX),
    cut: functions.length > FUNCTIONS_MAX || links.length > LINKS_MAX,
  };
}

async function chainOf(files: SetFiles, focus: Focus): Promise<WhyChain> {
  if (focus.kind === 'record') return await chainOfRecord(files, focus.label);
  const links = await chainOfFunction(files, focus);
  return { links: links.slice(0, LINKS_MAX), cut: links.length > LINKS_MAX };
}

/**
 * What became of a record (`file.jsonl:17`), a function (`path::qualname` or its id), an input (`path::qualname#k` or
 * its id) or an invocation (its row id); prefixes of ids do. Throws AppError `row-not-found`, `object-missing`.
 */
export async function whyChain(store: ObjectStore, set: string, thing: string): Promise<WhyChain> {
  const files = await openSet(store, set);
  const chain = await chainOf(files, await resolveThing(files, thing));
  if (chain.links.length === 0) throw notFound(thing, 'is not in the ledger of this set');
  return chain;
}

async function rowAt(files: SetFiles, file: string, index: number): Promise<FoundRow> {
  const entry: Pick<ObjectEntry, 'key'> = { key: file };
  const rows = await (await openRows(files, entry)).read({ from: index, to: index + 1 });
  const row = rows[0];
  if (row !== undefined) return { row, file, index };
  throw new AppError('object-damaged', `${file} has no row ${String(index)}`);
}

const STRAIN_COLUMNS = ['n_events', 'n_calls', 'kind', 'labels', 'return_type', 'outcome'] as const;

/**
 * How much a reader has to bear: some twenty events show a loop and fit a screen; one frame, own text and no label read
 * easiest, and a list that grows shows more than a number.
 */
function strain(row: Pick<TraceRow, (typeof STRAIN_COLUMNS)[number]>): number {
  return (
    Math.abs(row.n_events - 21) +
    (row.n_calls > 1 ? 50 : 0) +
    (row.labels.length > 0 ? 25 : 0) +
    (row.return_type === 'list' ? 0 : 10) +
    (row.kind === 'source' ? 0 : 200) +
    (row.outcome === 'returned' ? 0 : 1_000)
  );
}

/** A row that reads well on one screen: few events, accepted, returned where there is one. */
async function shortRow(files: SetFiles): Promise<FoundRow> {
  for (const table of ['traces', 'rejected'] as const) {
    for (const entry of entriesOf(files, table)) {
      const file = await openRows(files, entry);
      const rows = await file.readColumns(STRAIN_COLUMNS);
      let best = -1;
      for (const [index, row] of rows.entries()) {
        const kept = rows[best];
        if (kept === undefined || strain(row) < strain(kept)) best = index;
      }
      if (best >= 0) return await rowAt(files, entry.key, best);
    }
  }
  throw new AppError('row-not-found', `set ${JSON.stringify(files.manifest.set)} has no rows`);
}

/** A published row by what whyChain takes, the first where several are meant; null picks a short accepted one. */
export async function findRow(
  store: ObjectStore,
  set: string,
  thing: string | null,
): Promise<FoundRow> {
  const files = await openSet(store, set);
  if (thing === null) return await shortRow(files);
  const focus = await resolveThing(files, thing);
  const { links } = await chainOf(files, focus);
  const invocations = links.filter((link) => link.unit === 'invocation');
  const own = focus.kind === 'invocation' ? focus.rowId : null;
  const found = invocations.find((link) => link.file !== null && (own === null || link.id === own));
  if (found?.file !== undefined && found.file !== null && found.row !== null) {
    return await rowAt(files, found.file, found.row);
  }
  const why = invocations.flatMap((link) => link.reasons)[0] ?? links.at(-1)?.reasons[0];
  throw notFound(thing, `has no published row${why === undefined ? '' : ` (${why})`}`);
}
