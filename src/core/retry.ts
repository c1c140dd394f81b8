// Which invocations of a finished revision are taken up again.
import type { RetrySelection } from '../contract/spec.ts';

/** What became of an invocation; reasons of the verdict, or the code of its fault. */
export interface Fate {
  readonly outcome: string;
  readonly reasons: readonly string[];
}

export function isRetried(selection: RetrySelection, { outcome, reasons }: Fate): boolean {
  return (
    (selection.faulted && outcome === 'faulted') ||
    selection.outcomes.some((wanted) => wanted === outcome) ||
    selection.reasons.some((wanted) => reasons.includes(wanted))
  );
}
