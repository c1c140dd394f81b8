// A job without Temporal and Docker: a small corpus of ready ingest rows and made-up executions, run through the real
// passes of the data side (unique, refine, publish, commit) on any object store.
import { clusterBatch } from '../../activities/cluster-batch.ts';
import { commitJob } from '../../activities/commit-job.ts';
import { gatherRuns } from '../../activities/gather-runs.ts';
import { mergeUnique } from '../../activities/merge-unique.ts';
import { nearBatch } from '../../activities/near-batch.ts';
import { placeFunctions } from '../../activities/place-functions.ts';
import { planPublish } from '../../activities/plan-publish.ts';
import { publishPart } from '../../activities/publish-part.ts';
import { publishText } from '../../activities/publish-text.ts';
import { refineBatch } from '../../activities/refine-batch.ts';
import { renderBatch } from '../../activities/render-batch.ts';
import { selectText } from '../../activities/select-text.ts';
import { readFunctionItems } from '../../activities/trace-items.ts';
import type { EnvironmentId } from '../../src/contract/ids.ts';
import type { BatchInput, JobResult, PassName, StepInput } from '../../src/contract/job.ts';
import { DEFAULT_LIMITS } from '../../src/contract/limits.ts';
import { PLAN_VERSION } from '../../src/contract/plan.ts';
import type { CorpusPlan } from '../../src/contract/plan.ts';
import type { SealedTraceRow } from '../../src/contract/sealed-rows.ts';
import type { ResolvedSpec } from '../../src/contract/spec.ts';
import { environmentKey, planKey, specKey } from '../../src/core/keys.ts';
import { batchCountOf, isPlaced, nearBatchesOf } from '../../src/core/plan.ts';
import type { TraceItem } from '../../src/core/trace-row.ts';
import {
  canonicalJson,
  contentKeyOf,
  digestOf,
  invocationIdOf,
  rowIdOf,
  sha256,
} from '../../src/identity/digest.ts';
import { pathDigestOf } from '../../src/identity/row-digest.ts';
import type { ObjectStore } from '../../src/store/object-store.ts';
import { jsonBytes } from '../../src/store/seal.ts';
import { sealedBatch } from '../../src/store/sealed-batch.ts';
import { INGEST, SEALED_TRACES, byFunctionThenInput } from '../../src/store/tables.ts';
import { ingestRowsOf } from './fake-corpus.ts';
import type { FakeRecord } from './fake-corpus.ts';
import { fakeEarlier } from './fake-earlier.ts';
import { fakeMatch } from './fake-match.ts';

export const ENVIRONMENT = sha256('environment') as string as EnvironmentId;

export const SPEC: ResolvedSpec = {
  specVersion: 1,
  name: 'fake',
  corpus: [{ kind: 'jsonl', name: 'fake.jsonl', digest: sha256('corpus'), map: {} }],
  unique: { exact: 'ast', near: null },
  inputs: { keep: 3, from: ['given'] },
  trace: { python: '3.13', granularity: 'line', scope: 'record', sourceBytesMax: 20_000 },
  limits: DEFAULT_LIMITS,
  confirm: { invocations: 'all' },
  policy: 'default@1',
  require: { acceptedMin: null, faultsMax: null },
  output: { bucket: 'memory', set: 'fake@v1' },
};

/** What a call does: its text says which end it has (`raise`, `fault`, `cut`, `random`), else it returns `same` or itself. */
function sealedRowOf(item: TraceItem): SealedTraceRow {
  const { functionId, inputId, inputIndex } = item;
  const { granularity, scope } = SPEC.trace;
  const ids = { functionId, inputId, granularity, scope, limits: DEFAULT_LIMITS };
  const { call } = item.input;
  const value = call.includes('same') ? "'same'" : `'${call}'`;
  const events = [
    { kind: 'call', frame: 1, depth: 1, line: 1, name: item.function.entry, set: { x: value } },
    { kind: 'line', frame: 1, depth: 1, line: 2 },
    { kind: 'return', frame: 1, depth: 1, line: 2, value },
  ];
  const raised = call.includes('raise');
  const faulted = call.includes('fault');
  const { provenance } = item.function;
  return {
    id: rowIdOf(invocationIdOf(ids), ENVIRONMENT),
    function_id: functionId,
    input_id: inputId,
    cluster_id: null,
    environment: ENVIRONMENT,
    split: 'train',
    entry: item.function.entry,
    kind: item.function.kind,
    format_version: 3,
    input_index: inputIndex,
    source: item.function.source,
    ...item.input,
    input_origin: 'given',
    llm_model: null,
    python: '3.13.5',
    tracer: 'core/1',
    granularity,
    scope,
    limits: canonicalJson(DEFAULT_LIMITS),
    outcome: faulted
      ? 'faulted'
      : raised
        ? 'raised'
        : call.includes('cut')
          ? 'fuel-exceeded'
          : 'returned',
    fault_code: faulted ? 'sandbox-died' : null,
    confirm_differs: call.includes('random') ? ['value'] : [],
    limit_hit: null,
    exception_type: raised ? 'ValueError' : null,
    exception_message: null,
    return_value: raised ? null : value,
    return_type: raised ? null : 'str',
    stdout: '',
    stderr: '',
    return_is_literal: !raised,
    slice_verified: null,
    args_after: null,
    events: JSON.stringify(events),
    n_events: 2,
    n_lines: 1,
    n_calls: 1,
    depth_max: 1,
    n_cut_values: 0,
    n_opaque: 0,
    path_digest: pathDigestOf(events),
    opaque_callees: [],
    labels: call.includes('random') ? ['nondeterministic'] : [],
    contaminated_by: null,
    line_coverage: null,
    branch_coverage: null,
    repository: provenance.repository,
    path: provenance.path,
    commit: provenance.commit,
    qualname: provenance.qualname,
    license: provenance.license,
    license_source: provenance.licenseSource,
    line_start: provenance.lineStart,
    line_end: provenance.lineEnd,
  };
}

export interface FakeJob {
  readonly store: ObjectStore;
  readonly records: readonly FakeRecord[];
  readonly batchSize: number;
  readonly spec?: Partial<ResolvedSpec>;
  readonly jobId?: string;
  /** By default the first. */
  readonly revision?: number;
}

export interface PreparedJob extends StepInput {
  readonly deps: { readonly storeOf: () => ObjectStore };
}

function inputOf(at: StepInput, pass: PassName, batchIndex: number): BatchInput {
  return { ...at, pass, batchIndex };
}

async function ingest(at: PreparedJob, job: FakeJob): Promise<void> {
  const { store } = job;
  for (let batchIndex = 0; batchIndex < at.planBatchCount; batchIndex += 1) {
    const first = batchIndex * job.batchSize;
    const records = job.records.slice(first, first + job.batchSize);
    const rows = records.flatMap((record, index) => ingestRowsOf(record, first + index));
    const contentKey = contentKeyOf({
      pass: 'ingest',
      passVersion: 1,
      specPart: null,
      environment: ENVIRONMENT,
      inputDigests: [canonicalJson(records), String(first)],
    });
    const input = inputOf(at, 'ingest', batchIndex);
    await sealedBatch({ store, input, table: INGEST, contentKey }, () =>
      Promise.resolve({ rows, counts: {} }),
    );
  }
}

async function trace(at: PreparedJob, job: FakeJob): Promise<void> {
  const { store } = job;
  for (let batchIndex = 0; batchIndex < at.planBatchCount; batchIndex += 1) {
    const input = inputOf(at, 'trace', batchIndex);
    const items = (await readFunctionItems(store, input, null)).flatMap((each) => each.items);
    const rows = items.map(sealedRowOf).sort(byFunctionThenInput);
    const contentKey = contentKeyOf({
      pass: 'trace',
      passVersion: 1,
      specPart: null,
      environment: ENVIRONMENT,
      inputDigests: items.map((item) => digestOf('item', [canonicalJson(item)])),
    });
    const invocationsFaulted = rows.filter(({ outcome }) => outcome === 'faulted').length;
    await sealedBatch({ store, input, table: SEALED_TRACES, contentKey }, () =>
      Promise.resolve({ rows, counts: { invocationsFaulted } }),
    );
  }
}

/** Runs everything before publish. */
export async function prepareJob(job: FakeJob): Promise<PreparedJob> {
  const { store, records, batchSize } = job;
  const jobId = job.jobId ?? sha256('job');
  const spec = { ...SPEC, ...job.spec };
  const batchCount = Math.ceil(records.length / batchSize);
  const at: PreparedJob = {
    v: 1,
    jobId,
    revision: job.revision ?? 1,
    bucket: store.bucket,
    specKey: specKey(jobId),
    batchSize,
    environment: ENVIRONMENT,
    planDigest: sha256(`plan ${String(batchSize)}`),
    planBatchCount: batchCount,
    deps: { storeOf: () => store },
  };
  const plan: CorpusPlan = {
    v: PLAN_VERSION,
    batchSize,
    sources: [{ name: 'fake.jsonl', kind: 'jsonl', digest: sha256('corpus') }],
    batches: Array.from({ length: batchCount }, (_, index) => ({
      source: 0,
      fromByte: 0,
      toByte: 0,
      firstRecord: index * batchSize,
      records: Math.min(batchSize, records.length - index * batchSize),
      digest: sha256('lines'),
    })),
  };
  await store.putIfAbsent(specKey(jobId), jsonBytes(spec));
  await store.putIfAbsent(planKey(jobId, 'ingest', at.planDigest), jsonBytes(plan));
  await store.putIfAbsent(environmentKey(jobId, ENVIRONMENT), jsonBytes({ v: 1, id: ENVIRONMENT }));
  await ingest(at, job);
  if (spec.unique.benchmarks !== undefined) await fakeMatch(at, records);
  const earlier = spec.unique.against?.length ?? 0;
  if (earlier > 0) await fakeEarlier(at, earlier, (source) => source);
  const nearBatches = batchCountOf('near', {
    plan: batchCount,
    near: spec.unique.near !== null,
    benchmarks: 0,
    earlier: 0,
    gather: 0,
    publish: 0,
  });
  for (let batchIndex = 0; batchIndex < nearBatches; batchIndex += 1) {
    await nearBatch(at.deps, inputOf(at, 'near', batchIndex));
  }
  await mergeUnique(at.deps, inputOf(at, 'unique', 0));
  if (spec.split !== undefined) {
    for (let batchIndex = 0; batchIndex < nearBatchesOf(batchCount); batchIndex += 1) {
      await clusterBatch(at.deps, inputOf(at, 'cluster', batchIndex));
    }
  }
  if (isPlaced(spec)) await placeFunctions(at.deps, inputOf(at, 'place', 0));
  await trace(at, job);
  for (let batchIndex = 0; batchIndex < batchCount; batchIndex += 1) {
    await refineBatch(at.deps, inputOf(at, 'refine', batchIndex));
  }
  return at;
}

const TEXT_PASSES = { render: renderBatch, select: selectText, text: publishText } as const;

/** Publishes what prepareJob made; `order` may shuffle the publish batches. */
export async function publishJob(
  at: PreparedJob,
  order: (batches: readonly number[]) => readonly number[] = (batches) => batches,
): Promise<JobResult> {
  const { batchCount, gatherCount = 0, textCount = 0 } = await planPublish(at.deps, at);
  for (let index = 0; index < gatherCount; index += 1) {
    await gatherRuns(at.deps, inputOf(at, 'gather', index));
  }
  for (const index of order(Array.from({ length: batchCount }, (_, each) => each))) {
    await publishPart(at.deps, inputOf(at, 'publish', index));
  }
  for (const pass of ['render', 'select', 'text'] as const) {
    const count = textCount === 0 || pass !== 'select' ? textCount : 1;
    for (const index of order(Array.from({ length: count }, (_, each) => each))) {
      await TEXT_PASSES[pass](at.deps, inputOf(at, pass, index));
    }
  }
  return await commitJob(at.deps, { ...at, publishBatchCount: batchCount, startedAtMs: 1 });
}

/** A job of `runJob` as the server describes it. */
export const PUBLISHED_JOB = {
  jobId: sha256('job'),
  workflowId: 'fake-job',
  name: 'fake',
  revision: 1,
  state: 'published',
  bucket: 'memory',
  set: 'fake@v1',
  startedAtMs: 0,
  endedAtMs: 1,
} as const;

export async function runJob(job: FakeJob): Promise<JobResult> {
  return await publishJob(await prepareJob(job));
}
