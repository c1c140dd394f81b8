// What a replay compares, and which rows it can: the reference tracer agrees with the product's but for a closed list.
import type { ReplayCounts } from '../contract/replay.ts';
import type { TraceRow } from '../contract/row.ts';

/** What an execution alone decides, and no search, provenance or policy. */
export const REPLAYED_COLUMNS = [
  ...(['outcome', 'limit_hit', 'exception_type', 'exception_message', 'return_value'] as const),
  ...(['return_type', 'return_is_literal', 'args_after', 'stdout', 'stderr', 'events'] as const),
  ...(['n_events', 'n_lines', 'n_calls', 'depth_max', 'n_cut_values', 'n_opaque'] as const),
  ...(['path_digest', 'opaque_callees'] as const),
] as const satisfies readonly (keyof TraceRow)[];

export type ReplayedFacts = Pick<TraceRow, (typeof REPLAYED_COLUMNS)[number]>;

/** Ends that the program or a counted budget decided, the child being alive to tell. */
const FOLLOWED: ReadonlySet<string> = new Set([
  ...['returned', 'raised', 'exited', 'load-failed', 'input-failed'],
  ...['events-exceeded', 'fuel-exceeded', 'bytes-exceeded', 'output-exceeded'],
]);
/** Labels of what the reference does not follow, or what is another each time. */
const UNFOLLOWED: ReadonlySet<string> = new Set([
  ...['tampered', 'threads', 'processes', 'nondeterministic', 'borderline', 'identity'],
]);
/** After it the reference's own frames count (docs/trace-format.md). */
const RECURSION = 'RecursionError';

/** False where the two tracers are known to tell differently. */
export function isFollowed(
  row: Pick<TraceRow, 'outcome' | 'labels' | 'exception_type' | 'events'>,
): boolean {
  return (
    FOLLOWED.has(row.outcome) &&
    !row.labels.some((label) => UNFOLLOWED.has(label)) &&
    row.exception_type !== RECURSION &&
    !row.events.includes(RECURSION)
  );
}

/** Names of columns that differ. */
export function replayDiffers(row: ReplayedFacts, again: ReplayedFacts): readonly string[] {
  return REPLAYED_COLUMNS.filter(
    (name) => JSON.stringify(row[name]) !== JSON.stringify(again[name]),
  );
}

export function addReplayed(counts: readonly ReplayCounts[]): ReplayCounts {
  const sum = (name: keyof ReplayCounts): number =>
    counts.reduce((total, each) => total + each[name], 0);
  return {
    drawn: sum('drawn'),
    agreed: sum('agreed'),
    disagreed: sum('disagreed'),
    skipped: sum('skipped'),
  };
}
