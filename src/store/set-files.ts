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
