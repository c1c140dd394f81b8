// All activities of a worker, by queue, as Temporal runs them: dependencies bound, beats kept, faults mapped.
import type {
  JobQueueActivities,
  LlmQueueActivities,
  RefineQueueActivities,
  TraceQueueActivities,
} from '../src/contract/activities.ts';
import type { BatchInput, BatchResult } from '../src/contract/job.ts';
import { adoptPages } from './adopt-pages.ts';
import { benchmarkBatch } from './benchmark-batch.ts';
import { clusterBatch } from './cluster-batch.ts';
import { commitJob } from './commit-job.ts';
import type { ActivityDeps } from './deps.ts';
import { earlierBatch } from './earlier-batch.ts';
import { explainCauses } from './explain-causes.ts';
import { guarded } from './failures.ts';
import { findResults } from './find-results.ts';
import { gatherRuns } from './gather-runs.ts';
import { NO_BEAT, withHeartbeat } from './heartbeat.ts';
import { ingestBatch } from './ingest-batch.ts';
import { matchBatch } from './match-batch.ts';
import { judgeRange } from './judge-range.ts';
import { mergeUnique } from './merge-unique.ts';
import { nearBatch } from './near-batch.ts';
import { placeFunctions } from './place-functions.ts';
import { planCorpus } from './plan-corpus.ts';
import { planPublish } from './plan-publish.ts';
import { probeBatch } from './probe-batch.ts';
import { probeEnvironment } from './probe-environment.ts';
import { promptBatch } from './prompt-batch.ts';
import { publishPart } from './publish-part.ts';
import { publishText } from './publish-text.ts';
import { recordEnd } from './record-end.ts';
import { refineBatch } from './refine-batch.ts';
import { renderBatch } from './render-batch.ts';
import { selectText } from './select-text.ts';
import { recordReplay, replayFile } from './replay-set.ts';
import { sendNotice } from './send-notice.ts';
import { traceBatch } from './trace-batch.ts';

export interface Activities {
  readonly job: JobQueueActivities;
  readonly trace: TraceQueueActivities;
  readonly llm: LlmQueueActivities;
  readonly refine: RefineQueueActivities;
}

/** What Temporal calls: of the queue refine under beats that say no more than that the worker lives. */
export function createActivities(deps: ActivityDeps): Activities {
  const { metrics } = deps;
  const bound = <In, Out>(activity: (deps: ActivityDeps, input: In) => Promise<Out>) =>
    guarded(metrics, (input: In) => activity(deps, input));
  const beating = <In, Out>(activity: (deps: ActivityDeps, input: In) => Promise<Out>) =>
    guarded(metrics, (input: In) =>
      withHeartbeat(
        () => NO_BEAT,
        () => activity(deps, input),
      ),
    );
  const counted =
    (activity: (deps: ActivityDeps, input: BatchInput) => Promise<BatchResult>) =>
    async (given: ActivityDeps, input: BatchInput): Promise<BatchResult> => {
      const result = await activity(given, input);
      metrics.batch(input.pass, result.how);
      return result;
    };
  return {
    job: {
      planCorpus: bound(planCorpus),
      recordEnd: bound(recordEnd),
      recordReplay: beating(recordReplay),
      sendNotice: beating(sendNotice),
    },
    trace: {
      probeEnvironment: bound(probeEnvironment),
      ingestBatch: bound(counted(ingestBatch)),
      benchmarkBatch: bound(counted(benchmarkBatch)),
      matchBatch: bound(counted(matchBatch)),
      earlierBatch: bound(counted(earlierBatch)),
      probeBatch: bound(counted(probeBatch)),
      reprobeBatch: bound(counted(probeBatch)),
      traceBatch: bound(counted(traceBatch)),
      replayFile: bound(replayFile),
    },
    llm: { promptBatch: bound(counted(promptBatch)) },
    refine: {
      nearBatch: beating(counted(nearBatch)),
      mergeUnique: beating(counted(mergeUnique)),
      clusterBatch: beating(counted(clusterBatch)),
      placeFunctions: beating(counted(placeFunctions)),
      adoptPages: beating(adoptPages),
      findResults: beating(findResults),
      refineBatch: beating(counted(refineBatch)),
      planPublish: beating(planPublish),
      gatherRuns: beating(counted(gatherRuns)),
      publishPart: beating(counted(publishPart)),
      renderBatch: beating(counted(renderBatch)),
      selectText: beating(counted(selectText)),
      publishText: beating(counted(publishText)),
      commitJob: beating(commitJob),
      judgeRange: beating(judgeRange),
      explainCauses: beating(explainCauses),
    },
  };
}
