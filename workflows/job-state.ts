// What a running job holds, and its answers to updates and the query.
import {
  ApplicationFailure,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { WINDOW_MAX } from '../src/core/dispatch.ts';
import { describeProgress, emptyProgress } from '../src/core/progress.ts';
import type {
  JobAddress,
  JobCursor,
  JobInput,
  JobProgress,
  QueueName,
  StepInput,
} from '../src/contract/job.ts';
import type { LaneReport } from '../src/contract/lane.ts';
import {
  laneReportSignal,
  pauseUpdate,
  positionQuery,
  progressQuery,
  resumeUpdate,
  setWindowUpdate,
} from './messages.ts';
import type { WindowControl } from './window.ts';

export interface JobState {
  readonly input: JobInput;
  readonly control: WindowControl;
  /** Null until the job is planned. */
  cursor: JobCursor | null;
  progress: JobProgress;
  /** What a lane tells; nothing listens while no pass runs in lanes. */
  onLane: (report: LaneReport) => void;
}

export type PassEnd =
  { readonly kind: 'done' } | { readonly kind: 'handover'; readonly cursor: JobCursor };

/** Takes up what the run before handed over, or begins. */
export function openJob(input: JobInput): JobState {
  const { cursor, window } = input;
  return {
    input,
    control: { window, paused: cursor?.paused ?? false },
    cursor,
    progress: input.progress ?? emptyProgress(window),
    onLane: () => undefined,
  };
}

/** Whether this run should hand over to a new one. */
export function isHistoryLong({ historyEventsMax: max }: JobInput): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || (max !== null && historyLength >= max);
}

/** The part of the input that every activity is told. */
export function addressOf(input: JobInput): JobAddress {
  const { jobId, revision, bucket, specKey, batchSize } = input;
  return { v: 1, jobId, revision, bucket, specKey, batchSize };
}

/** The queue of a role for this job's activities. */
export function queueOf({ input }: JobState, name: QueueName) {
  return { prefix: input.queuePrefix, name, jobId: input.jobId };
}

/** The cursor of a job that is planned. */
export function cursorOf(job: JobState): JobCursor {
  if (job.cursor === null) {
    throw new Error('invariant broken: a pass runs before the job is planned');
  }
  return job.cursor;
}

/** What the activities of a planned job are told. */
export function stepOf(job: JobState): StepInput {
  const { environment, planDigest, planBatchCount } = cursorOf(job);
  return { ...addressOf(job.input), environment, planDigest, planBatchCount };
}

function refuseBadWindow({ window }: { readonly window: number }): void {
  if (Number.isInteger(window) && window >= 1 && window <= WINDOW_MAX) return;
  throw ApplicationFailure.nonRetryable(
    `window is ${String(window)}; give a whole number from 1 to ${String(WINDOW_MAX)}`,
    'usage',
  );
}

/** Takes a new progress, and shows it on Temporal's own page; neither makes an event. */
export function setProgress(job: JobState, progress: JobProgress): void {
  job.progress = progress;
  setCurrentDetails(describeProgress({ ...progress, ...job.control }));
}

/** Handlers only set fields: the window waits on them and goes on by itself. */
export function answerMessages(job: JobState): void {
  const now = (): JobProgress => ({ ...job.progress, ...job.control });
  const steer = (change: Partial<WindowControl>): JobProgress => {
    Object.assign(job.control, change);
    setProgress(job, job.progress);
    return now();
  };
  setHandler(progressQuery, now, { description: 'passes, counts, window, and the fault if any' });
  setHandler(positionQuery, () => (job.cursor === null ? null : stepOf(job)), {
    description: "where the job's objects lie",
  });
  setHandler(pauseUpdate, () => steer({ paused: true }), {
    description: 'give out no more batches; those in flight finish',
  });
  setHandler(resumeUpdate, () => steer({ paused: false }), {
    description: 'give out batches again',
  });
  setHandler(setWindowUpdate, ({ window }) => steer({ window }), {
    validator: refuseBadWindow,
    description: 'batches in flight at once, 1 to 8,000',
  });
  setHandler(
    laneReportSignal,
    (report) => {
      job.onLane(report);
    },
    { description: 'how far a lane is' },
  );
}
