// What the SDK's core measures, kept in the same registry as our own metrics: one endpoint, behind one token.
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { SdkUpdate } from './port.ts';

/** Labels of the SDK's metrics. Others are left out: an open list would make series without bound. */
const LABELS = [
  'namespace',
  'task_queue',
  'activity_type',
  'workflow_type',
  'worker_type',
  'poller_type',
  'operation',
  'status_code',
  'failure_reason',
];

/** Seconds: from a call within a machine to a batch of hours. */
const SECONDS = [0.005, 0.02, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200, 28_800];
/** Sizes and counts. */
const OTHERS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

type Apply = (labels: Record<string, string>, value: number) => void;

const isDuration = (unit: string): boolean => unit === 's' || unit === 'ms' || unit === 'duration';

function suffixed(name: string, suffix: string): string {
  return name.endsWith(suffix) ? name : `${name}${suffix}`;
}

function create(registry: Registry, update: SdkUpdate): Apply {
  const help = update.help === '' ? `${update.name} of the Temporal SDK` : update.help;
  const common = { help, labelNames: LABELS, registers: [registry] };
  switch (update.kind) {
    case 'counter': {
      const counter = new Counter({ name: suffixed(update.name, '_total'), ...common });
      return (labels, value) => {
        counter.inc(labels, value);
      };
    }
    case 'histogram': {
      const isTime = isDuration(update.unit);
      const histogram = new Histogram({
        name: isTime ? suffixed(update.name, '_seconds') : update.name,
        buckets: isTime ? SECONDS : OTHERS,
        ...common,
      });
      return (labels, value) => {
        histogram.observe(labels, value);
      };
    }
    case 'gauge':
    case 'up-down-counter': {
      const gauge = new Gauge({ name: update.name, ...common });
      const adds = update.kind === 'up-down-counter';
      return (labels, value) => {
        if (adds) gauge.inc(labels, value);
        else gauge.set(labels, value);
      };
    }
  }
}

function labelsOf({ tags }: SdkUpdate): Record<string, string> {
  const known = LABELS.flatMap((label) => {
    const value = tags[label];
    return value === undefined ? [] : [[label, String(value)] as const];
  });
  return Object.fromEntries(known);
}

/** Takes updates into the registry; metrics are made when they are first seen. */
export function sdkMetrics(registry: Registry): (updates: Iterable<SdkUpdate>) => void {
  const known = new Map<string, Apply>();
  return (updates) => {
    for (const update of updates) {
      const apply = known.get(update.name) ?? create(registry, update);
      known.set(update.name, apply);
      apply(labelsOf(update), update.value);
    }
  };
}
