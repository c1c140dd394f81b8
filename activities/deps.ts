// What activities are given; made once per worker in src/main/worker.ts.
import type { Limits } from '../src/contract/limits.ts';
import type { Logger } from '../src/log/logger.ts';
import type { WorkMetrics } from '../src/metrics/port.ts';
import type { SlotPool } from '../src/sandbox/port.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import type { ModelPort } from '../src/synthesis/port.ts';

export interface ActivityDeps {
  /** The store of a bucket; the same object each time. */
  readonly storeOf: (bucket: string) => ObjectStore;
  /** Null on a worker without the role trace. */
  readonly pool: SlotPool | null;
  /** Null on a worker without the role llm. */
  readonly llm: ModelPort | null;
  /** What the sandboxes of this worker are sized for: a job may ask for less, never for more. */
  readonly limitsMax: Limits;
  readonly log: Logger;
  readonly metrics: WorkMetrics;
  /** Aborted when the worker is told to stop: batches end between two functions and hand themselves back. */
  readonly drain: AbortSignal;
  /** Beside the data, never in it; null on a worker without the role trace. */
  readonly sandboxImage: { readonly reference: string; readonly id: string } | null;
}
