// Two versions of a set side by side: ledgers and tables of both are sorted by function, so that they are read once, and
// one function of each is held.
import type { LedgerRow, ObjectEntry, TraceRow } from '../contract/row.ts';
import { functionName } from '../core/causes.ts';
import { rowChangeOf } from '../core/row-change.ts';
import type { InputFate, RowChange } from '../core/row-change.ts';
import { AppError } from '../errors.ts';
import { anchorOf } from './ledger-rows.ts';
import type { SetManifest } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';
import { byShelf, entriesOf, openLedger, openRows, shelfOfFile } from './set-files.ts';
import type { SetFiles } from './set-files.ts';

/** Examples by format of both versions; null where one has no texts. `same`: all their files have the same bytes. */
export function textsOf(before: SetManifest, after: SetManifest) {
  const filesOf = ({ objects }: SetManifest): string =>
    objects
      .flatMap(({ key, digest }) => (key.startsWith('text/') ? [`${key} ${digest}`] : []))
      .sort()
      .join();
  return {
    before: before.text?.counts.byFormat ?? null,
    after: after.text?.counts.byFormat ?? null,
    same: filesOf(before) === filesOf(after),
  };
}

/** All columns of a row but the large ones: what a row may differ in and be told about. */
const COLUMNS = [
  ...['id', 'function_id', 'input_id', 'input_index', 'cluster_id', 'environment', 'split'],
  ...['entry', 'kind', 'format_version', 'input_origin', 'llm_model', 'python', 'tracer'],
  ...['granularity', 'scope', 'limits', 'outcome', 'limit_hit', 'exception_type', 'return_type'],
  ...['return_is_literal', 'slice_verified', 'n_events', 'n_lines', 'n_calls', 'depth_max'],
  ...['n_cut_values', 'n_opaque', 'path_digest', 'row_digest', 'opaque_callees', 'labels'],
  ...['reasons', 'contaminated_by', 'line_coverage', 'branch_coverage', 'repository', 'path'],
  ...['commit', 'qualname', 'license', 'license_source', 'line_start', 'line_end'],
] as (keyof TraceRow)[];

type LightRow = Pick<TraceRow, keyof TraceRow>;

export interface DiffRow extends RowChange {
  readonly functionId: string;
  readonly inputId: string;
  /** `path::qualname#k` of the newer version where it has the row, or the begin of the function's id. */
  readonly name: string;
  /** Row ids. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Published rows of a shelf in order, taken one by one. */
async function* lightRows(
  files: SetFiles,
  entries: readonly ObjectEntry[],
): AsyncGenerator<LightRow> {
  for (const entry of entries) {
    const file = await openRows(files, entry);
    for await (const { rows } of file.columnChunks(COLUMNS)) yield* rows;
  }
}

/** What one version says of one function. */
interface FunctionSide {
  readonly functionId: string;
  readonly links: readonly LedgerRow[];
  /** By input id. */
  readonly rows: ReadonlyMap<string, LightRow>;
}

/** Records are left out: a row has a function. */
async function* ledgerGroups(files: SetFiles): AsyncGenerator<readonly LedgerRow[]> {
  let group: LedgerRow[] = [];
  for (const entry of entriesOf(files, 'ledger')) {
    for await (const links of (await openLedger(files, entry)).chunks()) {
      for (const link of links) {
        if (link.unit === 'record') continue;
        const [first] = group;
        if (first !== undefined && anchorOf(first) !== anchorOf(link)) {
          yield group;
          group = [];
        }
        group.push(link);
      }
    }
  }
  if (group.length > 0) yield group;
}

async function* sidesOf(files: SetFiles): AsyncGenerator<FunctionSide> {
  const shelves = byShelf(files, (entries) => lightRows(files, entries));
  for await (const links of ledgerGroups(files)) {
    const rows = new Map<string, LightRow>();
    for (const { unit, verdict, id, file } of links) {
      if (unit !== 'invocation' || (verdict !== 'accepted' && verdict !== 'rejected')) continue;
      const next = await shelves.get(shelfOfFile(file ?? ''))?.next();
      if (next === undefined || next.done === true || next.value.id !== id) {
        throw new AppError(
          'object-damaged',
          `set ${JSON.stringify(files.manifest.set)} has a ledger that its rows do not follow; \`tracemill verify\` says where`,
        );
      }
      rows.set(next.value.input_id, next.value);
    }
    yield { functionId: links[0] === undefined ? '' : anchorOf(links[0]), links, rows };
  }
}

/** Functions of both versions in the order of their ids. */
async function* joined(
  before: AsyncIterator<FunctionSide>,
  after: AsyncIterator<FunctionSide>,
): AsyncGenerator<readonly [FunctionSide | null, FunctionSide | null]> {
  let a = await before.next();
  let b = await after.next();
  while (a.done !== true || b.done !== true) {
    const left = a.done === true ? null : a.value;
    const right = b.done === true ? null : b.value;
    const isLeft = left !== null && (right === null || left.functionId <= right.functionId);
    const isRight = right !== null && (left === null || right.functionId <= left.functionId);
    yield [isLeft ? left : null, isRight ? right : null];
    if (isLeft) a = await before.next();
    if (isRight) b = await after.next();
  }
}

function fateOf(side: FunctionSide | null, inputId: string): InputFate {
  if (side === null) return { kind: 'absent', what: 'function' };
  const row = side.rows.get(inputId);
  const key = `${side.functionId}/${inputId}`;
  const run = side.links.find((link) => link.unit === 'invocation' && link.parent_id === key);
  if (run !== undefined) {
    if (run.verdict === 'duplicate') return { kind: 'duplicate' };
    if (run.verdict === null) return { kind: 'faulted', code: run.reasons[0] ?? 'faulted' };
    return { kind: run.verdict, reasons: run.reasons, digest: row?.row_digest ?? '' };
  }
  const own = side.links.filter(({ unit }) => unit === 'function');
  const kept = own.some(({ outcome }) => outcome === 'kept');
  const input = side.links.find((link) => link.unit === 'input' && link.id === key);
  if (!kept) return { kind: 'dropped', unit: 'function', reasons: own[0]?.reasons ?? [] };
  if (input !== undefined) return { kind: 'dropped', unit: 'input', reasons: input.reasons };
  return { kind: 'absent', what: 'input' };
}

function differing(a: LightRow | undefined, b: LightRow | undefined): readonly string[] {
  if (a === undefined || b === undefined) return [];
  const names = COLUMNS.filter(
    (name) => name !== 'row_digest' && JSON.stringify(a[name]) !== JSON.stringify(b[name]),
  );
  return names.length > 0 ? names : ['texts or events'];
}

function nameOf(row: LightRow | undefined, functionId: string): string {
  if (row === undefined) return functionId.slice(0, 12);
  return `${functionName({ ...row, function_id: functionId })}#${String(row.input_index)}`;
}

export interface DiffSummary {
  /** Rows of both versions that are the same to the last byte. */
  same: number;
}

/**
 * Every published row of either version that is not the same in the other, with why, in the order of function and input.
 * Throws AppError `object-damaged`, `store-*`.
 */
export async function* diffSets(
  store: ObjectStore,
  sets: { readonly before: SetManifest; readonly after: SetManifest },
  summary: DiffSummary,
): AsyncGenerator<DiffRow> {
  const before = sidesOf({ store, manifest: sets.before });
  const after = sidesOf({ store, manifest: sets.after });
  for await (const [a, b] of joined(before, after)) {
    const functionId = (a ?? b)?.functionId ?? '';
    const inputIds = new Set([...(a?.rows.keys() ?? []), ...(b?.rows.keys() ?? [])]);
    for (const inputId of [...inputIds].sort()) {
      const rows = [a?.rows.get(inputId), b?.rows.get(inputId)] as const;
      const change = rowChangeOf(fateOf(a, inputId), fateOf(b, inputId), () => differing(...rows));
      if (change === null) {
        summary.same += 1;
        continue;
      }
      const [was, is] = rows;
      const name = nameOf(is ?? was, functionId);
      yield {
        ...change,
        functionId,
        inputId,
        name,
        before: was?.id ?? null,
        after: is?.id ?? null,
      };
    }
  }
}
