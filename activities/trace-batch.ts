// The pass trace: one batch of kept functions in, one sealed object of rows out. Functions are done one after another on
// one slot; every few of them become a durable part that the next attempt adopts.
import type { EnvironmentId } from '../src/contract/ids.ts';
import type { BatchInput, BatchResult, Isolate } from '../src/contract/job.ts';
import type { Limits } from '../src/contract/limits.ts';
import type { ResolvedSpec } from '../src/contract/spec.ts';
import { AppError } from '../src/errors.ts';
import { contentKeyOf } from '../src/identity/digest.ts';
import { policyOf } from '../src/quality/policy.ts';
import { writePage } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { SEALED_TRACES } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadSpec } from './load-spec.ts';
import { poolOf, requireEnvironment } from './probe-environment.ts';
import { retriedBatch } from './retried-items.ts';
import type { RetriedBatch } from './retried-items.ts';
import { digestOfItems, readFunctionItems } from './trace-items.ts';
import type { FunctionItems } from './trace-items.ts';
import type { TraceWork } from './trace-part.ts';
import { traceTally } from './trace-tally.ts';
import { durableFunctions, giveUp, throughParts } from './trace-parts.ts';
import { MergedRows, RowSink } from './trace-rows.ts';

/** Rises with every change of what this pass records. */
const PASS_VERSION = 2;

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
    tally.begin(work.functions.length, policyOf(work.spec.policy));
    if (input.isolate !== undefined) return await isolateFunctions(work, input.isolate);
    const result = await sealFunctions(prepared);
    const { counts } = result;
    // Beside what the object holds: how many functions the batch is about, for the pace of the pass.
    return { ...result, counts: { ...counts, functions: work.functions.length } };
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
  const all = await readFunctionItems(store, input, spec.inputs.fuzz !== undefined);
  const retried = await retriedBatch(store, input, { spec, functions: all });
  const functions = retried?.functions ?? all;
  const environment = await requireEnvironment(poolOf(deps), input.environment, signal);
  const contentKey = contentKeyOfBatch({ spec, limits, retried }, input, functions);
  const work = { ...given, spec, limits, environment, functions, contentKey, tally };
  return { work, retried };
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
    passVersion: PASS_VERSION,
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
  return sink.finish();
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
