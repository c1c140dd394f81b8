// The job: probe, plan, the passes in their order, commit. Everything it holds is ids, counts, keys and digests.
import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import { batchAt, LANE_WINDOW_MAX } from '../src/core/dispatch.ts';
import { breachOf } from '../src/core/error-budget.ts';
import { lanesFor, openLanes } from '../src/core/lanes.ts';
import { batchCountOf, passesFrom } from '../src/core/plan.ts';
import { addBatch, beginPass, setTotals } from '../src/core/progress.ts';
import type {
  JobQueueActivities,
  RefineQueueActivities,
  TraceQueueActivities,
} from '../src/contract/activities.ts';
import type {
  AdoptedRevision,
  JobCursor,
  JobInput,
  JobResult,
  PassName,
  PublishCounts,
  RetryBasis,
} from '../src/contract/job.ts';
import { activityOptions } from './activity-options.ts';
import { endJob } from './end-job.ts';
import { NO_FAULT, noticeEnd } from './notice.ts';
import { addressOf, answerMessages, cursorOf, isHistoryLong, openJob } from './job-state.ts';
import { queueOf, setProgress, stepOf } from './job-state.ts';
import type { JobState, PassEnd } from './job-state.ts';
import { replaySet } from './replay-set.ts';
import { batchRunner } from './run-batch.ts';
import { runLanes } from './run-lanes.ts';
import { runWindow } from './window.ts';
import type { WindowControl } from './window.ts';

/** Ends as published, failed or cancelled; the set's manifest is written only by a job that ends as published. */
export async function traceJob(input: JobInput): Promise<JobResult> {
  const job = openJob(input);
  answerMessages(job);
  try {
    const end = await runJob(job);
    if (end.kind === 'published') {
      await noticeEnd(job, { ...NO_FAULT, state: 'published', result: end.result });
      return end.result;
    }
    await condition(allHandlersFinished);
  } catch (error) {
    throw await endJob(job, error);
  }
  return await continueAsNew<typeof traceJob>(carryOver(job));
}

async function runJob(
  job: JobState,
): Promise<{ kind: 'published'; result: JobResult } | { kind: 'handover' }> {
  const { adopt } = job.input;
  job.cursor ??= adopt === undefined ? await prepare(job) : await takeOver(job, adopt);
  for (const pass of passesFrom(job.cursor.pass, lookingOf(job.input))) {
    if (pass === 'near' && job.input.near !== true) continue;
    const end = await runPass(job, pass);
    if (end.kind === 'handover') {
      job.cursor = end.cursor;
      return { kind: 'handover' };
    }
  }
  const result = await commit(job);
  await replay(job, result);
  setProgress(job, { ...job.progress, state: 'published' });
  return { kind: 'published', result };
}

const lookingOf = (input: JobInput) => ({
  benchmarks: (input.benchmarks ?? 0) > 0,
  earlier: (input.earlier ?? 0) > 0,
  split: input.split === true,
  place: input.place === true,
  synthesize: input.synthesize === true,
  prompts: input.prompts === true,
  render: input.render === true,
});

async function prepare(job: JobState): Promise<JobCursor> {
  const { probeEnvironment } = proxyActivities<TraceQueueActivities>({
    ...activityOptions('probe', queueOf(job, 'trace')),
    summary: 'probe the environment',
  });
  const { planCorpus } = proxyActivities<JobQueueActivities>({
    ...activityOptions('wholeJob', queueOf(job, 'job')),
    summary: 'cut the corpus into batches',
  });
  const { environment } = await probeEnvironment(addressOf(job.input));
  setProgress(job, { ...job.progress, environment });
  const { planDigest, batchCount } = await planCorpus({
    ...addressOf(job.input),
    environment,
  });
  requireBasis(job.input.retry, { environment, planDigest });
  return {
    pass: 'ingest',
    batchCount,
    next: 0,
    environment,
    planDigest,
    planBatchCount: batchCount,
    paused: job.control.paused,
  };
}

/** Begins after the traces of an older revision; the traces stay where they are. */
async function takeOver(job: JobState, adopt: AdoptedRevision): Promise<JobCursor> {
  const { environment, planDigest, batches, revision: from } = adopt;
  const { adoptPages } = proxyActivities<RefineQueueActivities>({
    ...activityOptions('wholeJob', queueOf(job, 'refine')),
    summary: `take over the traces of revision ${String(from)}`,
  });
  const cut = { environment, planDigest, planBatchCount: batches };
  await adoptPages({ ...addressOf(job.input), ...cut, from });
  setProgress(job, { ...job.progress, environment });
  return { ...cut, pass: 'refine', batchCount: batches, next: 0, paused: job.control.paused };
}

/** Throws `environment-mismatch` where single rows of an older revision cannot be replaced. */
function requireBasis(asked: RetryBasis | null, found: RetryBasis): void {
  if (asked === null) return;
  if (asked.environment === found.environment && asked.planDigest === found.planDigest) return;
  const what = asked.environment === found.environment ? 'cut of the corpus' : 'environment';
  throw ApplicationFailure.nonRetryable(
    `the revision that is retried had another ${what}; run the workers on its sandbox image, or launch under another name`,
    'environment-mismatch',
  );
}

async function runPass(job: JobState, pass: PassName): Promise<PassEnd> {
  const cursor = withLanes(job, await enterPass(job, pass));
  job.cursor = cursor;
  // Small jobs gather nothing, and say nothing of it.
  if (pass === 'gather' && cursor.batchCount === 0) return { kind: 'done' };
  const begun = { pass, batchesTotal: cursor.batchCount, nowMs: Date.now() };
  setProgress(job, beginPass(job.progress, begun));
  const { lanes } = cursor;
  if (lanes === undefined) return await runAlone(job, cursor);
  return await runLanes(job, { ...cursor, lanes }, (totals) => {
    setProgress(job, setTotals(job.progress, { pass, ...totals, nowMs: Date.now() }));
    stopWhereSpent(job);
  });
}

/** Lanes for what is left of a pass, where one workflow should not give it out by itself. */
function withLanes({ input, control, progress }: JobState, cursor: JobCursor): JobCursor {
  if (cursor.lanes !== undefined) return cursor;
  const { next, batchCount, pass } = cursor;
  const count = lanesFor(batchCount - next, control.window, input.laneBatches);
  if (count === 1) return cursor;
  const counts = progress.passes.find((one) => one.pass === pass)?.counts ?? {};
  return { ...cursor, lanes: openLanes(count, next, { done: next, counts }) };
}

/** What of the job's window one workflow takes. */
function ownWindow(control: WindowControl): Readonly<WindowControl> {
  return {
    get window() {
      return Math.min(control.window, LANE_WINDOW_MAX);
    },
    get paused() {
      return control.paused;
    },
  };
}

async function runAlone(job: JobState, cursor: JobCursor): Promise<PassEnd> {
  const { pass, batchCount } = cursor;
  const end = await runWindow({
    batchCount,
    next: cursor.next,
    batchAt: (position) => batchAt(position, batchCount, job.input.dispatchSeed),
    control: ownWindow(job.control),
    run: batchRunner(job, cursor),
    onDone: (result) => {
      setProgress(job, addBatch(job.progress, { pass, result, nowMs: Date.now() }));
      stopWhereSpent(job);
    },
    // A window that one workflow does not take is for the lanes of the next run.
    isHistoryLong: (at) =>
      isHistoryLong(job.input) || withLanes(job, { ...cursor, next: at }).lanes !== undefined,
  });
  if (end.kind === 'done') return end;
  return { kind: 'handover', cursor: { ...cursor, next: end.next, paused: job.control.paused } };
}

/** Throws `require-not-met` where the spec's error budget is spent: what is left to do would be for nothing. */
function stopWhereSpent({ input, progress }: JobState): void {
  const breach = input.budget === null ? null : breachOf(progress, input.budget);
  if (breach !== null) throw ApplicationFailure.nonRetryable(breach, 'require-not-met');
}

/** The cursor of a pass that begins, or the one that was carried over where it had begun. */
async function enterPass(job: JobState, pass: PassName): Promise<JobCursor> {
  const cursor = cursorOf(job);
  if (cursor.pass === pass) return cursor;
  if (isSearched(job, pass)) await findResults(job, pass);
  const publishing = isPublishing(pass)
    ? (cursor.publishing ?? (await planPublish(job)))
    : { gather: 0, publish: 0 };
  const { environment, planDigest, planBatchCount, paused } = cursor;
  return {
    ...{ environment, planDigest, planBatchCount, paused },
    ...(isPublishing(pass) ? { publishing } : {}),
    pass,
    next: 0,
    batchCount: batchCountOf(pass, {
      plan: cursor.planBatchCount,
      near: job.input.near === true,
      benchmarks: job.input.benchmarks ?? 0,
      earlier: job.input.earlier ?? 0,
      ...publishing,
    }),
  };
}

/** Where inputs are looked for, results of other jobs are found as soon as it is known what to look for. */
const isSearched = ({ input }: JobState, pass: PassName): pass is 'probe' | 'trace' =>
  input.synthesize === true && (pass === 'probe' || pass === 'trace');

async function findResults(job: JobState, pass: 'probe' | 'trace'): Promise<void> {
  const activities = proxyActivities<RefineQueueActivities>({
    ...activityOptions('wholeJob', queueOf(job, 'refine')),
    summary: `find results of ${pass}`,
  });
  await activities.findResults({ ...stepOf(job), pass });
}

/** From here on the plan of the published files counts the batches. */
const PUBLISHING: ReadonlySet<PassName> = new Set([
  'gather',
  'publish',
  'render',
  'select',
  'text',
]);
const isPublishing = (pass: PassName): boolean => PUBLISHING.has(pass);

async function planPublish(job: JobState): Promise<PublishCounts> {
  const activities = proxyActivities<RefineQueueActivities>({
    ...activityOptions('wholeJob', queueOf(job, 'refine')),
    summary: 'plan the published files',
  });
  const { batchCount, gatherCount, textCount } = await activities.planPublish(stepOf(job));
  return { gather: gatherCount ?? 0, publish: batchCount, text: textCount ?? 0 };
}

async function commit(job: JobState): Promise<JobResult> {
  const { commitJob } = proxyActivities<RefineQueueActivities>({
    ...activityOptions('wholeJob', queueOf(job, 'refine')),
    summary: 'write the manifest',
  });
  const { publishing, batchCount } = cursorOf(job);
  const startedAtMs = job.progress.passes[0]?.startedAtMs ?? workflowInfo().startTime.getTime();
  return await commitJob({
    ...stepOf(job),
    publishBatchCount: publishing?.publish ?? batchCount,
    startedAtMs,
  });
}

/** The set is whole by now: what the reference tracer tells otherwise is recorded beside it. */
async function replay(job: JobState, { rowFiles = 0, manifestKey }: JobResult): Promise<void> {
  const { replay: share, jobId, revision, bucket, queuePrefix } = job.input;
  if (share === undefined || rowFiles === 0) return;
  const [, name = '', version = ''] = manifestKey.split('/');
  await replaySet({
    ...{ v: 1, bucket, set: `${name}@${version}`, jobId, revision, share, seed: 1, number: 1 },
    ...{ environment: cursorOf(job).environment, files: rowFiles, queuePrefix },
    window: job.control.window,
  });
}

function carryOver(job: JobState): JobInput {
  const cursor = { ...cursorOf(job), paused: job.control.paused };
  return { ...job.input, window: job.control.window, progress: job.progress, cursor };
}
