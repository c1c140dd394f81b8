// The pass benchmark: one file of a benchmark becomes the items that functions of the corpus are compared with, each with
// what it returns for the benchmark's inputs. All of it in a sandbox: what a benchmark says is a stranger's text too.
import type { BatchInput, BatchResult } from '../src/contract/job.ts';
import type { EnvironmentId } from '../src/contract/ids.ts';
import type { BenchmarkRow } from '../src/contract/sealed-rows.ts';
import type { CorpusSource } from '../src/contract/spec.ts';
import { corpusKey } from '../src/core/keys.ts';
import { readRecords } from '../src/corpus/records.ts';
import { forOrigins } from '../src/corpus/testing.ts';
import { AppError } from '../src/errors.ts';
import { contentKeyOf, toLf } from '../src/identity/digest.ts';
import type { AnalysedFunction } from '../src/schema/analysis.ts';
import type { CorpusRecord } from '../src/schema/corpus-record.ts';
import type { Part } from '../src/store/parts.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { BENCHMARKS } from '../src/store/tables.ts';
import { CALLS_MAX } from '../src/schema/outputs.ts';
import { NO_OUTPUTS, outputTable } from '../src/unique/output-table.ts';
import type { OutputTable, TriedRow } from '../src/unique/output-table.ts';
import { LentInputs, changed, isLendable, related } from '../src/unique/tried-inputs.ts';
import { analyzeRecords } from './analyze-records.ts';
import type { Analysis } from './analyze-records.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeat } from './heartbeat.ts';
import { inParts, noParts } from './in-parts.ts';
import type { PartRange } from './in-parts.ts';
import { loadSpec } from './load-spec.ts';
import { poolOf, requireEnvironment } from './probe-environment.ts';
import { returnedBy } from './run-calls.ts';
import type { CallContext } from './run-calls.ts';

/** Rises with every change of what this pass decides or writes. */
const PASS_VERSION = 3;
/** Benchmarks are short; a record that is not is no question that anyone was asked. */
const SOURCE_BYTES_MAX = 1024 * 1024;
/** The solution of a task with the calls that it is told with. */
const ORIGINS = ['given', 'doctest', 'test'] as const;
/**
 * Calls and backward jumps of one call. What takes more is no input that the item was made for, or so long that a rewriting could meet its own
 * limit.
 */
const FUEL = 20_000;
/** Own inputs of an item that are run. */
const INPUTS_MAX = 8;

/** Items of one part: each is run on its own inputs. */
const PART_ITEMS = 50;

interface Item {
  readonly record: CorpusRecord;
  readonly each: AnalysedFunction;
}

/** Functions of an analysed record; one whose tree is too deep for a skeleton is no item. */
function itemsOf(analysis: Analysis): Item[] {
  if (analysis.kind === 'rejected') return [];
  const { record, analysed } = analysis;
  return analysed.functions.flatMap((each) =>
    each.reject !== null || each.skeleton == null ? [] : [{ record, each }],
  );
}

/** What stands between the parentheses of the inputs that call the function and nothing else. */
function argumentsOf({ entry, inputs }: AnalysedFunction): string[] {
  const head = `${entry}(`;
  return inputs
    .flatMap(({ reject, canonical_setup: setup, canonical_call: call }) =>
      reject === null && setup === '' && call?.startsWith(head) === true && call.endsWith(')')
        ? [call.slice(head.length, -1)]
        : [],
    )
    .slice(0, INPUTS_MAX);
}

function lentBy(items: readonly Item[]): LentInputs {
  const lent = new LentInputs();
  for (const { each } of items) for (const args of argumentsOf(each)) lent.add(args);
  return lent;
}

/** Gives the arguments back, worked out. */
const GIVEN = '(lambda *given: given)';

/** What stands between the parentheses of a tuple; null where it is nothing that others may be given. */
function argumentsIn(given: string | null): string | null {
  // A tuple of one item has a comma behind it.
  const args = given?.slice(1, -1).replace(/,$/, '') ?? null;
  return args !== null && isLendable(args) ? args : null;
}

/** What an item returns for its own inputs and for others; nothing where that tells nothing. */
async function outputsOf(
  context: CallContext,
  { record, each }: Item,
  lent: LentInputs,
): Promise<OutputTable> {
  const { kind } = record;
  const { entry, parameters } = each;
  if (kind !== 'source' || each.kind !== null || parameters == null) return NO_OUTPUTS;
  const own = argumentsOf(each);
  const [first] = own;
  if (entry.includes('.') || first === undefined) return NO_OUTPUTS;
  const { plain, doubled } = lent.mixed(first);
  const made = [...changed(own), ...related(own), ...doubled];
  const literal = [own, plain, lent.whole(first)];
  const calls = [
    ...made.map((args) => `${entry}(${args})`),
    ...made.map((args) => `${GIVEN}(${args})`),
    ...literal.flat().map((args) => `${entry}(${args})`),
  ].slice(0, CALLS_MAX);
  const of = { kind, source: toLf(record.source), entry };
  const values = (await returnedBy(context, of, { calls, fuel: FUEL })).values();
  const next = (): string | null => values.next().value ?? null;
  const returned = made.map(next);
  const worked = made.map(next).flatMap((given, at) => {
    const args = argumentsIn(given);
    return args === null ? [] : [{ args, value: returned[at] ?? null }];
  });
  const [ownRows = [], ...others] = literal.map((each) =>
    each.map((args) => ({ args, value: next() })),
  );
  return outputTable(distinct([ownRows, worked, ...others]));
}

/** Each input once, where it stands first. */
function distinct(sources: readonly (readonly TriedRow[])[]): TriedRow[][] {
  const seen = new Set<string>();
  return sources.map((rows) =>
    rows.filter(({ args }) => {
      const isNew = !seen.has(args);
      seen.add(args);
      return isNew;
    }),
  );
}

/** The items of the records of a benchmark, in their order. */
export async function readItems(
  { slot, signal }: CallContext,
  records: readonly CorpusRecord[],
): Promise<readonly Item[]> {
  const rules = { sourceBytesMax: SOURCE_BYTES_MAX, origins: ORIGINS, skeletons: true };
  const run = { slot, rules, signal, onProgress: () => undefined };
  return (await analyzeRecords(records, run)).flatMap(itemsOf);
}

/** Rows of the items `start` to `end`, or as far as the worker gets before it drains. */
export async function benchmarkPart(
  context: CallContext,
  items: readonly Item[],
  { start, end }: PartRange,
): Promise<Part<BenchmarkRow>> {
  const rows: BenchmarkRow[] = [];
  const lent = lentBy(items);
  for (const item of items.slice(start, end)) {
    if (context.deps.drain.aborted) break;
    rows.push({
      item: item.record.provenance.label,
      skeleton: item.each.skeleton ?? '',
      parameters: item.each.parameters ?? null,
      outputs: JSON.stringify(await outputsOf(context, item, lent)),
    });
  }
  return { start, end: start + rows.length, rows };
}

export function recordsOf(source: CorpusSource, bytes: Uint8Array): CorpusRecord[] {
  return readRecords(source, bytes, 0)
    .map((each) => forOrigins(each, ORIGINS))
    .flatMap((each) => (each.kind === 'record' ? [{ ...each.record, doctests: true }] : []));
}

/** Idempotent. Throws AppError `environment-mismatch`, `sandbox-*`, `wire-violation`, `object-*`, `store-*`. */
export async function benchmarkBatch(deps: ActivityDeps, input: BatchInput): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  const { unique } = await loadSpec(store, input);
  const source = unique.benchmarks?.sources[input.batchIndex];
  if (source === undefined) {
    throw new AppError('internal', `the spec has no benchmark ${String(input.batchIndex)}`);
  }
  const { kind, name, map, digest } = source;
  const contentKey = contentKeyOf({
    pass: 'benchmark',
    passVersion: PASS_VERSION,
    specPart: { kind, name, map },
    environment: input.environment as EnvironmentId,
    inputDigests: [digest],
  });
  const beat = noParts();
  const make = async (signal: AbortSignal) => {
    const records = recordsOf(source, await store.get(corpusKey(digest)));
    const pool = poolOf(deps);
    await requireEnvironment(pool, input.environment, signal);
    const at = { jobId: input.jobId, pass: 'benchmark', contentKey } as const;
    const rows: BenchmarkRow[] = [];
    const isDone = await pool.use(async (slot) => {
      const context = { deps, slot, signal };
      const items = await readItems(context, records);
      return await inParts<BenchmarkRow>(
        { store, table: BENCHMARKS, at, count: items.length, size: PART_ITEMS, beat },
        (range) => benchmarkPart(context, items, range),
        (part) => rows.push(...part.rows),
      );
    }, signal);
    if (!isDone) return null;
    const read = new Set(rows.map(({ item }) => item)).size;
    const counts = { benchmarkItems: rows.length, benchmarkUnread: records.length - read };
    return { rows, counts };
  };
  return await withHeartbeat(
    () => ({ v: 1, ...beat }),
    (signal) => sealedBatch({ store, input, table: BENCHMARKS, contentKey }, () => make(signal)),
  );
}
