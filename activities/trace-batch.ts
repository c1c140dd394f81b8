// The pass trace: one batch of kept functions in, one sealed object of rows out. Functions are done one after another on
// one slot; every few of them become a durable part that the next attempt adopts.
import type { EnvironmentId } from '../src/contract/ids.ts';
import type { BatchInput, BatchResult, Isolate } from '../src/contract/job.ts';
import type { Limits } from '../src/contract/limits.ts';
import type { ResolvedSpec } from '../src/contract/spec.ts';
import { contentObjectKey } from '../src/core/keys.ts';
import { searchPassOf } from '../src/core/plan.ts';
import { AppError } from '../src/errors.ts';
import { contentKeyOf } from '../src/identity/digest.ts';
import { writePage } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { findFound } from '../src/store/found-results.ts';
import { writeResultIndex } from '../src/store/result-index.ts';
import { sealedBatch, sealedKey } from '../src/store/sealed-batch.ts';
import { readPolicy } from '../src/store/stored-policy.ts';
import { SEALED_TRACES } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadSpec } from './load-spec.ts';
import { poolOf, requireEnvironment } from './probe-environment.ts';
import { resultSpaceOf, TRACE_PASS_VERSION, rowIdFor } from './result-space.ts';
import { retriedBatch } from './retried-items.ts';
import type { RetriedBatch } from './retried-items.ts';
import { digestOfItems, readFunctionItems } from './trace-items.ts';
import type { FunctionItems } from './trace-items.ts';
import type { TraceWork } from './trace-part.ts';
import { traceTally } from './trace-tally.ts';
import { durableFunctions, giveUp, throughParts } from './trace-parts.ts';
import { MergedRows, RowSink } from './trace-rows.ts';

interface Prepared {
  readonly work: TraceWork;
  readonly retried: RetriedBatch | null;
}

/** Idempotent: the object is found by what goes into its rows, and durable parts are adopted whatever they hold. */
export async function traceBatch(deps: ActivityDeps, input: BatchInput): Promise<BatchResult> {
  const tally = traceTally();
  return await withHeartbeat(tally.beat, async (signal) => {
    const prepared = await prepare(
      { deps, store: deps.storeOf(input.bucket), input, signal },
      tally,
    );
    const { work } = prepared;
    const policy = await readPolicy(work.store, input.jobId, work.spec.policy);
    tally.begin(work.functions.length, policy);
    if (input.isolate !== undefined) return await isolateFunctions(work, input.isolate);
    const result = await sealFunctions(prepared);
    const { counts } = result;
    // Beside what the object holds: how many functions the batch is about, for the pace of the pass.
    const beside = { functions: work.functions.length, invocationsReused: tally.reused() };
    return { ...result, counts: { ...counts, ...beside } };
  });
}

function sealFunctions(prepared: Prepared): Promise<BatchResult> {
  const { retried, work } = prepared;
  const { store, input, contentKey } = work;
  if (retried?.functions.length === 0) return keepObject(store, input, retried);
  const seal = { store, input, table: SEALED_TRACES, contentKey };
  return sealedBatch(seal, () => traceFunctions(prepared));
}

async function prepare(
  given: Pick<TraceWork, 'deps' | 'store' | 'input' | 'signal'>,
  tally: TraceWork['tally'],
): Promise<Prepared> {
  const { deps, store, input, signal } = given;
  const spec = await loadSpec(store, input);
  const limits = spec.retry?.limits ?? spec.limits;
  requireFits(limits, deps.limitsMax);
  const all = await readFunctionItems(store, input, searchPassOf(spec.inputs));
  const retried = await retriedBatch(store, input, { spec, functions: all });
  const functions = retried?.functions ?? all;
  const environment = await requireEnvironment(poolOf(deps), input.environment, signal);
  const contentKey = contentKeyOfBatch({ spec, limits, retried }, input, functions);
  const found = spec.retry === undefined ? once(() => findFound(store, input)) : noResults;
  const work = { ...given, spec, limits, environment, functions, contentKey, tally, found };
  return { work, retried };
}

const noResults: TraceWork['found'] = () => Promise.resolve(null);

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}

/** What a batch would run: nothing is run, and nothing is written. */
export async function forecastTrace(store: ObjectStore, input: BatchInput) {
  const spec = await loadSpec(store, input);
  const functions = await readFunctionItems(store, input, null);
  const { limits } = spec;
  const contentKey = contentKeyOfBatch({ spec, limits, retried: null }, input, functions);
  const at = { limits, environment: input.environment };
  const ids = functions.flatMap(({ items }) => items.map((item) => rowIdFor(spec, at, item)));
  const invocations = ids.length;
  const isSealed = (await store.head(contentObjectKey('trace', contentKey))) !== null;
  if (isSealed) return { isSealed, invocations, toRun: 0 };
  const found = await findFound(store, input);
  return { isSealed, invocations, toRun: ids.filter((id) => found?.has(id) !== true).length };
}

/** Throws AppError `spec-invalid` where the job asks for more than the sandboxes of this worker are sized for. */
function requireFits(asked: Limits, max: Limits): void {
  for (const [name, value] of Object.entries(asked) as [keyof Limits, number][]) {
    if (value <= max[name]) continue;
    throw new AppError(
      'spec-invalid',
      `limit ${name} of the job is ${String(value)}; sandboxes of this worker are sized for ${String(max[name])}`,
      { context: { limit: name, asked: value, max: max[name] } },
    );
  }
}

/**
 * A retry is another content than the batch that it takes up again, and so is a second retry of its result: both must
 * run although their invocations are the same.
 */
function contentKeyOfBatch(
  how: {
    readonly spec: ResolvedSpec;
    readonly limits: Limits;
    readonly retried: RetriedBatch | null;
  },
  input: BatchInput,
  functions: readonly FunctionItems[],
) {
  const { spec, limits, retried } = how;
  const { granularity, scope } = spec.trace;
  const older =
    retried === null ? undefined : { from: retried.retry.from, of: retried.page.digest };
  return contentKeyOf({
    pass: 'trace',
    passVersion: TRACE_PASS_VERSION,
    specPart: { granularity, scope, limits, confirm: spec.confirm, retry: older },
    environment: input.environment as EnvironmentId,
    inputDigests: functions.map(digestOfItems),
  });
}

/** The rows of all parts, written as they become durable; null where the worker drains before the last function. */
async function traceFunctions({ work, retried }: Prepared) {
  const sink = new RowSink();
  const merged = retried === null ? null : new MergedRows(retried.file.chunks(), sink);
  const all = { from: 0, to: work.functions.length };
  const isDone = await throughParts(work, all, async ({ rows }) => {
    if (merged === null) sink.add(rows);
    else await merged.add(rows);
  });
  if (!isDone) return null;
  await merged?.finish();
  const made = sink.finish();
  await indexRows(work, made);
  return made;
}

/** Before the object is sealed: an attempt that dies in between leaves a hint that leads nowhere, and no result unknown. */
async function indexRows(
  { store, input, spec, contentKey }: TraceWork,
  { counts, ids }: ReturnType<RowSink['finish']>,
): Promise<void> {
  const space = resultSpaceOf(spec, input.environment);
  const object = sealedKey({ input, contentKey }, counts);
  await writeResultIndex(store, { space, contentKey }, { object, ids });
}

/** Makes one range durable and seals nothing: the batch is sealed from its parts once all ranges are. */
async function isolateFunctions(work: TraceWork, isolate: Isolate): Promise<BatchResult> {
  const { batchIndex } = work.input;
  const isDone = isolate.giveUp || (await throughParts(work, isolate, () => Promise.resolve()));
  if (!isDone) return { v: 1, batchIndex, how: 'yielded', counts: {} };
  if (isolate.giveUp) await giveUp(work, isolate);
  const counts = { functions: work.functions.length, durable: await durableFunctions(work) };
  return { v: 1, batchIndex, how: 'parted', counts };
}

/** The object of the older revision serves this one too: none of its rows is taken up again. */
async function keepObject(
  store: ObjectStore,
  input: BatchInput,
  { page }: RetriedBatch,
): Promise<BatchResult> {
  const { key, digest, rows, counts } = page;
  await writePage(store, input, { key, digest, rows, counts });
  return { v: 1, batchIndex: input.batchIndex, how: 'reused', counts };
}
