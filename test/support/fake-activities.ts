// Activities that stand for the real ones in tests of the workflow: they count, and can be held back.
import { Context } from '@temporalio/activity';
import type { JobActivities } from '../../src/contract/activities.ts';
import type {
  BatchInput,
  BatchResult,
  CauseReport,
  EndNotice,
  JobEnd,
  PassName,
} from '../../src/contract/job.ts';

export interface FakeJob {
  readonly activities: JobActivities;
  /** Batches in the order in which they began, per pass. */
  readonly begun: Map<PassName, number[]>;
  readonly ends: JobEnd[];
  readonly notices: EndNotice[];
  /** Revisions whose pages were taken over. */
  readonly adopted: number[];
  /** Files of each replay that was recorded. */
  readonly replayed: number[];
  /** Most batches of one pass that ran at once. */
  readonly inFlightMax: () => number;
}

export type FakeBatch = (input: BatchInput) => Promise<BatchResult>;

export const sealed = (input: BatchInput): BatchResult => ({
  v: 1,
  batchIndex: input.batchIndex,
  how: 'sealed',
  counts: { done: 1 },
});

/** Busy until its activity is cancelled, and tells that it lives. */
export async function untilCancelled(): Promise<never> {
  const context = Context.current();
  const timer = setInterval(() => {
    context.heartbeat();
  }, 100);
  try {
    return await context.cancelled;
  } finally {
    clearInterval(timer);
  }
}

/** `onBatch` decides what a batch does; by default it is sealed at once. */
export function fakeJob(options: {
  readonly batchCount: number;
  readonly publishCount?: number;
  readonly gatherCount?: number;
  readonly onBatch?: FakeBatch;
  readonly causes?: CauseReport;
}): FakeJob {
  const begun = new Map<PassName, number[]>();
  const ends: JobEnd[] = [];
  const notices: EndNotice[] = [];
  const adopted: number[] = [];
  const replayed: number[] = [];
  let inFlight = 0;
  let max = 0;
  const onBatch = options.onBatch ?? ((input) => Promise.resolve(sealed(input)));
  const batch: FakeBatch = async (input) => {
    begun.set(input.pass, [...(begun.get(input.pass) ?? []), input.batchIndex]);
    inFlight += 1;
    max = Math.max(max, inFlight);
    try {
      return await onBatch(input);
    } finally {
      inFlight -= 1;
    }
  };
  const activities: JobActivities = {
    planCorpus: () =>
      Promise.resolve({ v: 1, batchCount: options.batchCount, planDigest: 'f'.repeat(64) }),
    recordEnd: (input) => {
      ends.push(input);
      return Promise.resolve();
    },
    replayFile: () => Promise.resolve({ drawn: 1, agreed: 1, disagreed: 0, skipped: 0 }),
    recordReplay: ({ files }) => {
      replayed.push(files);
      return Promise.resolve({ drawn: files, agreed: files, disagreed: 0, skipped: 0 });
    },
    judgeRange: () => Promise.reject(new Error('this job is judged by no other policy')),
    sendNotice: (input) => {
      notices.push(input);
      return Promise.resolve();
    },
    probeEnvironment: () =>
      Promise.resolve({ v: 1, environment: 'e'.repeat(64), python: '3.13.5', tracer: 'fake/1' }),
    ingestBatch: batch,
    benchmarkBatch: batch,
    matchBatch: batch,
    earlierBatch: batch,
    probeBatch: batch,
    promptBatch: batch,
    reprobeBatch: batch,
    traceBatch: batch,
    nearBatch: batch,
    mergeUnique: batch,
    clusterBatch: batch,
    placeFunctions: batch,
    adoptPages: (input) => {
      adopted.push(input.from);
      return Promise.resolve();
    },
    findResults: () => Promise.resolve({ v: 1, found: 0 }),
    refineBatch: batch,
    gatherRuns: batch,
    publishPart: batch,
    renderBatch: batch,
    selectText: batch,
    publishText: batch,
    planPublish: () =>
      Promise.resolve({
        v: 1,
        batchCount: options.publishCount ?? 2,
        planDigest: '',
        ...(options.gatherCount === undefined ? {} : { gatherCount: options.gatherCount }),
      }),
    explainCauses: () => Promise.resolve(options.causes ?? { v: 1, invocations: 0, causes: [] }),
    commitJob: (input) =>
      Promise.resolve({
        v: 1,
        revision: input.revision,
        manifestKey: 'sets/s/v1/manifest.json',
        counts: { parts: input.publishBatchCount },
      }),
  };
  return { activities, begun, ends, notices, adopted, replayed, inFlightMax: () => max };
}

/** Something to wait for that the test opens. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    opened,
    open: () => {
      open();
    },
  };
}
