// The SDK's own metrics, taken from its core a few times a minute.
import { MetricsBuffer } from '@temporalio/worker';
import type { BufferedMetricUpdate } from '@temporalio/worker';
import type { SdkUpdate } from '../metrics/port.ts';

/** The core measures some hundred times a second where a worker is busy; what does not fit is lost. */
const BUFFER_UPDATES = 100_000;

const buffer = new MetricsBuffer({ maxBufferSize: BUFFER_UPDATES, useSecondsForDurations: true });

/** The one buffer of a process, for its one runtime. */
export const metricsBuffer = (): MetricsBuffer => buffer;

function updateOf({ metric, value, attributes }: BufferedMetricUpdate): SdkUpdate {
  return {
    name: metric.name,
    kind: metric.kind,
    unit: metric.unit ?? '',
    help: metric.description ?? '',
    value,
    tags: attributes,
  };
}

/** What was measured since the last call. */
export function takeSdkUpdates(): SdkUpdate[] {
  return [...buffer.retrieveUpdates()].map(updateOf);
}
