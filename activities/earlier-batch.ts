// The pass earlier: the functions of one earlier set, which new ones neither repeat nor take out of their splits. Read from
// the published rows of an immutable version, a row group at a time; their trees are made anew, in a sandbox.
import type { BatchInput, BatchResult } from '../src/contract/job.ts';
import type { EnvironmentId } from '../src/contract/ids.ts';
import type { FunctionKind } from '../src/contract/function.ts';
import type { ObjectEntry, TraceRow } from '../src/contract/row.ts';
import type { EarlierRow } from '../src/contract/sealed-rows.ts';
import type { Split } from '../src/contract/split.ts';
import type { PartAddress } from '../src/core/keys.ts';
import { AppError } from '../src/errors.ts';
import { astDigestOf, contentKeyOf, sha256 } from '../src/identity/digest.ts';
import type { CorpusRecord } from '../src/schema/corpus-record.ts';
import { GroupedWriter } from '../src/store/grouped-writer.ts';
import { readSetManifest } from '../src/store/manifest.ts';
import type { Part } from '../src/store/parts.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import type { WrittenTable } from '../src/store/sealed-batch.ts';
import { openRows, replayedEntries } from '../src/store/set-files.ts';
import type { SetFiles } from '../src/store/set-files.ts';
import type { TableFile } from '../src/store/table-file.ts';
import { EARLIER } from '../src/store/tables.ts';
import { ownLines } from '../src/unique/own-text.ts';
import { analyzeRecords } from './analyze-records.ts';
import type { AnalysisRun } from './analyze-records.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeat } from './heartbeat.ts';
import { inParts, noParts } from './in-parts.ts';
import type { PartRange, PartedBeat } from './in-parts.ts';
import { loadSpec } from './load-spec.ts';
import { poolOf, requireEnvironment } from './probe-environment.ts';

/** Rises with every change of what this pass decides or writes. */
const PASS_VERSION = 1;
const SOURCE_BYTES_MAX = 1024 * 1024;
/** Functions that are analysed together, and rows that are read together: some megabytes. */
const FUNCTIONS_AT_ONCE = 64;
const WINDOW_ROWS = 1_024;
/** Windows of one part: some hundred functions, which are parsed within seconds. */
const PART_WINDOWS = 2;

const COLUMNS = [
  ...(['function_id', 'cluster_id', 'split', 'kind', 'source', 'entry'] as const),
  ...(['repository', 'line_start', 'line_end'] as const),
] as const satisfies readonly (keyof TraceRow)[];
type Held = Pick<TraceRow, (typeof COLUMNS)[number]>;

/** Rows of one file that are read together. */
interface Window {
  readonly entry: ObjectEntry;
  readonly from: number;
}

/** All rows of the set, in order. */
function windowsOf(files: SetFiles): readonly Window[] {
  return replayedEntries(files).flatMap((entry) => {
    const count = Math.ceil(entry.rows / WINDOW_ROWS);
    return Array.from({ length: count }, (_, at) => ({ entry, from: at * WINDOW_ROWS }));
  });
}

/** The first row of each function that begins in a window. */
async function beginningIn(file: TableFile<TraceRow>, from: number): Promise<readonly Held[]> {
  // The row before says whose the first one is; no function is in two files.
  const start = Math.max(0, from - 1);
  const rows = await file.readColumns(COLUMNS, { from: start, to: from + WINDOW_ROWS });
  return rows.filter(
    (row, at) => start + at >= from && row.function_id !== rows[at - 1]?.function_id,
  );
}

function recordOf({ kind, source, entry }: Held, index: number): CorpusRecord {
  return {
    ...{ index, kind: kind as FunctionKind, source, module: null, extract: false },
    ...{ entry: kind === 'program' ? null : entry, inputs: [], doctests: false },
    provenance: {
      ...{ label: `row ${String(index)}`, repository: null, path: null, commit: null },
      ...{ license: null, licenseSource: null },
    },
  };
}

/** Digests of the trees of what is no import, whose tree is that of a module of another image. */
async function treesOf(held: readonly Held[], run: AnalysisRun): Promise<Map<string, string>> {
  const parsed = held.filter(({ kind }) => kind !== 'import');
  const analyses = await analyzeRecords(parsed.map(recordOf), run);
  const trees = new Map<string, string>();
  for (const [index, analysis] of analyses.entries()) {
    const row = parsed[index];
    if (analysis.kind === 'rejected' || row === undefined) continue;
    const [found] = analysis.analysed.functions;
    if (found === undefined) continue;
    trees.set(row.function_id, astDigestOf(`${row.kind} ${found.tree}`));
  }
  return trees;
}

function earlierRow(row: Held, tree: string | undefined): EarlierRow {
  const { function_id, cluster_id, split, source, repository } = row;
  return {
    ...{ function_id, cluster_id, split: split as Split, repository },
    ast_digest: tree ?? null,
    source_digest: sha256(source),
    text: ownLines(source, { lineStart: row.line_start, lineEnd: row.line_end }),
  };
}

interface Reading {
  readonly deps: ActivityDeps;
  readonly files: SetFiles;
  readonly windows: readonly Window[];
  readonly run: AnalysisRun;
  readonly beat: PartedBeat;
}

/** Functions that begin in the windows `start` to `end`, or as far as the worker gets before it drains. */
async function readWindows(
  { deps, files, windows, run, beat }: Reading,
  { start, end }: PartRange,
): Promise<Part<EarlierRow>> {
  const rows: EarlierRow[] = [];
  let done = start;
  let file: TableFile<TraceRow> | null = null;
  let opened = '';
  for (const { entry, from: row } of windows.slice(start, end)) {
    if (deps.drain.aborted) break;
    if (file === null || opened !== entry.key) file = await openRows(files, entry);
    opened = entry.key;
    const held = await beginningIn(file, row);
    for (let from = 0; from < held.length; from += FUNCTIONS_AT_ONCE) {
      const some = held.slice(from, from + FUNCTIONS_AT_ONCE);
      const trees = await treesOf(some, run);
      rows.push(...some.map((row) => earlierRow(row, trees.get(row.function_id))));
    }
    done += 1;
    beat.done = done;
  }
  return { start, end: done, rows };
}

/** Null where the worker drains before the last window. */
async function readEarlier(
  reading: Reading,
  at: PartAddress,
): Promise<WrittenTable<EarlierRow> | null> {
  const all = new GroupedWriter(EARLIER);
  const { files, windows, beat } = reading;
  const batch = { store: files.store, table: EARLIER, at, count: windows.length };
  const isDone = await inParts<EarlierRow>(
    { ...batch, size: PART_WINDOWS, beat },
    (range) => readWindows(reading, range),
    ({ rows }) => {
      for (const row of rows) all.add(row);
    },
  );
  if (!isDone) return null;
  const writer = all.finish();
  return { writer, counts: { functionsEarlier: writer.rows } };
}

/**
 * Idempotent. Throws AppError `object-missing` where the set is not published, `environment-mismatch`, `sandbox-*`,
 * `object-*`, `store-*`.
 */
export async function earlierBatch(deps: ActivityDeps, input: BatchInput): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  const set = (await loadSpec(store, input)).unique.against?.[input.batchIndex];
  if (set === undefined) {
    throw new AppError('internal', `the spec names no earlier set ${String(input.batchIndex)}`);
  }
  const manifest = await readSetManifest(store, set);
  const contentKey = contentKeyOf({
    pass: 'earlier',
    passVersion: PASS_VERSION,
    specPart: null,
    environment: input.environment as EnvironmentId,
    inputDigests: replayedEntries({ store, manifest }).map(({ digest }) => digest),
  });
  const rules = { sourceBytesMax: SOURCE_BYTES_MAX, origins: [] };
  const beat = noParts();
  const files = { store, manifest };
  const make = async (signal: AbortSignal) => {
    const pool = poolOf(deps);
    await requireEnvironment(pool, input.environment, signal);
    const windows = windowsOf(files);
    const at = { jobId: input.jobId, pass: 'earlier', contentKey } as const;
    return await pool.use((slot) => {
      const run = { slot, rules, signal, onProgress: () => undefined };
      return readEarlier({ deps, files, windows, run, beat }, at);
    }, signal);
  };
  return await withHeartbeat(
    () => ({ v: 1, ...beat }),
    (signal) => sealedBatch({ store, input, table: EARLIER, contentKey }, () => make(signal)),
  );
}
