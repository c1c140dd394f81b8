// The activities of a job, by queue: one object in, one object out. workflows call them by these names, createActivities
// implements them, and tests put fakes in their place.
import type {
  AdoptInput,
  BatchInput,
  BatchResult,
  CauseReport,
  CommitInput,
  EndNotice,
  EnvironmentProbe,
  FindInput,
  JobAddress,
  JobEnd,
  JobResult,
  PlanInput,
  PlanSummary,
  StepInput,
} from './job.ts';
import type { JudgeRangeInput, VerdictReport } from './judge.ts';
import type { ReplayCounts, ReplayFileInput, ReplayInput } from './replay.ts';

export type BatchActivity = (input: BatchInput) => Promise<BatchResult>;

/** Queue `job`: light, no sandbox. */
export interface JobQueueActivities {
  /** Cuts the corpus into batches; the same corpus and batch size give the same plan. */
  planCorpus(input: PlanInput): Promise<PlanSummary>;
  /** Writes the marker of a revision that was cancelled or failed. */
  recordEnd(input: JobEnd): Promise<void>;
  /** Puts the record of a replay together. */
  recordReplay(input: ReplayInput): Promise<ReplayCounts>;
  /** Tells the job's address how it ended; tells it once, but where an answer was lost. */
  sendNotice(input: EndNotice): Promise<void>;
}

/** Queue `trace`: everything that needs CPython. */
export interface TraceQueueActivities {
  probeEnvironment(input: JobAddress): Promise<EnvironmentProbe>;
  ingestBatch: BatchActivity;
  /** Reads the items of one file of a benchmark. */
  benchmarkBatch: BatchActivity;
  /** Which functions of a batch are in a benchmark; runs those that have its words on its inputs. */
  matchBatch: BatchActivity;
  /** Reads the functions of an earlier set. */
  earlierBatch: BatchActivity;
  /** Looks for inputs of the kept functions of a batch and decides which are kept. */
  probeBatch: BatchActivity;
  /** The same once more, with what a language model wrote. */
  reprobeBatch: BatchActivity;
  traceBatch: BatchActivity;
  /** Runs the drawn rows of one published file again, by the reference tracer, and records what differs. */
  replayFile(input: ReplayFileInput): Promise<ReplayCounts>;
}

/** Queue `llm`: what needs the key of a language model. No Docker, no untrusted code. */
export interface LlmQueueActivities {
  /** Asks about the functions of a batch whose code is not covered yet; its replies are stored as they come. */
  promptBatch: BatchActivity;
}

/** Queue `refine`: decisions over sealed objects, and what is published. */
export interface RefineQueueActivities {
  nearBatch: BatchActivity;
  mergeUnique: BatchActivity;
  /** Pairs of kept functions that are to stand in one split. */
  clusterBatch: BatchActivity;
  /** The cluster and the split of each kept function. */
  placeFunctions: BatchActivity;
  /** A revision that publishes anew takes over what an older one traced. */
  adoptPages(input: AdoptInput): Promise<void>;
  /** Jobs that look for inputs: which of the searches, or of the invocations, have a result already. */
  findResults(input: FindInput): Promise<{ readonly v: 1; readonly found: number }>;
  refineBatch: BatchActivity;
  planPublish(input: StepInput): Promise<PlanSummary>;
  /** Large jobs only: a group of batches as sorted runs, from which publishPart makes files. */
  gatherRuns: BatchActivity;
  publishPart: BatchActivity;
  /** What the traces of one published file offer as training texts. */
  renderBatch: BatchActivity;
  /** Which of all offers are taken: each example once, within the bounds of `balance`. */
  selectText: BatchActivity;
  /** Writes one file of the table text. */
  publishText: BatchActivity;
  /** What another policy makes of a range of batches; writes nothing. */
  judgeRange(input: JudgeRangeInput): Promise<VerdictReport>;
  /** Why invocations of a job that is about to fail were not accepted; reads a sample of its batches. */
  explainCauses(input: StepInput): Promise<CauseReport>;
  commitJob(input: CommitInput): Promise<JobResult>;
}

export type JobActivities = JobQueueActivities &
  TraceQueueActivities &
  LlmQueueActivities &
  RefineQueueActivities;
