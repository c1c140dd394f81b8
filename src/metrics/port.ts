// What activities tell of their work, and what the runtime of Temporal's SDK tells of itself.
import type { ErrorCode } from '../contract/error-code.ts';
import type { BatchResult, PassName } from '../contract/job.ts';
import type { OutcomeKind } from '../contract/outcome.ts';

export interface WorkMetrics {
  /** An invocation has ended, tracing and confirming included. */
  invocation(ended: { readonly outcome: OutcomeKind | 'faulted'; readonly seconds: number }): void;
  batch(pass: PassName, how: BatchResult['how']): void;
  /** An activity ended in a fault of ours; it may be tried again. */
  fault(code: ErrorCode): void;
}

/** For processes that show no metrics, and for tests. */
export const NO_METRICS: WorkMetrics = {
  invocation: () => undefined,
  batch: () => undefined,
  fault: () => undefined,
};

/** One change of a metric of the SDK. Durations are in seconds. */
export interface SdkUpdate {
  readonly name: string;
  readonly kind: 'counter' | 'up-down-counter' | 'gauge' | 'histogram';
  readonly unit: string;
  readonly help: string;
  readonly value: number;
  readonly tags: Readonly<Record<string, string | number | boolean>>;
}

/** A metric that is read when somebody asks: all series of it at once. */
export interface Series {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly values: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}
