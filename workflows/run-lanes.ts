// A pass that one workflow should not give out by itself: lanes do, each a child workflow with a share of the batches and of
// the window. The job steers them, adds up what they tell, and ends as they end.
//
//   running ──all lanes done──▶ done
//   running ──history long──▶ draining ──last lane ended──▶ handover
//   running, draining ──a lane failed, job cancelled, budget spent──▶ cancel the lanes, wait for them, throw
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  isCancellation,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { ChildWorkflowHandle } from '@temporalio/workflow';
import { laneSize, passTotals, sharesOf } from '../src/core/lanes.ts';
import type { JobCursor } from '../src/contract/job.ts';
import type { LanesCursor, LaneSteer, LaneTotals } from '../src/contract/lane.ts';
import { isHistoryLong } from './job-state.ts';
import type { JobState, PassEnd } from './job-state.ts';
import { steerLaneSignal } from './messages.ts';
import type { traceLane } from './trace-lane.ts';

type LanedCursor = JobCursor & { readonly lanes: LanesCursor };

interface Lane {
  readonly index: number;
  totals: LaneTotals;
  /** Null before it has begun and after its end. */
  handle: ChildWorkflowHandle<typeof traceLane> | null;
  isOver: boolean;
  sent: LaneSteer;
}

interface Pass {
  readonly job: JobState;
  readonly cursor: LanedCursor;
  readonly lanes: readonly Lane[];
  isDraining: boolean;
}

function totalsOf({ cursor, lanes }: Pass): LanesCursor {
  return { ...cursor.lanes, lanes: lanes.map(({ totals }) => totals) };
}

/** What each lane that runs should have been told; those that ended leave their share to the others. */
function wanted({ job, lanes, isDraining }: Pass): Map<Lane, LaneSteer> {
  const open = lanes.filter(({ isOver }) => !isOver);
  const shares = sharesOf(job.control.window, open.length);
  const { paused } = job.control;
  return new Map(
    open.map((lane, index) => [lane, { window: shares[index] ?? 0, paused, drain: isDraining }]),
  );
}

const isSame = (a: LaneSteer, b: LaneSteer): boolean =>
  a.window === b.window && a.paused === b.paused && a.drain === b.drain;

/** Lanes that know something else than they should. */
function astray(pass: Pass): [Lane, LaneSteer][] {
  return [...wanted(pass)].filter(([lane, steer]) => lane.handle && !isSame(lane.sent, steer));
}

async function steer(pass: Pass): Promise<void> {
  await Promise.all(
    astray(pass).map(async ([lane, told]) => {
      lane.sent = told;
      try {
        await lane.handle?.signal(steerLaneSignal, told);
      } catch (error) {
        // It has just ended; how, its result tells.
        if (isCancellation(error)) throw error;
      }
    }),
  );
}

/** Until the lane has ended, over all of its runs. */
async function follow({ job, cursor }: Pass, lane: Lane): Promise<void> {
  const { workflowId } = workflowInfo();
  const { pass } = cursor;
  const place = `${String(lane.index + 1)} of ${String(cursor.lanes.lanes.length)}`;
  lane.handle = await startChild<typeof traceLane>('traceLane', {
    workflowId: `${workflowId}/lanes/${String(job.input.revision)}/${pass}/${String(lane.index)}`,
    args: [
      {
        v: 1,
        job: { ...job.input, progress: null, cursor },
        ...{ lane: lane.index, totals: lane.totals, steer: lane.sent },
      },
    ],
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    parentClosePolicy: ParentClosePolicy.TERMINATE,
    staticSummary: `${pass}, lane ${place}`,
  });
  lane.totals = await lane.handle.result();
}

/** What `onTotals` throws ends the pass like the failure of a lane. */
export async function runLanes(
  job: JobState,
  cursor: LanedCursor,
  onTotals: (totals: LaneTotals) => void,
): Promise<PassEnd> {
  const pass = openPass(job, cursor);
  const failures: unknown[] = [];
  const tell = (): void => {
    try {
      onTotals(passTotals(totalsOf(pass)));
    } catch (error) {
      failures.push(error);
    }
  };
  job.onLane = ({ lane: index, pass: of, done, counts }) => {
    const lane = pass.lanes[index];
    if (of !== cursor.pass || lane === undefined || done <= lane.totals.done) return;
    lane.totals = { done, counts };
    tell();
  };
  const scope = new CancellationScope();
  for (const lane of pass.lanes.filter(({ isOver }) => !isOver)) {
    scope
      .run(() => follow(pass, lane))
      .then(tell)
      .catch((error: unknown) => {
        failures.push(error);
      })
      .finally(() => {
        Object.assign(lane, { isOver: true, handle: null });
      });
  }
  try {
    await untilOver(pass, failures);
  } finally {
    scope.cancel();
    await CancellationScope.nonCancellable(() => condition(() => isOver(pass)));
    job.onLane = () => undefined;
  }
  const lanes = totalsOf(pass);
  if (passTotals(lanes).done >= cursor.batchCount) return { kind: 'done' };
  return { kind: 'handover', cursor: { ...cursor, lanes } };
}

const isOver = ({ lanes }: Pass): boolean => lanes.every((lane) => lane.isOver);

function openPass(job: JobState, cursor: LanedCursor): Pass {
  const lanes = cursor.lanes.lanes.map((totals, index) => ({
    ...{ index, totals, handle: null },
    isOver: totals.done >= laneSize(cursor.lanes, index, cursor.batchCount),
    sent: { window: 0, paused: true, drain: false },
  }));
  const pass: Pass = { job, cursor, lanes, isDraining: false };
  for (const [lane, told] of wanted(pass)) lane.sent = told;
  return pass;
}

async function untilOver(pass: Pass, failures: readonly unknown[]): Promise<void> {
  const mustDrain = (): boolean => !pass.isDraining && isHistoryLong(pass.job.input);
  for (;;) {
    await condition(
      () => failures.length > 0 || isOver(pass) || mustDrain() || astray(pass).length > 0,
    );
    if (failures.length > 0) throw failures[0];
    if (isOver(pass)) return;
    if (mustDrain()) pass.isDraining = true;
    await steer(pass);
  }
}
