// The one loop that gives out the batches of a pass: a bounded number in flight, in dispatch order.
//
//   giving out ──all given──▶ draining ──last result──▶ done
//   giving out ──history long──▶ draining ──last result──▶ handover
//   giving out, draining ──a batch failed, job cancelled──▶ cancel what is in flight, wait for it, throw
import { CancellationScope, condition } from '@temporalio/workflow';
import type { BatchResult } from '../src/contract/job.ts';

export interface WindowControl {
  /** Batches in flight, from 1. Both fields may change at any time. */
  window: number;
  paused: boolean;
}

export interface WindowTask {
  readonly batchCount: number;
  /** Position in the dispatch order to begin with. */
  readonly next: number;
  /** Batch at a position. */
  readonly batchAt: (position: number) => number;
  readonly control: Readonly<WindowControl>;
  /** Until the batch is sealed. */
  readonly run: (batchIndex: number) => Promise<BatchResult>;
  /** What it throws ends the pass like the failure of a batch. */
  readonly onDone: (result: BatchResult) => void;
  /** Asked before the batch at a position is given out; once true, nothing more is, and the window hands over. */
  readonly isHistoryLong: (next: number) => boolean;
}

export type WindowEnd =
  | { readonly kind: 'done' }
  /** All before `next` in the dispatch order are done, none after it has begun. */
  | { readonly kind: 'handover'; readonly next: number };

/** Throws the first failure of a batch, or the job's cancellation, after all that was in flight has ended. */
export async function runWindow(task: WindowTask): Promise<WindowEnd> {
  const state = { next: task.next, inFlight: 0, failures: [] as unknown[] };
  const scope = new CancellationScope();
  const give = (batchIndex: number): void => {
    state.inFlight += 1;
    // Both handlers are attached in the same step: an unhandled rejection would fail the workflow task.
    scope
      .run(() => task.run(batchIndex))
      .then(task.onDone)
      .catch((error: unknown) => {
        state.failures.push(error);
      })
      .finally(() => {
        state.inFlight -= 1;
      });
  };
  try {
    return await giveOut(task, state, give);
  } finally {
    scope.cancel();
    await CancellationScope.nonCancellable(() => condition(() => state.inFlight === 0));
  }
}

/**
 * Does all of `count` pieces, `window` of them at once, within one history: for work that is no pass of a job. Throws as
 * `runWindow` does.
 */
export async function runAll(
  { count, window }: { readonly count: number; readonly window: number },
  run: (index: number) => Promise<void>,
): Promise<void> {
  await runWindow({
    batchCount: count,
    next: 0,
    batchAt: (position) => position,
    control: { window, paused: false },
    run: async (batchIndex) => {
      await run(batchIndex);
      return { v: 1, batchIndex, how: 'sealed', counts: {} };
    },
    onDone: () => undefined,
    isHistoryLong: () => false,
  });
}

async function giveOut(
  task: WindowTask,
  state: { next: number; inFlight: number; readonly failures: unknown[] },
  give: (batchIndex: number) => void,
): Promise<WindowEnd> {
  const { control, batchCount } = task;
  let isDraining = false;
  // A run gives out one batch at least, so that a chain of runs always comes to its end.
  const isLong = (): boolean => state.next > task.next && task.isHistoryLong(state.next);
  for (;;) {
    const mayGive = (): boolean =>
      !isDraining && !control.paused && state.next < batchCount && state.inFlight < control.window;
    const isOver = (): boolean =>
      state.inFlight === 0 && (state.next >= batchCount || isDraining || isLong());
    await condition(() => state.failures.length > 0 || isOver() || mayGive());
    if (state.failures.length > 0) throw state.failures[0];
    if (isOver()) {
      return state.next >= batchCount ? { kind: 'done' } : { kind: 'handover', next: state.next };
    }
    if (isLong()) {
      isDraining = true;
      continue;
    }
    give(task.batchAt(state.next));
    state.next += 1;
  }
}
