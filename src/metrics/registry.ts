// The metrics of a process as Prometheus reads them. The only importer of prom-client.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { ERROR_CODES } from '../contract/error-code.ts';
import { OUTCOMES } from '../contract/outcome.ts';
import { PASS_ORDER } from '../core/plan.ts';
import type { SdkUpdate, Series, WorkMetrics } from './port.ts';
import { sdkMetrics } from './sdk-metrics.ts';

/** From a trivial function with its confirmation to one that runs into its widened time limits. */
const INVOCATION_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300];
const HOWS = ['sealed', 'reused', 'yielded', 'parted'] as const;

export interface Metrics {
  readonly work: WorkMetrics;
  readonly contentType: string;
  sdk(updates: Iterable<SdkUpdate>): void;
  /** Slots of this worker and how many of them work, as they are when asked. */
  slots(now: () => { readonly size: number; readonly busy: number }): void;
  /** Read each time before the text is made; what it throws is told as `tracemill_collect_failed` 1. */
  onCollect(read: () => Promise<readonly Series[]>): void;
  text(): Promise<string>;
}

function workMetrics(registry: Registry): WorkMetrics {
  const registers = [registry];
  const invocations = new Counter({
    name: 'tracemill_invocations_total',
    help: 'Invocations that ended on this worker, by outcome or faulted',
    labelNames: ['outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'tracemill_invocation_seconds',
    help: 'Time of an invocation, tracing and confirming included',
    buckets: INVOCATION_SECONDS,
    registers,
  });
  const batches = new Counter({
    name: 'tracemill_batches_total',
    help: 'Batches that ended on this worker, by pass and how they were had',
    labelNames: ['pass', 'how'],
    registers,
  });
  const faults = new Counter({
    name: 'tracemill_faults_total',
    help: 'Activities that ended in a fault on this worker, by its code',
    labelNames: ['code'],
    registers,
  });
  // Closed lists begin at zero, so that the first of a kind is an increase and not a new series.
  for (const outcome of [...OUTCOMES, 'faulted']) invocations.inc({ outcome }, 0);
  for (const code of ERROR_CODES) faults.inc({ code }, 0);
  for (const pass of PASS_ORDER) for (const how of HOWS) batches.inc({ pass, how }, 0);
  return {
    invocation: (ended) => {
      invocations.inc({ outcome: ended.outcome });
      seconds.observe(ended.seconds);
    },
    batch: (pass, how) => {
      batches.inc({ pass, how });
    },
    fault: (code) => {
      faults.inc({ code });
    },
  };
}

function slotGauges(
  registry: Registry,
  now: () => { readonly size: number; readonly busy: number },
): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge('tracemill_slots', 'Sandbox slots of this worker', () => now().size);
  gauge('tracemill_slots_busy', 'Sandbox slots that a batch works on', () => now().busy);
}

/** Replaces all series of a metric, so that those of a job that has ended go. */
function setSeries(registry: Registry, series: Series): void {
  const known = registry.getSingleMetric(series.name);
  const gauge =
    known instanceof Gauge
      ? known
      : new Gauge({
          name: series.name,
          help: series.help,
          labelNames: [...series.labels],
          registers: [registry],
        });
  gauge.reset();
  for (const { labels, value } of series.values) gauge.set({ ...labels }, value);
}

/** One per process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const failed = new Gauge({
    name: 'tracemill_collect_failed',
    help: '1 where what is read from other services could not be read for this answer',
    registers: [registry],
  });
  failed.set(0);
  const sdk = sdkMetrics(registry);
  const readers: (() => Promise<readonly Series[]>)[] = [];
  return {
    work: workMetrics(registry),
    contentType: registry.contentType,
    sdk,
    slots: (now) => {
      slotGauges(registry, now);
    },
    onCollect: (read) => readers.push(read),
    text: async () => {
      const read = await Promise.allSettled(readers.map((reader) => reader()));
      failed.set(read.some(({ status }) => status === 'rejected') ? 1 : 0);
      for (const answer of read) {
        if (answer.status !== 'fulfilled') continue;
        for (const series of answer.value) setSeries(registry, series);
      }
      return await registry.metrics();
    },
  };
}
