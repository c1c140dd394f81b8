// A lane: gives out its share of the batches of one pass, through the same window as a job without lanes.
import {
  continueAsNew,
  getExternalWorkflowHandle,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { batchAt } from '../src/core/dispatch.ts';
import { laneSize, positionOf } from '../src/core/lanes.ts';
import { withBatch } from '../src/core/progress.ts';
import type { LaneInput, LaneTotals } from '../src/contract/lane.ts';
import { cursorOf, isHistoryLong, openJob } from './job-state.ts';
import { laneReportSignal, steerLaneSignal } from './messages.ts';
import { batchRunner } from './run-batch.ts';
import { runWindow } from './window.ts';

/**
 * All lanes of a pass tell so often between them by the count of their batches: four events each make a quarter of the
 * history after which a job continues as new.
 */
const REPORTS = 256;
/** And each at least so often, so that a pass of slow batches is seen to move. */
const REPORT_MS = 60_000;

/** Gives its totals when all of its batches are done, or when it was told to drain. Fails as its batches fail. */
export async function traceLane(input: LaneInput): Promise<LaneTotals> {
  const { lane } = input;
  const job = openJob(input.job);
  const cursor = cursorOf(job);
  const { pass, batchCount, lanes } = cursor;
  if (lanes === undefined) throw new Error('invariant broken: a lane of a pass without lanes');
  const size = laneSize(lanes, lane, batchCount);
  const control = { ...input.steer };
  setHandler(steerLaneSignal, (steer) => {
    Object.assign(control, steer);
  });
  let { totals } = input;
  const tell = reporter(input, Math.ceil(batchCount / REPORTS));
  const end = await runWindow({
    batchCount: size,
    next: totals.done,
    batchAt: (number) =>
      batchAt(positionOf(lanes, lane, number), batchCount, job.input.dispatchSeed),
    control,
    run: batchRunner(job, cursor),
    onDone: (result) => {
      totals = { done: totals.done + 1, counts: withBatch(totals.counts, result) };
      setCurrentDetails(`${pass}: ${String(totals.done)}/${String(size)}`);
      tell(totals);
    },
    isHistoryLong: () => control.drain || isHistoryLong(job.input),
  });
  if (end.kind === 'done' || control.drain) return totals;
  return await continueAsNew<typeof traceLane>({ ...input, totals, steer: control });
}

/** Tells the job after so many batches, or after a minute; one report is under way at most. */
function reporter({ job, lane, totals: first }: LaneInput, every: number) {
  const { parent } = workflowInfo();
  const pass = job.cursor?.pass;
  if (parent === undefined || pass === undefined) {
    throw new Error('invariant broken: a lane without a job');
  }
  const told = { done: first.done, atMs: Date.now(), isBusy: false };
  return ({ done, counts }: LaneTotals): void => {
    const now = Date.now();
    if (told.isBusy || (done - told.done < every && now - told.atMs < REPORT_MS)) return;
    Object.assign(told, { done, atMs: now, isBusy: true });
    getExternalWorkflowHandle(parent.workflowId)
      .signal(laneReportSignal, { pass, lane, done, counts })
      // The job has ended, and ends this lane with it.
      .catch(() => undefined)
      .finally(() => {
        told.isBusy = false;
      });
  };
}
