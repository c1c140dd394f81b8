// What a person's words mean in a finished set: an id or a prefix of one, `path::qualname#k`, or a record's label.
import type { FunctionPayload } from '../contract/sealed-rows.ts';
import type { SetFiles } from './set-files.ts';
import { entriesOf, openLedger, openRows } from './set-files.ts';
import { readPages } from './ledger-pages.ts';
import { AppError } from '../errors.ts';
import { openStored } from './stored-table.ts';
import { INGEST } from './tables.ts';

/** What to tell of: a record with all its functions, or one function, narrowed to an input or an invocation. */
export type Focus =
  | { readonly kind: 'record'; readonly label: string }
  | { readonly kind: 'function'; readonly functionId: string }
  | { readonly kind: 'input-index'; readonly functionId: string; readonly index: number }
  | { readonly kind: 'input'; readonly functionId: string; readonly inputId: string }
  | { readonly kind: 'invocation'; readonly functionId: string; readonly rowId: string };

const HEX_PREFIX = /^[0-9a-f]{4,64}$/;
const HEX_TOO_SHORT = /^[0-9a-f]{1,3}$/;
const INPUT_PAIR = /^([0-9a-f]{64})\/([0-9a-f]{64})$/;
const NAME = /^(.*)::([^#]*)(?:#(\d{1,6}))?$/;

export function notFound(thing: string, why: string): AppError {
  return new AppError('row-not-found', `${JSON.stringify(thing)} ${why}`);
}

/** Throws AppError `row-not-found` where nothing or more than one thing is meant. */
export async function resolveThing(files: SetFiles, thing: string): Promise<Focus> {
  const pair = INPUT_PAIR.exec(thing);
  if (pair?.[1] !== undefined && pair[2] !== undefined) {
    return { kind: 'input', functionId: pair[1], inputId: pair[2] };
  }
  if (HEX_PREFIX.test(thing)) {
    const byId = await resolvePrefix(files, thing);
    if (byId !== null) return byId;
  }
  const name = NAME.exec(thing);
  if (name?.[1] !== undefined && name[2] !== undefined) {
    const wanted = { path: name[1], qualname: name[2] };
    const functionId = (await namedInRows(files, wanted)) ?? (await namedInIngest(files, wanted));
    if (functionId === null) throw notFound(thing, 'names no function of this set');
    if (name[3] === undefined) return { kind: 'function', functionId };
    return { kind: 'input-index', functionId, index: Number(name[3]) };
  }
  return await resolveLabel(files, thing);
}

function focusOfId(unit: string, id: string, parentId: string | null): Focus {
  if (unit === 'function') return { kind: 'function', functionId: id };
  const [functionId = '', inputId = ''] = (unit === 'input' ? id : (parentId ?? '')).split('/');
  if (unit === 'input') return { kind: 'input', functionId, inputId };
  return { kind: 'invocation', functionId, rowId: id };
}

/** Functions, inputs and invocations whose id begins so. */
async function resolvePrefix(files: SetFiles, prefix: string): Promise<Focus | null> {
  const found = new Map<string, Focus>();
  for (const entry of entriesOf(files, 'ledger')) {
    const rows = await (await openLedger(files, entry)).readColumns(['unit', 'id', 'parent_id']);
    for (const { unit, id, parent_id } of rows) {
      const own = unit === 'input' ? id.slice(id.indexOf('/') + 1) : id;
      if (unit === 'record' || !own.startsWith(prefix)) continue;
      found.set(`${unit} ${id}`, focusOfId(unit, id, parent_id));
    }
  }
  if (found.size > 1) {
    throw notFound(prefix, `begins ${String(found.size)} ids of this set; give more of it`);
  }
  return [...found.values()][0] ?? null;
}

async function resolveLabel(files: SetFiles, label: string): Promise<Focus> {
  const ends = new Set<string>();
  for (const entry of entriesOf(files, 'ledger')) {
    for (const { unit, id } of await (await openLedger(files, entry)).readColumns(['unit', 'id'])) {
      if (unit !== 'record') continue;
      if (id === label) return { kind: 'record', label };
      if (id.endsWith(`/${label}`)) ends.add(id);
    }
  }
  const [only] = ends;
  if (only !== undefined && ends.size === 1) return { kind: 'record', label: only };
  if (ends.size > 1) throw notFound(label, `ends ${String(ends.size)} labels of this set`);
  const why = HEX_TOO_SHORT.test(label)
    ? 'is too short for an id; give at least 4 of its digits'
    : 'is no record, function, input or row of this set';
  throw notFound(label, why);
}

interface Name {
  readonly path: string;
  readonly qualname: string;
}

function isPath(found: string | null, wanted: string): boolean {
  return found !== null && (found === wanted || found.endsWith(`/${wanted}`));
}

/** `module:qualname` of kind import is named by its qualname. */
function isEntry(entry: string, qualname: string): boolean {
  return entry === qualname || entry.endsWith(`:${qualname}`);
}

/** Functions that have a published row. */
async function namedInRows(files: SetFiles, name: Name): Promise<string | null> {
  for (const table of ['traces', 'rejected'] as const) {
    for (const entry of entriesOf(files, table)) {
      const file = await openRows(files, entry);
      const rows = await file.readColumns(['function_id', 'path', 'qualname', 'entry']);
      const found = rows.find(
        (row) =>
          isPath(row.path, name.path) &&
          (row.qualname === name.qualname || isEntry(row.entry, name.qualname)),
      );
      if (found !== undefined) return found.function_id;
    }
  }
  return null;
}

/** Functions without a published row: only the job's own ingest objects know their names. */
async function namedInIngest(files: SetFiles, name: Name): Promise<string | null> {
  const { jobId, revision, plan } = files.manifest;
  const pages = await readPages(
    files.store,
    { jobId, revision, planDigest: plan.digest },
    { pass: 'ingest', batchCount: plan.batches },
  );
  for (const page of pages) {
    const file = await openStored(files.store, INGEST, page.key);
    for await (const rows of file.chunks()) {
      for (const { unit, id, payload } of rows) {
        if (unit !== 'function' || payload === null) continue;
        if (isNamed(JSON.parse(payload) as FunctionPayload, name)) return id;
      }
    }
  }
  return null;
}

function isNamed({ provenance, entry }: FunctionPayload, { path, qualname }: Name): boolean {
  return (
    (isPath(provenance.path, path) || isPath(provenance.label, path)) &&
    (provenance.qualname === qualname || isEntry(entry, qualname))
  );
}
