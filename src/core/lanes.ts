// How a large pass is cut over lanes: which positions of the dispatch order are whose, and what share of the window.
import type { LanesCursor, LaneTotals } from '../contract/lane.ts';
import { LANE_WINDOW_MAX, LANES_MAX } from './dispatch.ts';
import { addCounts } from './progress.ts';

/** Batches of a pass that one workflow gives out by itself: three runs of a history. */
const LANE_BATCHES_MAX = 5_000;

/** Over how many lanes so many batches run; 1 where the job gives them out itself. `laneBatches` is for tests. */
export function lanesFor(batches: number, window: number, laneBatches = LANE_BATCHES_MAX): number {
  const inFlight = Math.min(window, batches);
  if (batches <= laneBatches && inFlight <= LANE_WINDOW_MAX) return 1;
  const wanted = Math.ceil(Math.max(batches / laneBatches, inFlight / LANE_WINDOW_MAX));
  return Math.min(LANES_MAX, batches, Math.max(2, wanted));
}

/** The cursor of a pass of which all before `start` is done. */
export function openLanes(count: number, start: number, before: LaneTotals): LanesCursor {
  return { start, before, lanes: Array.from({ length: count }, () => ({ done: 0, counts: {} })) };
}

/** Batches of one lane: every so many positions from its first one on. */
export function laneSize({ start, lanes }: LanesCursor, lane: number, batchCount: number): number {
  return Math.max(0, Math.ceil((batchCount - start - lane) / lanes.length));
}

/** Position in the dispatch order of a lane's batch, by its number within the lane. */
export function positionOf({ start, lanes }: LanesCursor, lane: number, number: number): number {
  return start + lane + number * lanes.length;
}

/** A window over so many lanes, as even as whole numbers are; none is above what one workflow may have in flight. */
export function sharesOf(window: number, lanes: number): number[] {
  return Array.from({ length: lanes }, (_, index) =>
    Math.min(LANE_WINDOW_MAX, Math.floor(window / lanes) + (index < window % lanes ? 1 : 0)),
  );
}

/** Of the whole pass, in lanes or before them. */
export function passTotals({ before, lanes }: LanesCursor): LaneTotals {
  return lanes.reduce(
    (sum, { done, counts }) => ({
      done: sum.done + done,
      counts: addCounts(sum.counts, counts),
    }),
    before,
  );
}
