// The documents of a set beside its tables: examples, Croissant, card. All are data objects, made of what the publish
// batches wrote down and of single rows that they name.
import type { ObjectEntry, TraceRow } from '../../contract/row.ts';
import { TRACE_COLUMNS } from '../../contract/tables.ts';
import { setPrefix } from '../../core/keys.ts';
import type { SetStatistics } from '../../core/set-statistics.ts';
import { sha256 } from '../../identity/digest.ts';
import type { ObjectStore } from '../object-store.ts';
import { rowsAt } from '../row-reader.ts';
import type { RowReader } from '../row-reader.ts';
import { jsonBytes, sealObject } from '../seal.ts';
import { openStored } from '../stored-table.ts';
import { REJECTED, TRACES } from '../tables.ts';
import { croissant } from './croissant.ts';
import { dataCard } from './data-card.ts';
import type { CardInput } from './data-card.ts';
import { exampleLines } from './examples.ts';
import type { ExampleRow, FoundExample, ReasonExample } from './examples.ts';

/** Of a set, beside the files of its tables and the manifest. */
export const SET_DOCUMENTS = ['README.md', 'croissant.json', 'examples.jsonl'] as const;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const EXAMPLE_COLUMNS = (Object.keys(TRACE_COLUMNS) as (keyof TraceRow)[]).filter(
  (name): name is keyof ExampleRow => name !== 'events',
);

async function withRows(
  store: ObjectStore,
  set: string,
  examples: readonly ReasonExample[],
): Promise<FoundExample[]> {
  const open = async (file: string): Promise<RowReader<ExampleRow>> => {
    const table = file.startsWith('traces/') ? TRACES : REJECTED;
    const opened = await openStored(store, table, `${setPrefix(set)}${file}`);
    return async (row) => {
      const [found] = await opened.readColumns(EXAMPLE_COLUMNS, { from: row, to: row + 1 });
      return found;
    };
  };
  const links = examples.map(({ link }) => link);
  const rows = await rowsAt(links, open);
  return examples.map((example, index) => ({ ...example, row: rows[index] ?? null }));
}

export interface DocumentsInput extends Omit<CardInput, 'examples' | 'objects'> {
  readonly examples: readonly ReasonExample[];
  /** The files of the tables. */
  readonly entries: readonly ObjectEntry[];
  readonly statistics: SetStatistics;
}

/** Writes them strictly and returns their entries. Throws AppError `shard-conflict` where one is there with other bytes. */
export async function writeDocuments(
  store: ObjectStore,
  set: string,
  input: DocumentsInput,
): Promise<ObjectEntry[]> {
  const written: ObjectEntry[] = [];
  const write = async (key: (typeof SET_DOCUMENTS)[number], body: Uint8Array): Promise<void> => {
    await sealObject(store, `${setPrefix(set)}${key}`, body);
    written.unshift({ key, bytes: body.length, rows: 0, digest: sha256(body), rowsDigest: null });
  };
  const { entries, statistics } = input;
  const examples = await withRows(store, set, input.examples);
  await write('examples.jsonl', encode(exampleLines(examples)));
  const licenses = Object.keys(statistics.tallies.license).filter((name) => name !== 'none found');
  const objects = [...entries, ...written];
  await write('croissant.json', jsonBytes(croissant({ objects, licenses })));
  const card = dataCard({ ...input, examples, objects: [...entries, ...written] });
  await write('README.md', encode(card));
  return written;
}
