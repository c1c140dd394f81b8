// What a batch of the pass trace has done so far: for its heartbeat, never for what it seals.
import type { BatchBeat } from '../src/contract/job.ts';
import type { Policy } from '../src/contract/policy.ts';
import type { SealedTraceRow } from '../src/contract/sealed-rows.ts';
import { invocationName } from '../src/core/causes.ts';
import { reasonsOf } from '../src/quality/fate.ts';

/** With names of 120 characters, a beat stays below 1 KiB: the server holds one for each batch in flight. */
const FAILURES_MAX = 3;

export interface TraceTally {
  /** Called once the functions of the batch are known. */
  begin(total: number, policy: Policy): void;
  /** Rows that were made, or found in a durable part. */
  add(rows: readonly SealedTraceRow[]): void;
  /** One row was taken from another job's result. */
  reuse(): void;
  readonly reused: () => number;
  reach(at: { readonly done: number; readonly durable: number }): void;
  readonly beat: () => BatchBeat;
}

export function traceTally(): TraceTally {
  const at = { total: 0, done: 0, durable: 0 };
  const outcomes: Record<string, number> = {};
  const failures: { readonly cause: string; readonly example: string }[] = [];
  let reused = 0;
  let accepts: Policy | null = null;
  const note = (row: SealedTraceRow): void => {
    outcomes[row.outcome] = (outcomes[row.outcome] ?? 0) + 1;
    if (accepts === null || failures.length >= FAILURES_MAX) return;
    const [cause] = reasonsOf(row, accepts);
    if (cause === undefined || failures.some((known) => known.cause === cause)) return;
    failures.push({ cause, example: invocationName(row) });
  };
  return {
    begin: (total, policy) => {
      at.total = total;
      accepts = policy;
    },
    add: (rows) => {
      rows.forEach(note);
    },
    reuse: () => {
      reused += 1;
    },
    reused: () => reused,
    reach: (now) => {
      Object.assign(at, now);
    },
    beat: () => ({ v: 1, ...at, outcomes: { ...outcomes }, failures: [...failures] }),
  };
}
