// The files of a published set as its manifest lists them, opened by table.
import type { LedgerRow, ObjectEntry, TraceRow } from '../contract/row.ts';
import { setPrefix } from '../core/keys.ts';
import type { SetTable } from '../core/keys.ts';
import type { SetManifest } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';
import { openStored } from './stored-table.ts';
import type { TableFile } from './table-file.ts';
import { LEDGER, REJECTED, TEXT, TRACES } from './tables.ts';

export interface SetFiles {
  readonly store: ObjectStore;
  readonly manifest: SetManifest;
}

/** Entries of one table in part order, which is the order of their names. */
export function entriesOf(
  { manifest }: SetFiles,
  table: SetTable | 'text',
): readonly ObjectEntry[] {
  return manifest.objects
    .filter(({ key }) => key.startsWith(`${table}/`))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The table and the split that a file of a set belongs to: `traces/train`. */
export function shelfOfFile(key: string): string {
  return key.replace(/-\d{5}-of-\d{5}\.parquet$/, '');
}

/** What reads each shelf of the tables of rows in its order, by the name of the shelf. */
export function byShelf<T>(
  files: SetFiles,
  open: (entries: readonly ObjectEntry[]) => T,
): ReadonlyMap<string, T> {
  const shelves = new Map<string, ObjectEntry[]>();
  for (const entry of replayedEntries(files)) {
    const shelf = shelfOfFile(entry.key);
    const entries = shelves.get(shelf);
    if (entries === undefined) shelves.set(shelf, [entry]);
    else entries.push(entry);
  }
  return new Map([...shelves].map(([shelf, entries]) => [shelf, open(entries)]));
}

/** The files whose rows were executed, in one order for whoever replays them. */
export function replayedEntries(files: SetFiles): readonly ObjectEntry[] {
  return [...entriesOf(files, 'traces'), ...entriesOf(files, 'rejected')];
}

export function keyInStore({ manifest }: SetFiles, entry: Pick<ObjectEntry, 'key'>): string {
  return `${setPrefix(manifest.set)}${entry.key}`;
}

export async function openRows(
  files: SetFiles,
  entry: Pick<ObjectEntry, 'key'>,
): Promise<TableFile<TraceRow>> {
  const table = entry.key.startsWith('traces/') ? TRACES : REJECTED;
  return await openStored(files.store, table, keyInStore(files, entry));
}

/** A file of any table, for whoever takes its rows as they are. */
export async function openTableOf(
  files: SetFiles,
  entry: Pick<ObjectEntry, 'key'>,
): Promise<TableFile<object>> {
  if (entry.key.startsWith('ledger/')) return await openLedger(files, entry);
  if (!entry.key.startsWith('text/')) return await openRows(files, entry);
  return await openStored(files.store, TEXT, keyInStore(files, entry));
}

export async function openLedger(
  files: SetFiles,
  entry: Pick<ObjectEntry, 'key'>,
): Promise<TableFile<LedgerRow>> {
  return await openStored(files.store, LEDGER, keyInStore(files, entry));
}
