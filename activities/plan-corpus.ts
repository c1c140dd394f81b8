// Cuts the corpus of a job into batches, once; every pass goes by this plan.
import type { Digest } from '../src/contract/ids.ts';
import type { PlanInput, PlanSummary } from '../src/contract/job.ts';
import { makePlan } from '../src/contract/plan.ts';
import type { CorpusPlan, CorpusRange, PlanSource } from '../src/contract/plan.ts';
import type { CorpusSource } from '../src/contract/spec.ts';
import { libraryKey, planKey } from '../src/core/keys.ts';
import { cut } from '../src/corpus/records.ts';
import { AppError } from '../src/errors.ts';
import { canonicalJson, sha256 } from '../src/identity/digest.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { getIfThere } from '../src/store/seal.ts';
import type { ActivityDeps } from './deps.ts';
import { NO_BEAT, withHeartbeat } from './heartbeat.ts';
import { loadSpec } from './load-spec.ts';

type PlanAddress = Pick<PlanInput, 'jobId' | 'environment' | 'batchSize'>;

/** What is cut for a source: of the library the listing that probeEnvironment left. Null where that is not there yet. */
async function plannedSource(
  store: ObjectStore,
  { jobId, environment }: PlanAddress,
  { source, index }: { readonly source: CorpusSource; readonly index: number },
): Promise<PlanSource | null> {
  if (source.kind !== 'stdlib') return source;
  const key = libraryKey(jobId, environment, index);
  const { kind, name } = source;
  const listing = await getIfThere(store, key);
  return listing === null ? null : { kind, name, digest: sha256(listing), key };
}

export interface WrittenPlan {
  readonly plan: CorpusPlan;
  readonly digest: Digest;
}

/** Cuts the corpus and keeps the plan with the job. Null where a source of the library was not listed yet. */
export async function writeCorpusPlan(
  store: ObjectStore,
  at: PlanAddress,
  { corpus, signal }: { readonly corpus: readonly CorpusSource[]; readonly signal?: AbortSignal },
): Promise<WrittenPlan | null> {
  const sources: PlanSource[] = [];
  const ranges: CorpusRange[][] = [];
  for (const [index, source] of corpus.entries()) {
    signal?.throwIfAborted();
    const planned = await plannedSource(store, at, { source, index });
    if (planned === null) return null;
    sources.push(planned);
    ranges.push(await cut(store, planned, at.batchSize));
  }
  const plan = makePlan(at.batchSize, sources, ranges);
  const body = Buffer.from(`${canonicalJson(plan)}\n`, 'utf8');
  const digest = sha256(body);
  await store.putIfAbsent(planKey(at.jobId, 'ingest', digest), body, {
    contentType: 'application/json',
  });
  return { plan, digest };
}

/** Reads the corpus once. Throws AppError `corpus-empty` where there is no record in it. */
export async function planCorpus(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: PlanInput,
): Promise<PlanSummary> {
  return await withHeartbeat(
    () => NO_BEAT,
    async (signal) => {
      const store = deps.storeOf(input.bucket);
      const { corpus } = await loadSpec(store, input);
      const written = await writeCorpusPlan(store, input, { corpus, signal });
      if (written === null) {
        throw new AppError('object-missing', 'the library of the sandbox was not listed');
      }
      const batchCount = written.plan.batches.length;
      if (batchCount === 0) {
        throw new AppError('corpus-empty', 'the corpus of the job holds no record');
      }
      return { v: 1, batchCount, planDigest: written.digest };
    },
  );
}
