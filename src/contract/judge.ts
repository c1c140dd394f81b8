// What another policy makes of a finished revision: what is asked of workers, and what they answer.
import type { Policy, PolicyRef } from './policy.ts';

export interface VerdictCounts {
  readonly accepted: number;
  readonly rejected: number;
  readonly duplicates: number;
}

/** `in`: accepted now and not before; `out`: the other way; `changed`: accepted by neither, for other reasons. */
export type VerdictChange = 'in' | 'out' | 'changed';

export interface ChangedVerdict {
  readonly change: VerdictChange;
  /** Of the row. */
  readonly id: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Bounded whatever the number of rows, since reasons come from a closed list. */
export interface VerdictReport {
  readonly invocations: number;
  readonly before: VerdictCounts;
  readonly after: VerdictCounts;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly changed: number;
  /** Those that any row has, the most frequent first by what the new policy gives. */
  readonly reasons: readonly {
    readonly reason: string;
    readonly before: number;
    readonly after: number;
  }[];
  /** The first few of each change. */
  readonly examples: readonly ChangedVerdict[];
}

export interface JudgeAddress {
  readonly v: 1;
  readonly bucket: string;
  readonly jobId: string;
  /** That is judged. */
  readonly revision: number;
  readonly planDigest: string;
  /** By which the revision judged, or would have where it ended before it judged. */
  readonly before: PolicyRef;
  /** The whole document: nothing is written to say what it would change. */
  readonly policy: Policy;
}

export interface JudgeInput extends JudgeAddress {
  /** Of the pass trace. */
  readonly batches: number;
  /** Activities in flight at once. */
  readonly window: number;
  readonly queuePrefix: string;
}

export interface JudgeRangeInput extends JudgeAddress {
  /** Batches from `from` to `to`, which is not one of them. */
  readonly from: number;
  readonly to: number;
}
