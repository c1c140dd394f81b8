// What a job would run and what it would find, without running anything: the passes that only decide are done over a store
// that keeps their writes to itself (src/store/overlay-store.ts).
import type { BatchInput, JobAddress, PassName, StepInput } from '../src/contract/job.ts';
import { nearBatchesOf } from '../src/core/plan.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { INGEST } from '../src/store/tables.ts';
import { ingestContentKey } from './ingest-batch.ts';
import { budgetAlone, forecastLlm } from './forecast-llm.ts';
import type { LlmForecast } from './forecast-llm.ts';
import { loadSpec } from './load-spec.ts';
import { mergeUnique } from './merge-unique.ts';
import { nearBatch } from './near-batch.ts';
import { writeCorpusPlan } from './plan-corpus.ts';
import { forecastTrace } from './trace-batch.ts';

export interface Forecast {
  /** Null where the library is left to be listed: only a sandbox can. */
  readonly records: number | null;
  readonly batches: number | null;
  /** Batches whose records were read before, in this environment. */
  readonly ingestSealed: number;
  /** Null where records are left to be read: what they hold only a sandbox can tell. */
  readonly trace: {
    readonly batchesSealed: number;
    readonly invocations: number;
    /** Of these, the ones that would be executed. */
    readonly toRun: number;
  } | null;
  /** Null where no language model is asked. */
  readonly llm: LlmForecast | null;
}

/** `environment` is null where none is known; then nothing is found. Throws AppError `corpus-*` and `store-*`. */
export async function forecastJob(
  store: ObjectStore,
  at: JobAddress,
  environment: string | null,
): Promise<Forecast> {
  const spec = await loadSpec(store, at);
  const asked = spec.inputs.llm;
  const llm = asked === undefined ? null : budgetAlone(asked);
  const written = await writeCorpusPlan(
    store,
    { ...at, environment: environment ?? '' },
    { corpus: spec.corpus },
  );
  if (written === null) return { records: null, batches: null, llm, ingestSealed: 0, trace: null };
  const { plan, digest: planDigest } = written;
  const batches = plan.batches.length;
  const records = plan.batches.reduce((sum, batch) => sum + batch.records, 0);
  const known = { records, batches, llm };
  if (environment === null) return { ...known, ingestSealed: 0, trace: null };
  const step: StepInput = { ...at, environment, planDigest, planBatchCount: batches };
  const ingestSealed = await findIngest(store, step);
  // What a search for inputs finds only a sandbox can tell; what may be asked about follows from the functions.
  const isRead = ingestSealed === batches;
  const isSearched = spec.inputs.fuzz !== undefined;
  // Benchmarks and earlier sets are read in a sandbox, and decide what is kept.
  const { benchmarks, against } = spec.unique;
  const isOpen = benchmarks !== undefined || against !== undefined;
  if (!isRead || isOpen || (isSearched && asked === undefined)) {
    return { ...known, ingestSealed, trace: null };
  }
  const deps = { storeOf: () => store };
  const nearBatches = spec.unique.near === null ? 0 : nearBatchesOf(batches);
  for (let batchIndex = 0; batchIndex < nearBatches; batchIndex += 1) {
    await nearBatch(deps, inputOf(step, 'near', batchIndex));
  }
  await mergeUnique(deps, inputOf(step, 'unique', 0));
  if (asked !== undefined) {
    return { ...known, ingestSealed, trace: null, llm: await forecastLlm(store, step, asked) };
  }
  return { ...known, ingestSealed, trace: await traceOf(store, step) };
}

function inputOf(step: StepInput, pass: PassName, batchIndex: number): BatchInput {
  return { ...step, pass, batchIndex };
}

async function findIngest(store: ObjectStore, step: StepInput): Promise<number> {
  let sealed = 0;
  for (let batchIndex = 0; batchIndex < step.planBatchCount; batchIndex += 1) {
    const input = inputOf(step, 'ingest', batchIndex);
    const contentKey = await ingestContentKey(store, input);
    const { how } = await sealedBatch({ store, input, table: INGEST, contentKey }, () =>
      Promise.resolve(null),
    );
    if (how === 'reused') sealed += 1;
  }
  return sealed;
}

async function traceOf(store: ObjectStore, step: StepInput) {
  let batchesSealed = 0;
  let invocations = 0;
  let toRun = 0;
  for (let batchIndex = 0; batchIndex < step.planBatchCount; batchIndex += 1) {
    const batch = await forecastTrace(store, inputOf(step, 'trace', batchIndex));
    if (batch.isSealed) batchesSealed += 1;
    invocations += batch.invocations;
    toRun += batch.toRun;
  }
  return { batchesSealed, invocations, toRun };
}
