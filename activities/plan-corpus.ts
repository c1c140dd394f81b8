// Cuts the corpus of a job into batches, once; every pass goes by this plan.
import type { PlanInput, PlanSummary } from '../src/contract/job.ts';
import { makePlan } from '../src/contract/plan.ts';
import type { CorpusRange, PlanSource } from '../src/contract/plan.ts';
import type { CorpusSource } from '../src/contract/spec.ts';
import { libraryKey, planKey } from '../src/core/keys.ts';
import { cut } from '../src/corpus/records.ts';
import { AppError } from '../src/errors.ts';
import { canonicalJson, sha256 } from '../src/identity/digest.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import type { ActivityDeps } from './deps.ts';
import { NO_BEAT, withHeartbeat } from './heartbeat.ts';
import { loadSpec } from './load-spec.ts';

/** The listing of the library that probeEnvironment left for this source. */
async function listedSource(
  store: ObjectStore,
  { jobId, environment }: PlanInput,
  { source, index }: { readonly source: CorpusSource; readonly index: number },
): Promise<PlanSource> {
  const key = libraryKey(jobId, environment, index);
  const { kind, name } = source;
  return { kind, name, digest: sha256(await store.get(key)), key };
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
      const sources: PlanSource[] = [];
      const ranges: CorpusRange[][] = [];
      for (const [index, source] of corpus.entries()) {
        signal.throwIfAborted();
        const planned =
          source.kind === 'stdlib' ? await listedSource(store, input, { source, index }) : source;
        sources.push(planned);
        ranges.push(await cut(store, planned, input.batchSize));
      }
      const plan = makePlan(input.batchSize, sources, ranges);
      if (plan.batches.length === 0) {
        throw new AppError('corpus-empty', 'the corpus of the job holds no record');
      }
      const body = Buffer.from(`${canonicalJson(plan)}\n`, 'utf8');
      const planDigest = sha256(body);
      await store.putIfAbsent(planKey(input.jobId, 'ingest', planDigest), body, {
        contentType: 'application/json',
      });
      return { v: 1, batchCount: plan.batches.length, planDigest };
    },
  );
}
