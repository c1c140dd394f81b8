// Digests over decoded rows: row_digest of one row, path_digest of its events, rowsDigest of an object. They do not
// depend on Parquet, its encodings or its compressor, so any reader can make them again (docs/data-set.md).
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { asId } from '../contract/ids.ts';
import type { Digest } from '../contract/ids.ts';
import type { TraceRow } from '../contract/row.ts';
import { TRACE_COLUMNS } from '../contract/tables.ts';
import type { ColumnType } from '../contract/tables.ts';
import type { LossSpan } from '../contract/text.ts';

type Cell = string | number | boolean | null | readonly (string | LossSpan)[];
type ColumnList = Readonly<Record<string, ColumnType>>;

/** A call of the hash costs as much as some hundred bytes of it: short fields go in together. */
const GATHERED_CHARACTERS = 4_096;

/** The framing of digestOf (digest.ts), field by field, for what is too large to hold as a list of texts. */
class FieldDigest {
  readonly #hash: Hash = createHash('sha256');
  #gathered = '';

  constructor(what: string) {
    this.add(`tracemill/${what}/1`);
  }

  add(field: string): void {
    this.#gathered += `${String(Buffer.byteLength(field, 'utf8'))}:`;
    if (field.length > GATHERED_CHARACTERS) {
      this.#flush();
      this.#hash.update(field, 'utf8');
      return;
    }
    // No code point lies across two updates: fields are gathered whole, each as well-formed as it was given.
    this.#gathered += field;
    if (this.#gathered.length > GATHERED_CHARACTERS) this.#flush();
  }

  finish(): Digest {
    this.#flush();
    return asId<Digest>(this.#hash.digest('hex'));
  }

  #flush(): void {
    this.#hash.update(this.#gathered, 'utf8');
    this.#gathered = '';
  }
}

function singleHex(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return bytes.toString('hex');
}

/** One field per cell, its type's letter first; a list is its length, then one field per item. */
function addCell(digest: FieldDigest, type: ColumnType, cell: Cell): void {
  if (cell === null) digest.add('n');
  else if (typeof cell === 'string') digest.add(`s${cell}`);
  else if (typeof cell === 'boolean') digest.add(cell ? 'b1' : 'b0');
  else if (typeof cell === 'number') {
    digest.add(type === 'float32?' ? `f${singleHex(cell)}` : `i${String(cell)}`);
  } else {
    digest.add(`l${String(cell.length)}`);
    for (const item of cell) {
      if (typeof item === 'string') digest.add(`s${item}`);
      else for (const end of [item.start, item.end]) digest.add(`i${String(end)}`);
    }
  }
}

/** Digest of all columns but `row_digest` itself, in schema order. */
export function rowDigestOf(row: Omit<TraceRow, 'row_digest'>): Digest {
  const digest = new FieldDigest('trace-row');
  const cells: Readonly<Record<string, Cell>> = { ...row };
  for (const [name, type] of Object.entries(TRACE_COLUMNS)) {
    if (name !== 'row_digest') addCell(digest, type, cells[name] ?? null);
  }
  return digest.finish();
}

export interface PathStep {
  readonly kind: string;
  readonly frame: number;
  readonly line: number;
}

/** Digest of (kind, frame, line) of all events. */
export function pathDigestOf(events: Iterable<PathStep>): Digest {
  const digest = new FieldDigest('path');
  for (const { kind, frame, line } of events) {
    digest.add(kind);
    digest.add(String(frame));
    digest.add(String(line));
  }
  return digest.finish();
}

/** The same of lines `kind frame line`, one for each event. */
export function pathTextDigest(path: string): Digest {
  const digest = new FieldDigest('path');
  if (path !== '') for (const field of path.split(/[ \n]/)) digest.add(field);
  return digest.finish();
}

/** Digest of a table's column names and types and of all its rows in order, fed piece by piece. */
export class RowsDigest {
  readonly #digest = new FieldDigest('rows');
  readonly #columns: readonly (readonly [string, ColumnType])[];

  constructor(columns: ColumnList) {
    this.#columns = Object.entries(columns);
    for (const [name, type] of this.#columns) this.#digest.add(`${name} ${type}`);
  }

  add(rows: Iterable<object>): void {
    for (const row of rows) {
      const cells: Readonly<Record<string, Cell>> = { ...row };
      for (const [name, type] of this.#columns) addCell(this.#digest, type, cells[name] ?? null);
    }
  }

  finish(): Digest {
    return this.#digest.finish();
  }
}

export function rowsDigestOf(columns: ColumnList, rows: Iterable<object>): Digest {
  const digest = new RowsDigest(columns);
  digest.add(rows);
  return digest.finish();
}
