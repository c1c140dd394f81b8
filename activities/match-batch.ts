// The pass match: which functions of an ingest batch are items of a benchmark, or hold one. Where neither tree nor tokens
// say so, a function that has most words of an item is run on the item's inputs, in the sandbox and a few times at most.
import type { BatchInput, BatchResult } from '../src/contract/job.ts';
import type { EnvironmentId } from '../src/contract/ids.ts';
import type { FunctionPayload, MatchRow } from '../src/contract/sealed-rows.ts';
import type { BenchmarkSpec } from '../src/contract/spec.ts';
import { AppError } from '../src/errors.ts';
import { contentKeyOf } from '../src/identity/digest.ts';
import { readPage, readPages } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import type { Part } from '../src/store/parts.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { openStored } from '../src/store/stored-table.ts';
import { BENCHMARKS, INGEST, MATCHED } from '../src/store/tables.ts';
import { BenchmarkIndex } from '../src/unique/contamination.ts';
import type { Candidate, Hit } from '../src/unique/contamination.ts';
import { CALLS_MAX } from '../src/schema/outputs.ts';
import type { OutputRow, OutputTable } from '../src/unique/output-table.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeat } from './heartbeat.ts';
import { inParts, noParts } from './in-parts.ts';
import type { PartRange, PartedBeat } from './in-parts.ts';
import { loadSpec } from './load-spec.ts';
import { poolOf, requireEnvironment } from './probe-environment.ts';
import { calledAs, returnedBy } from './run-calls.ts';
import type { CallContext } from './run-calls.ts';

/** Rises with every change of what this pass decides or writes. */
const PASS_VERSION = 4;

async function indexOf(
  store: ObjectStore,
  keys: readonly string[],
  { containment }: BenchmarkSpec,
): Promise<BenchmarkIndex> {
  const items = [];
  for (const key of keys) {
    for (const row of await (await openStored(store, BENCHMARKS, key)).read()) {
      items.push({ ...row, outputs: JSON.parse(row.outputs) as OutputTable });
    }
  }
  return new BenchmarkIndex(items, containment);
}

interface Listed {
  readonly ingestRow: number;
  readonly function: FunctionPayload;
  readonly skeleton: string;
}

/** Functions that were found, with their places in the ingest object. */
async function functionsOf(store: ObjectStore, key: string): Promise<Listed[]> {
  const file = await openStored(store, INGEST, key);
  const rows = await file.readColumns(['unit', 'outcome', 'payload']);
  return [...rows.entries()].flatMap(([ingestRow, { unit, outcome, payload }]) => {
    if (unit !== 'function' || outcome === 'rejected' || payload === null) return [];
    const of = JSON.parse(payload) as FunctionPayload;
    return of.skeleton === undefined ? [] : [{ ingestRow, function: of, skeleton: of.skeleton }];
  });
}

/** By the last part of its name: of a function in a class. */
const isMethod = (of: FunctionPayload): boolean => of.kind !== 'program' && calledAs(of) === null;

/** Calls and backward jumps of one call: ten times what the item may take. */
const FUEL = 200_000;
/** Rows of each candidate by which most of them are excluded. */
const FIRST_ROWS = 2;
/** Of the rows of an item that says something, the share that a function may answer otherwise where it has nearly all its words. */
const OTHER_MAX = 0.1;
/** Of the inputs for which an item returns nothing, the share for which a rewriting of it may return something. */
const SPOKEN_MAX = 0.5;

/** What a function returns for the inputs that candidates ask about. */
async function answersOf(
  context: CallContext,
  of: FunctionPayload,
  inputs: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const name = calledAs(of) ?? '';
  const distinct = [...new Set(inputs)];
  const answers = new Map<string, string | null>();
  for (let from = 0; from < distinct.length; from += CALLS_MAX) {
    const some = distinct.slice(from, from + CALLS_MAX);
    const calls = some.map((args) => `${name}(${args})`);
    const values = await returnedBy(context, of, { calls, fuel: FUEL });
    for (const [at, args] of some.entries()) answers.set(args, values[at] ?? null);
  }
  return answers;
}

/** The rows of an item that a function answers alike; null where it answers too many otherwise to be a rewriting. */
function rowsAlike(
  { outputs: { rows, silent, telling }, isSure }: Candidate,
  answers: ReadonlyMap<string, string | null>,
): number | null {
  const alike = rows.filter(({ args, value }) => answers.get(args) === value).length;
  const spoken = silent.filter((args) => (answers.get(args) ?? null) !== null).length;
  const otherMax = isSure && telling ? OTHER_MAX : 0;
  const isAlike = alike >= (1 - otherMax) * rows.length && spoken <= SPOKEN_MAX * silent.length;
  return isAlike ? alike : null;
}

/** The likeliest item whose outputs the function has, and that returns nothing where it returns nothing, as a hit. */
async function sameOutputs(
  context: CallContext,
  of: FunctionPayload,
  candidates: readonly Candidate[],
): Promise<readonly Hit[]> {
  const head = ({ outputs }: Candidate): readonly OutputRow[] => outputs.rows.slice(0, FIRST_ROWS);
  const first = await answersOf(
    context,
    of,
    candidates.flatMap((each) => head(each).map(({ args }) => args)),
  );
  const left = candidates.filter(
    (each) => each.isSure || head(each).every(({ args, value }) => first.get(args) === value),
  );
  const all = await answersOf(
    context,
    of,
    left.flatMap(({ outputs }) => [...outputs.rows.map(({ args }) => args), ...outputs.silent]),
  );
  for (const each of left) {
    const shared = rowsAlike(each, all);
    const { item, outputs } = each;
    if (shared !== null) return [{ item, rule: 'outputs', shared, total: outputs.rows.length }];
  }
  return [];
}

/** What of the benchmarks a function is or holds. */
export async function hitsOf(
  context: CallContext,
  index: BenchmarkIndex,
  { function: of, skeleton }: Omit<Listed, 'ingestRow'>,
): Promise<readonly Hit[]> {
  const hits = index.hits(skeleton, isMethod(of));
  if (hits.length > 0 || of.parameters == null || calledAs(of) === null) return hits;
  return await sameOutputs(context, of, index.candidates(skeleton, of.parameters));
}

/** Functions of one part: each is run on a few items at most. */
const PART_FUNCTIONS = 50;

interface Matching {
  readonly functions: readonly Listed[];
  readonly index: BenchmarkIndex;
  readonly beat: PartedBeat;
}

/** Of the functions `start` to `end`, or as far as the worker gets before it drains. */
async function matchPart(
  context: CallContext,
  { functions, index, beat }: Matching,
  { start, end }: PartRange,
): Promise<Part<MatchRow>> {
  const rows: MatchRow[] = [];
  let done = start;
  for (const each of functions.slice(start, end)) {
    if (context.deps.drain.aborted) break;
    for (const { item, ...hit } of await hitsOf(context, index, each)) {
      rows.push({ ingest_row: each.ingestRow, item: index.label(item), ...hit });
    }
    done += 1;
    beat.done = done;
  }
  return { start, end: done, rows };
}

/**
 * Idempotent: the object is found by the digests of the ingest object and of all benchmarks. Throws AppError
 * `environment-mismatch`, `sandbox-*`, `object-*`, `store-*`.
 */
export async function matchBatch(deps: ActivityDeps, input: BatchInput): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  const { benchmarks } = (await loadSpec(store, input)).unique;
  if (benchmarks === undefined) {
    throw new AppError('spec-invalid', 'the spec names no benchmarks, yet a batch looks for them');
  }
  const { batchIndex, environment } = input;
  const ingest = await readPage(store, input, { pass: 'ingest', batchIndex });
  const batchCount = benchmarks.sources.length;
  const pages = await readPages(store, input, { pass: 'benchmark', batchCount });
  const contentKey = contentKeyOf({
    pass: 'match',
    passVersion: PASS_VERSION,
    specPart: { containment: benchmarks.containment },
    environment: environment as EnvironmentId,
    inputDigests: [ingest.digest, ...pages.map(({ digest }) => digest)],
  });
  const beat = noParts();
  const make = async (signal: AbortSignal) => {
    const functions = await functionsOf(store, ingest.key);
    const keys = pages.map(({ key }) => key);
    const index = await indexOf(store, keys, benchmarks);
    const pool = poolOf(deps);
    await requireEnvironment(pool, environment, signal);
    const at = { jobId: input.jobId, pass: 'match', contentKey } as const;
    const batch = { store, table: MATCHED, at, count: functions.length, size: PART_FUNCTIONS };
    const rows: MatchRow[] = [];
    const isDone = await pool.use(
      (slot) =>
        inParts<MatchRow>(
          { ...batch, beat },
          (range) => matchPart({ deps, slot, signal }, { functions, index, beat }, range),
          (part) => rows.push(...part.rows),
        ),
      signal,
    );
    if (!isDone) return null;
    const matched = new Set(rows.map(({ ingest_row }) => ingest_row)).size;
    return { rows, counts: { functionsMatched: matched } };
  };
  return await withHeartbeat(
    () => ({ v: 1, ...beat }),
    (signal) => sealedBatch({ store, input, table: MATCHED, contentKey }, () => make(signal)),
  );
}
