// How often a failing provider is asked again, and how often that is said: a fault is one line until it changes or heals.
import type { Logger } from '../log/logger.ts';

/** A throttled API heals in seconds, capacity in minutes; five minutes cost little against hours of a job. */
const FIRST_MS = 15_000;
const LONGEST_MS = 300_000;

export interface Fault {
  /** Equal kinds are said once. */
  readonly kind: string;
  readonly message: string;
}

export interface Backoff {
  /** Milliseconds to wait before the next try. */
  failed(fault: Fault): number;
  healed(): void;
  readonly current: Fault | null;
}

export function createBackoff(
  log: Logger,
  { firstMs = FIRST_MS, longestMs = LONGEST_MS } = {},
): Backoff {
  let current: Fault | null = null;
  let count = 0;
  return {
    failed: (fault) => {
      if (current?.kind !== fault.kind) {
        count = 0;
        log.error({ kind: fault.kind }, fault.message);
      }
      current = fault;
      count += 1;
      return Math.min(longestMs, firstMs * 2 ** (count - 1));
    },
    healed: () => {
      if (current !== null) log.warn({ kind: current.kind, tries: count }, 'healed');
      current = null;
      count = 0;
    },
    get current() {
      return current;
    },
  };
}
