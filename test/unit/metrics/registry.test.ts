// What Prometheus reads: our own counters, what the SDK measured, and what is read from elsewhere at each scrape.
import { expect, it } from 'vitest';
import type { SdkUpdate } from '../../../src/metrics/port.ts';
import { createMetrics } from '../../../src/metrics/registry.ts';

const lines = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(name));

it('counters of closed lists begin at zero, so that the first of a kind is an increase', async () => {
  const metrics = createMetrics();
  expect(await metrics.text()).toContain('tracemill_faults_total{code="docker-unreachable"} 0');
  metrics.work.fault('docker-unreachable');
  metrics.work.invocation({ outcome: 'faulted', seconds: 0.2 });
  metrics.work.batch('trace', 'sealed');
  const text = await metrics.text();
  expect(text).toContain('tracemill_faults_total{code="docker-unreachable"} 1');
  expect(text).toContain('tracemill_invocations_total{outcome="faulted"} 1');
  expect(text).toContain('tracemill_invocation_seconds_bucket{le="0.25"} 1');
  expect(text).toContain('tracemill_batches_total{pass="trace",how="sealed"} 1');
});

const update = (change: Partial<SdkUpdate>): SdkUpdate => ({
  name: 'temporal_request',
  kind: 'counter',
  unit: '',
  help: '',
  value: 1,
  tags: {},
  ...change,
});

it('what the SDK measures keeps its labels, and labels from open lists are left out', async () => {
  const metrics = createMetrics();
  const tags = { namespace: 'default', operation: 'PollX', workflow_id: 'one-of-many' };
  metrics.sdk([
    update({ tags }),
    update({ tags, value: 2 }),
    update({ name: 'temporal_slots', kind: 'gauge', value: 4, tags: { worker_type: 'A' } }),
    update({ name: 'temporal_slots', kind: 'gauge', value: 3, tags: { worker_type: 'A' } }),
    update({ name: 'temporal_open', kind: 'up-down-counter', value: 2 }),
    update({ name: 'temporal_open', kind: 'up-down-counter', value: -1 }),
    update({ name: 'temporal_latency', kind: 'histogram', unit: 's', value: 0.3 }),
    update({ name: 'temporal_sizes', kind: 'histogram', unit: 'bytes', value: 300 }),
  ]);
  const text = await metrics.text();
  expect(text).toContain('temporal_request_total{namespace="default",operation="PollX"} 3');
  expect(text).toContain('temporal_slots{worker_type="A"} 3');
  expect(text).toContain('temporal_open 1');
  expect(text).toContain('temporal_latency_seconds_bucket{le="0.5"} 1');
  expect(text).toContain('temporal_sizes_bucket{le="1000"} 1');
  expect(text).not.toContain('one-of-many');
});

it('series of a job that has ended are gone, and a reader that fails is told and harms nothing else', async () => {
  const metrics = createMetrics();
  let jobs = ['a', 'b'];
  metrics.onCollect(() =>
    jobs.length === 0
      ? Promise.reject(new Error('Temporal is away'))
      : Promise.resolve([
          {
            name: 'tracemill_job_window',
            help: 'window',
            labels: ['job'],
            values: jobs.map((job) => ({ labels: { job }, value: 8 })),
          },
        ]),
  );
  expect(lines(await metrics.text(), 'tracemill_job_window')).toHaveLength(2);
  jobs = ['b'];
  expect(lines(await metrics.text(), 'tracemill_job_window')).toEqual([
    'tracemill_job_window{job="b"} 8',
  ]);
  jobs = [];
  const text = await metrics.text();
  expect(text).toContain('tracemill_collect_failed 1');
  expect(text).toContain('tracemill_invocations_total{outcome="returned"} 0');
});

it('slots are told as they are when somebody asks', async () => {
  const metrics = createMetrics();
  let busy = 0;
  metrics.slots(() => ({ size: 4, busy }));
  busy = 3;
  expect(lines(await metrics.text(), 'tracemill_slots')).toEqual([
    'tracemill_slots 4',
    'tracemill_slots_busy 3',
  ]);
});
