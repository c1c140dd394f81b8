// The pass earlier: the functions of one earlier set, which new ones neither repeat nor take out of their splits. Read from
// the published rows of an immutable version, a row group at a time; their trees are made anew, in a sandbox.
import type { BatchCounts, BatchInput, BatchResult } from '../src/contract/job.ts';
import type { EnvironmentId } from '../src/contract/ids.ts';
import type { FunctionKind } from '../src/contract/function.ts';
import type { TraceRow } from '../src/contract/row.ts';
import type { EarlierRow } from '../src/contract/sealed-rows.ts';
import type { Split } from '../src/contract/split.ts';
import { AppError } from '../src/errors.ts';
import { astDigestOf, contentKeyOf, sha256 } from '../src/identity/digest.ts';
import type { CorpusRecord } from '../src/schema/corpus-record.ts';
import { readSetManifest } from '../src/store/manifest.ts';
import type { SetManifest } from '../src/store/manifest.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { RowGroups, TableWriter } from '../src/store/parquet.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { openRows, replayedEntries } from '../src/store/set-files.ts';
import { EARLIER } from '../src/store/tables.ts';
import { ownLines } from '../src/unique/own-text.ts';
import { analyzeRecords } from './analyze-records.ts';
import type { AnalysisRun } from './analyze-records.ts';
import type { ActivityDeps } from './deps.ts';
import { loadSpec } from './load-spec.ts';
import { poolOf, requireEnvironment } from './probe-environment.ts';
import { yielding } from './yielding.ts';

/** Rises with every change of what this pass decides or writes. */
const PASS_VERSION = 1;
const SOURCE_BYTES_MAX = 1024 * 1024;
/** Functions that are analysed together, and rows that are read together: some megabytes. */
const FUNCTIONS_AT_ONCE = 64;
const WINDOW_ROWS = 1_024;

const COLUMNS = [
  ...(['function_id', 'cluster_id', 'split', 'kind', 'source', 'entry'] as const),
  ...(['repository', 'line_start', 'line_end'] as const),
] as const satisfies readonly (keyof TraceRow)[];
type Held = Pick<TraceRow, (typeof COLUMNS)[number]>;

/** The first row of each function of a file, in order. */
async function* heldBy(store: ObjectStore, manifest: SetManifest): AsyncGenerator<readonly Held[]> {
  for (const entry of replayedEntries({ store, manifest })) {
    const file = await openRows({ store, manifest }, entry);
    let last = '';
    for (let from = 0; from < file.rows; from += WINDOW_ROWS) {
      const rows = await file.readColumns(COLUMNS, { from, to: from + WINDOW_ROWS });
      const first: Held[] = [];
      for (const row of rows) {
        if (row.function_id !== last) first.push(row);
        last = row.function_id;
      }
      yield first;
    }
  }
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

async function readEarlier(
  store: ObjectStore,
  manifest: SetManifest,
  run: AnalysisRun,
): Promise<{ readonly writer: TableWriter<EarlierRow>; readonly counts: BatchCounts }> {
  const writer = new TableWriter(EARLIER);
  const groups = new RowGroups(EARLIER);
  const append = (group: readonly EarlierRow[] | null): void => {
    if (group !== null) writer.append(group);
  };
  for await (const held of heldBy(store, manifest)) {
    for (let from = 0; from < held.length; from += FUNCTIONS_AT_ONCE) {
      const some = held.slice(from, from + FUNCTIONS_AT_ONCE);
      const trees = await treesOf(some, run);
      for (const row of some) append(groups.add(earlierRow(row, trees.get(row.function_id))));
    }
  }
  append(groups.finish());
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
  return await yielding(deps, input, (signal, beat) =>
    sealedBatch({ store, input, table: EARLIER, contentKey }, async () => {
      const onProgress = (count: number): void => {
        beat.done += count;
      };
      const pool = poolOf(deps);
      await requireEnvironment(pool, input.environment, signal);
      return await pool.use(
        (slot) => readEarlier(store, manifest, { slot, rules, signal, onProgress }),
        signal,
      );
    }),
  );
}
