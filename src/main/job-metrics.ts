// What a coordinator tells of the jobs that run and of the queues: asked of Temporal when somebody scrapes, so that it is
// right after a restart too. A query costs no event.
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobProgress, PassProgress } from '../contract/job.ts';
import type { InFlightReport } from '../contract/in-flight.ts';
import { OUTCOMES } from '../contract/outcome.ts';
import { inFlightOf } from '../core/in-flight.ts';
import { NOTHING_IN_FLIGHT, paceOf, unitsOf } from '../core/pace.ts';
import { addCounts } from '../core/progress.ts';
import type { Series } from '../metrics/port.ts';
import { listJobs, queryProgress } from '../temporal/client.ts';
import type { connectClient } from '../temporal/connection.ts';
import { describeFleet } from '../temporal/fleet.ts';
import type { QueueReport } from '../temporal/fleet.ts';
import { pendingActivities } from '../temporal/pending.ts';

type Client = Awaited<ReturnType<typeof connectClient>>;
type Value = Series['values'][number];

/** In labels a job is `trace_job`: Prometheus has a label `job` of its own. Newest first; a fleet that runs more at once is looked at with `tracemill jobs`. */
const JOBS_MAX = 50;
/** A job whose workflow is replayed first is left out of this answer; the scraper comes again. */
const ANSWER_MS = 3_000;
/** Several scrapers, or one that hurries, get the same answer. */
const KEPT_MS = 5_000;

interface SeenJob {
  readonly job: string;
  readonly progress: JobProgress;
  readonly inFlight: InFlightReport;
}

async function see(client: Client, job: string): Promise<SeenJob | null> {
  const asked = Promise.all([queryProgress(client, job), pendingActivities(client, job)]);
  const waited = new AbortController();
  try {
    const late = sleep(ANSWER_MS, null, { signal: waited.signal });
    const answer = await Promise.race([asked, late]);
    const progress = answer?.[0] ?? null;
    return answer === null || progress === null
      ? null
      : { job, progress, inFlight: inFlightOf(answer[1]) };
  } finally {
    waited.abort();
    asked.catch(() => undefined);
  }
}

type Measure = (seen: SeenJob, pass: PassProgress) => readonly Value[];

const one = (labels: Value['labels'], value: number | null): Value[] =>
  value === null ? [] : [{ labels, value }];

const flying = ({ inFlight }: SeenJob, pass: PassProgress) =>
  inFlight.passes.find((entry) => entry.pass === pass.pass) ?? {
    ...NOTHING_IN_FLIGHT,
    outcomes: {},
  };

function outcomesOf(seen: SeenJob, pass: PassProgress): Value[] {
  if (pass.pass !== 'trace') return [];
  const { counts } = pass;
  const ended = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, counts[outcome] ?? 0]));
  const done = { ...ended, faulted: counts['invocationsFaulted'] ?? 0 };
  return Object.entries(addCounts(done, flying(seen, pass).outcomes)).map(([outcome, value]) => ({
    labels: { trace_job: seen.job, outcome },
    value,
  }));
}

const BY_PASS: readonly {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly measure: Measure;
}[] = [
  {
    name: 'tracemill_job_batches',
    help: 'Batches of a pass',
    labels: ['trace_job', 'pass'],
    measure: ({ job }, { pass, batchesTotal }) => one({ trace_job: job, pass }, batchesTotal),
  },
  {
    name: 'tracemill_job_batches_done',
    help: 'Batches of a pass that are done, parts of those in flight included',
    labels: ['trace_job', 'pass'],
    measure: (seen, pass) =>
      one({ trace_job: seen.job, pass: pass.pass }, pass.batchesDone + flying(seen, pass).batches),
  },
  {
    name: 'tracemill_job_functions',
    help: 'Functions that a pass is done with',
    labels: ['trace_job', 'pass'],
    measure: (seen, pass) =>
      one(
        { trace_job: seen.job, pass: pass.pass },
        unitsOf(pass.pass, pass.counts).functions + flying(seen, pass).functions,
      ),
  },
  {
    name: 'tracemill_job_invocations',
    help: 'Invocations that were traced, by outcome or faulted',
    labels: ['trace_job', 'outcome'],
    measure: outcomesOf,
  },
  {
    name: 'tracemill_job_left_seconds',
    help: 'Time that the running pass still takes at its pace',
    labels: ['trace_job', 'pass'],
    measure: (seen, pass) => {
      const { leftMs } = paceOf(pass, flying(seen, pass), Date.now());
      return one({ trace_job: seen.job, pass: pass.pass }, leftMs === null ? null : leftMs / 1_000);
    },
  },
];

function jobSeries(seen: readonly SeenJob[]): Series[] {
  const whole = (name: string, help: string, value: (job: SeenJob) => number): Series => ({
    name,
    help,
    labels: ['trace_job'],
    values: seen.map((job) => ({ labels: { trace_job: job.job }, value: value(job) })),
  });
  return [
    ...BY_PASS.map(({ name, help, labels, measure }) => ({
      name,
      help,
      labels,
      values: seen.flatMap((job) => job.progress.passes.flatMap((pass) => measure(job, pass))),
    })),
    whole('tracemill_job_paused', '1 where the job is paused', ({ progress }) =>
      Number(progress.paused),
    ),
    whole(
      'tracemill_job_window',
      'Batches that may be in flight',
      ({ progress }) => progress.window,
    ),
    whole(
      'tracemill_job_slots_busy',
      'Slots that work for the job',
      ({ inFlight }) => inFlight.slotsBusy,
    ),
    whole(
      'tracemill_job_retrying',
      'Activities of the job whose last attempt failed',
      ({ inFlight }) => Object.values(inFlight.faults).reduce((sum, count) => sum + count, 0),
    ),
  ];
}

function queueSeries(queues: readonly QueueReport[]): Series[] {
  const each = (name: string, help: string, value: (queue: QueueReport) => number): Series => ({
    name,
    help,
    labels: ['queue'],
    values: queues.map((queue) => ({ labels: { queue: queue.queue }, value: value(queue) })),
  });
  return [
    each('tracemill_queue_backlog', 'Activities that wait for a slot', ({ backlog }) => backlog),
    each(
      'tracemill_queue_oldest_seconds',
      'Time that the oldest of them has waited',
      ({ oldestMs }) => oldestMs / 1_000,
    ),
    each('tracemill_queue_workers', 'Workers that ask for work', ({ workers }) => workers.length),
    each('tracemill_queue_slots', 'Slots of these workers', ({ workers }) =>
      workers.reduce((sum, { slots }) => sum + (slots ?? 0), 0),
    ),
  ];
}

async function read(client: Client, queuePrefix: string): Promise<readonly Series[]> {
  const jobs = await listJobs(client, { queuePrefix, limit: JOBS_MAX });
  const running = jobs.filter(({ state }) => state === 'running');
  const [queues, ...seen] = await Promise.all([
    describeFleet(client, queuePrefix),
    ...running.map(({ workflowId }) => see(client, workflowId)),
  ]);
  const states = ['running', 'published', 'failed', 'cancelled'] as const;
  return [
    {
      name: 'tracemill_jobs',
      help: `The newest ${String(JOBS_MAX)} jobs, by state`,
      labels: ['state'],
      values: states.map((state) => ({
        labels: { state },
        value: jobs.filter((job) => job.state === state).length,
      })),
    },
    ...jobSeries(seen.filter((job) => job !== null)),
    ...queueSeries(queues),
  ];
}

/** The reader of a coordinator, over a client of its own. */
export function jobMetrics(client: Client, queuePrefix: string): () => Promise<readonly Series[]> {
  let kept: { readonly atMs: number; readonly series: Promise<readonly Series[]> } | null = null;
  return async () => {
    if (kept === null || performance.now() - kept.atMs > KEPT_MS) {
      kept = { atMs: performance.now(), series: read(client, queuePrefix) };
    }
    return await kept.series;
  };
}
