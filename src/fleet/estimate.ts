// How long a batch takes, from what was seen so far and what was known before. Pure.

/** What of a pass was done, and what slots spent on it. */
export interface PassSeen {
  /** Batches, those in flight by their share. */
  readonly done: number;
  /** Milliseconds of all slots that worked on them. */
  readonly slotMs: number;
  /** The longest batch that was seen, ended or not; 0 before the first. */
  readonly longestMs: number;
}

export interface BatchEstimate {
  /** Null while nothing is known. */
  readonly meanMs: number | null;
  readonly longestMs: number;
}

/** A mean that was known before counts as much as so many batches: then what is seen takes over. */
const PRIOR_BATCHES = 8;
/** Less than this much of a batch says nothing about its length. */
const DONE_MIN = 0.25;
/** The longest of many batches beside their mean, where none has ended yet. */
const LONGEST_OVER_MEAN = 10;

/** `priorMs`: mean of a batch as a pilot or an earlier job told; null without one. */
export function estimateBatch(seen: PassSeen, priorMs: number | null): BatchEstimate {
  const weight = priorMs === null ? 0 : PRIOR_BATCHES;
  const isKnown = weight > 0 || seen.done >= DONE_MIN;
  if (!isKnown) return { meanMs: null, longestMs: seen.longestMs };
  const meanMs = (weight * (priorMs ?? 0) + seen.slotMs) / (weight + seen.done);
  return { meanMs, longestMs: Math.max(seen.longestMs, LONGEST_OVER_MEAN * meanMs) };
}
