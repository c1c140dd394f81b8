// Cuts the corpus of a job into batches, once; every pass goes by this plan.
import type { JobAddress, PlanSummary } from '../src/contract/job.ts';
import { makePlan } from '../src/contract/plan.ts';
import { planKey } from '../src/core/keys.ts';
import { cut } from '../src/corpus/records.ts';
import { AppError } from '../src/errors.ts';
import { canonicalJson, sha256 } from '../src/identity/digest.ts';
import type { ActivityDeps } from './deps.ts';
import { NO_BEAT, withHeartbeat } from './heartbeat.ts';
import { loadSpec } from './load-spec.ts';

/** Reads the corpus once. Throws AppError `corpus-empty` where there is no record in it. */
export async function planCorpus(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: JobAddress,
): Promise<PlanSummary> {
  return await withHeartbeat(
    () => NO_BEAT,
    async (signal) => {
      const store = deps.storeOf(input.bucket);
      const { corpus } = await loadSpec(store, input);
      const ranges = [];
      for (const source of corpus) {
        signal.throwIfAborted();
        ranges.push(await cut(store, source, input.batchSize));
      }
      const plan = makePlan(input.batchSize, corpus, ranges);
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
