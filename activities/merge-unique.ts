// The pass unique: one decision over all ingest objects, written as one object that every trace batch reads its slice of.
import type { BatchCounts, BatchInput, BatchResult, LedgerPage } from '../src/contract/job.ts';
import { contentKeyOf } from '../src/identity/digest.ts';
import { nearBatchesOf } from '../src/core/plan.ts';
import { startsMetadata } from '../src/store/decisions.ts';
import { earlierFunctions } from '../src/store/earlier-functions.ts';
import type { EarlierFunctions } from '../src/store/earlier-functions.ts';
import { readPages } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { TableWriter } from '../src/store/parquet.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { openStored } from '../src/store/stored-table.ts';
import { INGEST, MATCHED, UNIQUE } from '../src/store/tables.ts';
import type { UniqueRow } from '../src/contract/sealed-rows.ts';
import { UniqueMerge } from '../src/unique/merge.ts';
import type { Contamination, Contaminations, MergeOptions, UnitRow } from '../src/unique/merge.ts';
import type { ActivityDeps } from './deps.ts';
import { findInIndex } from './find-results.ts';
import { joinedPairs } from './joined-pairs.ts';
import { loadSpec } from './load-spec.ts';

/** Rises with every change of what this pass decides or writes. */
const PASS_VERSION = 3;

/** Where the pass probe decides, it is given no more than this of what was found: each is run once. */
const INPUTS_TRIED_MAX = 100;

type Tally = Record<keyof typeof NO_COUNTS | `reason.${string}`, number>;
const NO_COUNTS = {
  recordsParsed: 0,
  recordsRejected: 0,
  functionsFound: 0,
  functionsKept: 0,
  functionsDuplicate: 0,
  functionsContaminated: 0,
  functionsRejected: 0,
  functionsWithInputs: 0,
  functionsWithoutInputs: 0,
  inputsFound: 0,
  inputsKept: 0,
  inputsDropped: 0,
};

/** The columns that the decision needs: never a text of the corpus. */
async function unitRows(store: ObjectStore, page: LedgerPage): Promise<UnitRow[]> {
  const file = await openStored(store, INGEST, page.key);
  return await file.readColumns([
    ...(['unit', 'id', 'parent_id', 'ast_digest', 'outcome', 'reasons', 'origin'] as const),
  ]);
}

function countReasons(tally: Tally, reasons: readonly string[]): void {
  for (const reason of reasons) {
    const name = `reason.${reason}` as const;
    tally[name] = (tally[name] ?? 0) + 1;
  }
}

function countRecord(tally: Tally, row: UnitRow): void {
  if (row.unit !== 'record') return;
  countReasons(tally, row.reasons);
  if (row.outcome === 'rejected') tally.recordsRejected += 1;
  else tally.recordsParsed += 1;
}

function countDecision(tally: Tally, row: UniqueRow): void {
  countReasons(tally, row.reasons);
  if (row.unit === 'input') {
    tally.inputsFound += 1;
    if (row.decision === 'kept') tally.inputsKept += 1;
    else tally.inputsDropped += 1;
    return;
  }
  tally.functionsFound += 1;
  if (row.decision === 'duplicate') tally.functionsDuplicate += 1;
  if (row.decision === 'contaminated') tally.functionsContaminated += 1;
  if (row.decision === 'rejected') tally.functionsRejected += 1;
  if (row.decision !== 'kept') return;
  tally.functionsKept += 1;
  if (row.reasons.length > 0) tally.functionsWithoutInputs += 1;
  else tally.functionsWithInputs += 1;
}

interface Decided {
  readonly writer: TableWriter<UniqueRow>;
  readonly counts: BatchCounts;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Of one batch; none where contaminated functions stay, or were not looked for. */
async function contaminationsOf(
  store: ObjectStore,
  page: LedgerPage | undefined,
): Promise<Contaminations> {
  const found = new Map<number, Contamination>();
  if (page === undefined) return found;
  const file = await openStored(store, MATCHED, page.key);
  for (const { ingest_row, item, rule } of await file.read()) {
    const known = found.get(ingest_row) ?? { reasons: [], item };
    const reasons = [...new Set([...known.reasons, `contaminated-${rule}` as const])];
    found.set(ingest_row, { reasons, item: known.item });
  }
  return found;
}

interface Merging extends MergeOptions {
  readonly matched: readonly LedgerPage[];
  readonly earlier: EarlierFunctions;
}

/** Reads each ingest object twice: once to decide, once to write what was decided. */
async function decide(
  store: ObjectStore,
  pages: readonly LedgerPage[],
  { matched, earlier, ...options }: Merging,
): Promise<Decided> {
  const merge = new UniqueMerge(options);
  for await (const row of earlier.all()) merge.addEarlier(row);
  for (const [batch, page] of pages.entries()) {
    merge.addBatch(await unitRows(store, page), await contaminationsOf(store, matched[batch]));
  }
  const writer = new TableWriter(UNIQUE);
  const starts: number[] = [];
  const tally: Tally = { ...NO_COUNTS };
  for (const [batch, page] of pages.entries()) {
    starts.push(writer.rows);
    const rows = await unitRows(store, page);
    for (const row of rows) countRecord(tally, row);
    const contaminations = await contaminationsOf(store, matched[batch]);
    const decisions = [...merge.decisions(page.batchIndex, rows, contaminations)];
    for (const decision of decisions) countDecision(tally, decision);
    writer.append(decisions);
  }
  if (options.synthesize !== true) {
    return { writer, counts: tally, metadata: startsMetadata(starts) };
  }
  // What is kept is for the pass probe to say.
  const {
    inputsKept: _kept,
    functionsWithInputs: _with,
    functionsWithoutInputs: _without,
    ...counts
  } = tally;
  return { writer, counts, metadata: startsMetadata(starts) };
}

/** Idempotent: the object is found by the digests of all ingest objects. */
export async function mergeUnique(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: BatchInput,
): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  const spec = await loadSpec(store, input);
  const { unique, inputs } = spec;
  const pages = await readPages(store, input, {
    pass: 'ingest',
    batchCount: input.planBatchCount,
  });
  const near = await readPages(store, input, {
    pass: 'near',
    batchCount: unique.near === null ? 0 : nearBatchesOf(input.planBatchCount),
  });
  const matched = await readPages(store, input, {
    pass: 'match',
    batchCount: unique.benchmarks?.action === 'drop' ? input.planBatchCount : 0,
  });
  const earlier = await earlierFunctions(store, input, spec);
  const chosen: Omit<MergeOptions, 'near'> =
    inputs.fuzz === undefined
      ? { exact: unique.exact, keep: inputs.keep }
      : { exact: unique.exact, keep: INPUTS_TRIED_MAX, synthesize: true };
  const contentKey = contentKeyOf({
    pass: 'unique',
    passVersion: PASS_VERSION,
    specPart: chosen,
    environment: null,
    inputDigests: [
      ...earlier.digests,
      ...[...pages, ...near, ...matched].map((page) => page.digest),
    ],
  });
  const result = await sealedBatch({ store, input, table: UNIQUE, contentKey }, async () => {
    // Functions are some of the rows.
    const places = pages.reduce((sum, { rows }) => sum + rows, earlier.count);
    const groups = unique.near === null ? null : await joinedPairs(store, near, places);
    return await decide(store, pages, { ...chosen, near: groups, matched, earlier });
  });
  // Where inputs are looked for, what is kept is not known yet.
  if (inputs.fuzz !== undefined) return result;
  const invocationsFound = await findInIndex(store, { ...input, pass: 'trace' }, spec);
  return { ...result, counts: { ...result.counts, invocationsFound } };
}
