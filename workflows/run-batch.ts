// One batch of a pass as an activity. A batch of the pass trace that loses its workers is bisected first.
import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { JobActivities, TraceQueueActivities } from '../src/contract/activities.ts';
import type { BatchResult, Isolate, JobCursor } from '../src/contract/job.ts';
import { queueOfPass } from '../src/core/plan.ts';
import { activityOptions } from './activity-options.ts';
import { bisect } from './bisect.ts';
import { isWorkerLost } from './faults.ts';
import { queueOf, stepOf } from './job-state.ts';
import type { JobState } from './job-state.ts';

/** A worker that drains hands its batch back; a batch that is handed back more often than this fails the pass. */
const YIELDS_MAX = 100;

type RunBatch = (batchIndex: number) => Promise<BatchResult>;

async function untilDone(
  batchIndex: number,
  run: () => Promise<BatchResult>,
): Promise<BatchResult> {
  for (let yields = 0; yields < YIELDS_MAX; yields += 1) {
    const result = await run();
    if (result.how !== 'yielded') return result;
  }
  throw ApplicationFailure.nonRetryable(
    `batch ${String(batchIndex)} was handed back ${String(YIELDS_MAX)} times`,
    'pass-failed',
  );
}

/** Runs a batch until it is sealed. Throws what its activity failed with. */
export function batchRunner(job: JobState, cursor: JobCursor): RunBatch {
  const run = batchActivity(job, cursor);
  if (cursor.pass !== 'trace') return (batchIndex) => untilDone(batchIndex, () => run(batchIndex));
  return async (batchIndex) => {
    try {
      return await untilDone(batchIndex, () => run(batchIndex));
    } catch (error) {
      if (!isWorkerLost(error)) throw error;
    }
    const runIsolated = isolatedActivity(job, batchIndex);
    await bisect(batchIndex, (isolate) => untilDone(batchIndex, () => runIsolated(isolate)));
    return await untilDone(batchIndex, () => run(batchIndex));
  };
}

function batchActivity(job: JobState, cursor: JobCursor): RunBatch {
  const { pass, batchCount } = cursor;
  const options = activityOptions('batch', queueOf(job, queueOfPass(pass)));
  const on = proxyActivities<JobActivities>(options);
  const activity = {
    ingest: on.ingestBatch,
    benchmark: on.benchmarkBatch,
    match: on.matchBatch,
    earlier: on.earlierBatch,
    near: on.nearBatch,
    unique: on.mergeUnique,
    cluster: on.clusterBatch,
    place: on.placeFunctions,
    probe: on.probeBatch,
    prompt: on.promptBatch,
    reprobe: on.reprobeBatch,
    trace: on.traceBatch,
    refine: on.refineBatch,
    gather: on.gatherRuns,
    publish: on.publishPart,
    render: on.renderBatch,
    select: on.selectText,
    text: on.publishText,
  }[pass];
  return (batchIndex) =>
    activity.executeWithOptions(
      { ...options, summary: `${pass} ${String(batchIndex + 1)}/${String(batchCount)}` },
      [{ ...stepOf(job), pass, batchIndex }],
    );
}

function isolatedActivity(
  job: JobState,
  batchIndex: number,
): (isolate: Isolate) => Promise<BatchResult> {
  const options = activityOptions('isolate', queueOf(job, 'trace'));
  const { traceBatch } = proxyActivities<TraceQueueActivities>(options);
  return (isolate) => {
    const { from, to, giveUp } = isolate;
    const what = giveUp ? 'gives up' : 'isolates';
    const range = `functions ${String(from)} to ${String(to)}`;
    return traceBatch.executeWithOptions(
      { ...options, summary: `batch ${String(batchIndex + 1)} ${what} ${range}` },
      [{ ...stepOf(job), pass: 'trace', batchIndex, isolate }],
    );
  };
}
