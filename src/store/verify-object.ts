// Checks one object of a set against its manifest entry and against itself: bytes, rows, order, ids and digests.
import { functionIdOf, invocationIdOf, rowIdOf, sha256 } from '../identity/digest.ts';
import { RowsDigest, pathDigestOf, rowDigestOf } from '../identity/row-digest.ts';
import type { PathStep } from '../identity/row-digest.ts';
import type { EnvironmentId, InputId } from '../contract/ids.ts';
import type { FunctionKind, Granularity, Scope } from '../contract/function.ts';
import type { Limits } from '../contract/limits.ts';
import type { ObjectEntry, TraceRow } from '../contract/row.ts';
import { isInRange, rangeOfPart } from '../core/part-count.ts';
import { isAppError } from '../errors.ts';
import { keyInStore } from './set-files.ts';
import type { SetFiles } from './set-files.ts';
import { openTableBytes } from './table-file.ts';
import type { TableFile } from './table-file.ts';
import { LEDGER, REJECTED, TEXT, TRACES } from './tables.ts';
import type { Table } from './tables.ts';

/** Problems told of one object: more say nothing new. */
const PROBLEMS_MAX = 5;

class Problems {
  readonly list: string[] = [];

  add(problem: string): void {
    if (this.list.length < PROBLEMS_MAX) this.list.push(problem);
  }
}

/** What is wrong with an object; empty where it is whole. Throws AppError `store-*` where it cannot be read at all. */
export async function problemsOfObject(
  files: SetFiles,
  entry: ObjectEntry,
): Promise<readonly string[]> {
  const problems = new Problems();
  const key = keyInStore(files, entry);
  try {
    const body = await files.store.get(key);
    if (body.length !== entry.bytes) {
      problems.add(`has ${String(body.length)} bytes instead of ${String(entry.bytes)}`);
    }
    if (sha256(body) !== entry.digest) problems.add('does not have the digest of the manifest');
    if (entry.key.endsWith('.parquet')) await checkTable(entry, body, problems);
  } catch (error) {
    const isAboutObject =
      isAppError(error) && ['object-missing', 'object-damaged'].includes(error.code);
    if (!isAboutObject) throw error;
    problems.add(error.code === 'object-missing' ? 'is missing' : `is damaged: ${error.message}`);
  }
  return problems.list;
}

async function checkTable(entry: ObjectEntry, body: Uint8Array, problems: Problems): Promise<void> {
  if (entry.key.startsWith('ledger/')) {
    const file = await openTableBytes(LEDGER, body, entry.key);
    await checkRows(entry, { table: LEDGER, file }, { problems, each: () => undefined });
    return;
  }
  if (entry.key.startsWith('text/')) {
    const file = await openTableBytes(TEXT, body, entry.key);
    await checkRows(entry, { table: TEXT, file }, { problems, each: () => undefined });
    return;
  }
  const table = entry.key.startsWith('traces/') ? TRACES : REJECTED;
  const file = await openTableBytes(table, body, entry.key);
  const each = (row: TraceRow, index: number): void => {
    for (const wrong of wrongInRow(entry, row)) problems.add(`row ${String(index)}: ${wrong}`);
  };
  await checkRows(entry, { table, file }, { problems, each });
}

async function checkRows<Row extends object>(
  entry: ObjectEntry,
  { table, file }: { readonly table: Table<Row>; readonly file: TableFile<Row> },
  check: { readonly problems: Problems; readonly each: (row: Row, index: number) => void },
): Promise<void> {
  const { problems } = check;
  const digest = new RowsDigest(table.columns);
  let last: Row | null = null;
  let index = 0;
  for await (const chunk of file.chunks()) {
    digest.add(chunk);
    for (const row of chunk) {
      if (last !== null && table.order !== null && table.order(last, row) > 0) {
        problems.add(`row ${String(index)} is out of order`);
      }
      check.each(row, index);
      last = row;
      index += 1;
    }
  }
  if (index !== entry.rows) {
    problems.add(`has ${String(index)} rows instead of ${String(entry.rows)}`);
  }
  if (digest.finish() !== entry.rowsDigest) problems.add('has other rows than the manifest says');
}

function partOf(
  key: string,
): { readonly split: string; readonly part: number; readonly parts: number } | null {
  const match = /\/([a-z]+)-(\d{5})-of-(\d{5})\.parquet$/.exec(key);
  if (match?.[1] === undefined) return null;
  return { split: match[1], part: Number(match[2]), parts: Number(match[3]) };
}

/** Recomputes what a row says of itself. input_id is over CPython's canonical form, which only a sandbox can make again. */
function* wrongInRow(entry: ObjectEntry, row: TraceRow): Generator<string> {
  if (functionIdOf(row.kind as FunctionKind, row.source, row.entry) !== row.function_id) {
    yield 'function_id is not the digest of its function';
  }
  const invocationId = invocationIdOf({
    functionId: functionIdOf(row.kind as FunctionKind, row.source, row.entry),
    inputId: row.input_id as InputId,
    granularity: row.granularity as Granularity,
    scope: row.scope as Scope,
    limits: parsed(row.limits, {}) as Limits,
  });
  if (rowIdOf(invocationId, row.environment as EnvironmentId) !== row.id) {
    yield 'id is not the digest of its invocation';
  }
  const events = parsed(row.events, null);
  if (!Array.isArray(events)) yield 'events is not a JSON array';
  else if (pathDigestOf(events as PathStep[]) !== row.path_digest) {
    yield 'path_digest is not the digest of its events';
  }
  if (rowDigestOf(row) !== row.row_digest) yield 'row_digest is not the digest of the row';
  if (entry.key.startsWith('traces/') !== (row.reasons.length === 0)) {
    yield 'its reasons and its table disagree';
  }
  const place = partOf(entry.key);
  if (place === null || !isInRange(row.function_id, rangeOfPart(place.part, place.parts))) {
    yield 'belongs to another part';
  }
  if (place !== null && place.split !== row.split) yield 'belongs to another split';
}

function parsed(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not JSON is reported by the caller as a wrong id or wrong events.
    return otherwise;
  }
}
