// One batch of the pass ingest: a range of a corpus object becomes records, functions and inputs, sealed under the key of
// what it was made from.
import { PLAN_VERSION } from '../src/contract/plan.ts';
import type { CorpusPlan, PlanBatch, PlanSource } from '../src/contract/plan.ts';
import type { BatchInput, BatchResult } from '../src/contract/job.ts';
import type { ContentKey, EnvironmentId } from '../src/contract/ids.ts';
import type { IngestRow } from '../src/contract/sealed-rows.ts';
import type { CorpusSource, ResolvedSpec } from '../src/contract/spec.ts';
import { planKey } from '../src/core/keys.ts';
import { digestOfRange, sourceKey } from '../src/corpus/lines.ts';
import { readRecords } from '../src/corpus/records.ts';
import { AppError } from '../src/errors.ts';
import { contentKeyOf, sha256 } from '../src/identity/digest.ts';
import { selectRecord } from '../src/corpus/selection.ts';
import { forOrigins } from '../src/corpus/testing.ts';
import type { RecordReading } from '../src/schema/corpus-record.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { readJson } from '../src/store/seal.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { INGEST } from '../src/store/tables.ts';
import { analyzeRecords } from './analyze-records.ts';
import type { Analysis } from './analyze-records.ts';
import type { ActivityDeps } from './deps.ts';
import { ingestCounts, ingestRows } from './ingest-rows.ts';
import { loadSpec } from './load-spec.ts';
import { poolOf, requireEnvironment } from './probe-environment.ts';
import { yielding } from './yielding.ts';
import type { Beat } from './yielding.ts';

/** Raised when the rows of a batch change for the same corpus, spec and environment. */
const INGEST_VERSION = 3;

/** As the plan has it, which knows where the lines are; the column mapping is the spec's. */
type Source = PlanSource & Pick<CorpusSource, 'map'>;

interface Batch {
  readonly spec: ResolvedSpec;
  readonly source: Source;
  readonly range: PlanBatch;
  readonly bytes: Uint8Array;
  readonly contentKey: ContentKey;
}

/** The last plan of each store: a job reads one plan once per batch, and plans grow with the corpus. */
const plans = new WeakMap<ObjectStore, { readonly key: string; readonly plan: CorpusPlan }>();

async function planOf(store: ObjectStore, input: BatchInput): Promise<CorpusPlan> {
  const key = planKey(input.jobId, 'ingest', input.planDigest);
  const known = plans.get(store);
  if (known?.key === key) return known.plan;
  const plan = (await readJson(store, key)) as CorpusPlan;
  const version: number = plan.v;
  if (version !== PLAN_VERSION) {
    throw new AppError(
      'object-damaged',
      `plan ${JSON.stringify(key)} has version ${String(version)}; this worker knows ${String(PLAN_VERSION)}`,
      { context: { key } },
    );
  }
  plans.set(store, { key, plan });
  return plan;
}

function keyOf(input: BatchInput, found: Omit<Batch, 'contentKey'>): ContentKey {
  const { spec, source, range, bytes } = found;
  return contentKeyOf({
    pass: 'ingest',
    passVersion: INGEST_VERSION,
    specPart: {
      kind: source.kind,
      map: source.map,
      sourceBytesMax: spec.trace.sourceBytesMax,
      from: spec.inputs.from,
      ...(spec.select === undefined ? {} : { select: spec.select }),
      ...(spec.unique.benchmarks === undefined ? {} : { skeletons: true }),
    },
    // A batch ran under the environment of its job, or it did not run.
    environment: input.environment as EnvironmentId,
    inputDigests: [sha256(bytes), String(range.firstRecord), source.name],
  });
}

/** A part of an object carries no digest of its own: the plan has it. */
async function readRange(
  store: ObjectStore,
  source: Source,
  range: PlanBatch,
): Promise<Uint8Array> {
  const key = sourceKey(source);
  const bytes = await store.getRange(key, range.fromByte, range.toByte);
  if (digestOfRange(bytes, range.firstRecord) === range.digest) return bytes;
  throw new AppError(
    'object-damaged',
    `corpus ${JSON.stringify(key)} holds other lines than when it was planned`,
    { retryable: true, context: { key, fromByte: range.fromByte, toByte: range.toByte } },
  );
}

async function openBatch(store: ObjectStore, input: BatchInput): Promise<Batch> {
  const spec = await loadSpec(store, input);
  const plan = await planOf(store, input);
  const range = plan.batches[input.batchIndex];
  const planned = range === undefined ? undefined : plan.sources[range.source];
  const given = range === undefined ? undefined : spec.corpus[range.source];
  if (range === undefined || planned === undefined || given === undefined) {
    throw new AppError('internal', `plan has no batch ${String(input.batchIndex)}`, {
      context: { batchIndex: input.batchIndex },
    });
  }
  const source = { ...planned, map: given.map };
  const bytes = await readRange(store, source, range);
  const found = { spec, source, range, bytes };
  return { ...found, contentKey: keyOf(input, found) };
}

/** What the batch's object is found by. Throws AppError `object-damaged` where the corpus is not what was planned. */
export async function ingestContentKey(store: ObjectStore, input: BatchInput): Promise<ContentKey> {
  return (await openBatch(store, input)).contentKey;
}

async function analyse(
  deps: ActivityDeps,
  work: {
    readonly batch: Batch;
    readonly readings: readonly RecordReading[];
    readonly environment: string;
    readonly beat: Beat;
  },
  signal: AbortSignal,
): Promise<Analysis[]> {
  const { batch, readings, beat, environment } = work;
  const records = readings.flatMap((each) => (each.kind === 'record' ? [each.record] : []));
  beat.total = records.length;
  if (records.length === 0) return [];
  const pool = poolOf(deps);
  await requireEnvironment(pool, environment, signal);
  const { trace, inputs, unique } = batch.spec;
  const rules = {
    sourceBytesMax: trace.sourceBytesMax,
    origins: inputs.from,
    skeletons: unique.benchmarks !== undefined,
  };
  const onProgress = (count: number): void => {
    beat.done += count;
  };
  return await pool.use(
    (slot) => analyzeRecords(records, { slot, rules, signal, onProgress }),
    signal,
  );
}

async function makeRows(
  deps: ActivityDeps,
  work: { readonly batch: Batch; readonly environment: string; readonly beat: Beat },
  signal: AbortSignal,
): Promise<IngestRow[]> {
  const { source, range, bytes } = work.batch;
  const { select, inputs } = work.batch.spec;
  const read = readRecords(source, bytes, range.firstRecord);
  const readings = read.map((reading) => selectRecord(forOrigins(reading, inputs.from), select));
  const analyses = await analyse(deps, { ...work, readings }, signal);
  return ingestRows(readings, analyses, select);
}

/**
 * Makes and seals the rows of one batch, or finds them sealed. Throws AppError `environment-mismatch`, `sandbox-*`,
 * `wire-violation`, `object-*`, `shard-conflict` and `store-*`.
 */
export async function ingestBatch(deps: ActivityDeps, input: BatchInput): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  return await yielding(deps, input, async (signal, beat) => {
    const batch = await openBatch(store, input);
    const { contentKey } = batch;
    return await sealedBatch({ store, input, table: INGEST, contentKey }, async () => {
      const work = { batch, environment: input.environment, beat };
      const rows = await makeRows(deps, work, signal);
      return { rows, counts: ingestCounts(rows) };
    });
  });
}
