// A published set somewhere else: its objects byte for byte, or its tables as lines of JSON. Streams; what is there already
// with the same bytes is left, and with other bytes refused.
import type { ObjectEntry } from '../contract/row.ts';
import { setManifestKey } from '../core/keys.ts';
import { AppError } from '../errors.ts';
import { sha256 } from '../identity/digest.ts';
import { checkedObject } from './checked-body.ts';
import { readSetManifest } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';
import { keyInStore, openTableOf } from './set-files.ts';
import type { SetFiles } from './set-files.ts';

export const EXPORT_FORMATS = ['parquet', 'jsonl'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A file of the export; size and digest are null until it was made. */
export interface ExportFile {
  /** Relative to the target. */
  readonly name: string;
  readonly known: { readonly bytes: number; readonly digest: string } | null;
  open(): AsyncIterable<Uint8Array>;
}

export interface ExportedFile {
  readonly name: string;
  readonly bytes: number;
  readonly digest: string;
  /** `there`: the target had it with these bytes. */
  readonly how: 'written' | 'there';
}

export interface ExportTarget {
  /** Throws AppError `export-conflict` where the name is taken by other bytes. */
  put(file: ExportFile): Promise<ExportedFile>;
}

/** Lines that are encoded at once. */
const LINES_CHARACTERS = 1024 * 1024;
/** A set's manifest names files below the set, and nothing else is written for it. */
const NAME = /^(?!.*(?:^|\/)\.\.?(?:\/|$))[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;

/** An object as it is, checked against the digest that the manifest has for it. */
function asItIs(files: SetFiles, entry: ObjectEntry): ExportFile {
  const { bytes, digest } = entry;
  const key = keyInStore(files, entry);
  const open = () => checkedObject(files.store, key, { bytes, digest });
  return { name: entry.key, known: { bytes, digest }, open };
}

function inMemory(name: string, body: Uint8Array): ExportFile {
  return {
    name,
    known: { bytes: body.length, digest: sha256(body) },
    open: async function* () {
      yield await Promise.resolve(body);
    },
  };
}

async function* lines(files: SetFiles, entry: ObjectEntry): AsyncGenerator<Uint8Array> {
  const file = await openTableOf(files, entry);
  let text = '';
  for await (const rows of file.chunks()) {
    for (const row of rows) {
      text += `${JSON.stringify(row)}\n`;
      if (text.length < LINES_CHARACTERS) continue;
      yield Buffer.from(text, 'utf8');
      text = '';
    }
  }
  if (text !== '') yield Buffer.from(text, 'utf8');
}

function asLines(files: SetFiles, entry: ObjectEntry): ExportFile {
  return {
    name: entry.key.replace(/\.parquet$/, '.jsonl'),
    known: null,
    open: () => lines(files, entry),
  };
}

/** The tables, and of the documents those that are true of the format. */
async function filesOf(files: SetFiles, format: ExportFormat): Promise<ExportFile[]> {
  const { objects, set } = files.manifest;
  const wrong = objects.find(({ key }) => !NAME.test(key));
  if (wrong !== undefined) {
    throw new AppError(
      'object-damaged',
      `set ${JSON.stringify(set)} names a file ${JSON.stringify(wrong.key)}`,
    );
  }
  const manifest = inMemory('manifest.json', await files.store.get(setManifestKey(set)));
  if (format === 'parquet') return [...objects.map((entry) => asItIs(files, entry)), manifest];
  const tables = objects.filter(({ key }) => key.endsWith('.parquet'));
  const examples = objects.filter(({ key }) => key === 'examples.jsonl');
  return [
    ...tables.map((entry) => asLines(files, entry)),
    ...examples.map((entry) => asItIs(files, entry)),
    manifest,
  ];
}

/** `sha256sum --check` reads it. */
function sums(exported: readonly ExportedFile[]): ExportFile {
  const text = exported.map(({ name, digest }) => `${digest}  ${name}\n`).join('');
  return inMemory('SHA256SUMS', Buffer.from(text, 'utf8'));
}

/**
 * In the order of the manifest, the sums last. Throws AppError `object-missing` where the set is not published,
 * `object-damaged`, `export-conflict`, `store-*`.
 */
export async function exportSet(
  store: ObjectStore,
  at: { readonly set: string; readonly format: ExportFormat },
  target: ExportTarget,
): Promise<ExportedFile[]> {
  const files: SetFiles = { store, manifest: await readSetManifest(store, at.set) };
  const exported: ExportedFile[] = [];
  for (const file of await filesOf(files, at.format)) exported.push(await target.put(file));
  exported.push(await target.put(sums(exported)));
  return exported;
}

export function exportConflict(where: string): AppError {
  return new AppError(
    'export-conflict',
    `${JSON.stringify(where)} is there already and holds other bytes; export to another place, or remove it`,
    { context: { where } },
  );
}
