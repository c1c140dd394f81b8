// npm run bench:history [-- --functions N]: what a job costs in Temporal, with passes that do nothing on a real server:
// events of a batch, length of a history, and the memory of the process that coordinates, by the size of the job.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { built, openTemporal } from '../lib/services.mjs';
import { rssBytes } from '../lib/usage.mjs';

const BATCH_FUNCTIONS = 250;
const WINDOW = 64;
const EVENTS_SUGGESTED = 4_096;
const MIB = 1024 * 1024;
/** The default job; the memory is measured at these, up to the size that is asked for. */
const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const SAMPLE_MS = 250;

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url));

async function startWorker(at, role, counts) {
  const { address, namespace, prefix } = at;
  const child = fork(WORKER, [address, namespace, prefix, role, ...counts.map(String)]);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the worker of ${role} ended with ${code}`);
  });
  await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  return child;
}

async function stopWorker(child) {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function inputOf(prefix) {
  return {
    v: 1,
    jobId: 'a'.repeat(64),
    revision: 1,
    bucket: 'none',
    specKey: 'jobs/a/spec.json',
    batchSize: BATCH_FUNCTIONS,
    window: WINDOW,
    dispatchSeed: null,
    queuePrefix: prefix,
    historyEventsMax: null,
    budget: { acceptedMin: null, faultsMax: 0.5, outcomesAccepted: ['returned'] },
    retry: null,
    progress: null,
    cursor: null,
  };
}

/** Events of every run of the chain, first to last, and of the lanes that they began. */
async function eventsOfRuns(client, workflowId, firstRunId) {
  const events = [];
  let lanes = 0;
  for (let runId = firstRunId; runId;) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    events.push(history.events.length);
    for (const event of history.events) {
      const lane = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution;
      if (lane === undefined || lane === null) continue;
      lanes += 1;
      events.push(...(await eventsOfRuns(client, lane.workflowId, lane.runId)).events);
    }
    const last = history.events.at(-1);
    runId = last.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? null;
  }
  return { events, lanes };
}

async function oneJob(services, functions, say) {
  const { gatheringOf } = await built('src/core/publish-cut.js');
  const batches = Math.ceil(functions / BATCH_FUNCTIONS);
  const gather = gatheringOf(batches)?.groups ?? 0;
  // 4 rows of each function, 4,096 in a file: a third for rejected rows and the ledger.
  const publish = Math.min(3 * 128, Math.ceil((functions * 4) / 4_096) + 2);
  const prefix = `bench-history-${functions}-${process.pid}-`;
  const at = { ...services.temporal, prefix };
  const counts = [batches, gather, publish];
  const coordinator = await startWorker(at, 'job', counts);
  const passes = await startWorker(at, 'passes', counts);
  const idle = rssBytes(coordinator.pid);
  let peak = idle;
  const timer = setInterval(() => {
    peak = Math.max(peak, rssBytes(coordinator.pid));
  }, SAMPLE_MS);
  try {
    const began = performance.now();
    const handle = await services.client.workflow.start('traceJob', {
      taskQueue: `${prefix}job`,
      workflowId: `${prefix}job`,
      args: [inputOf(prefix)],
    });
    await handle.result();
    const seconds = (performance.now() - began) / 1000;
    const { workflowId, firstExecutionRunId } = handle;
    const { events: runs, lanes } = await eventsOfRuns(
      services.client,
      workflowId,
      firstExecutionRunId,
    );
    const all = 3 * batches + 1 + gather + publish;
    const events = runs.reduce((sum, each) => sum + each, 0);
    say(
      `${functions} functions: ${all} batches, ${events} events in ${runs.length} runs, ${lanes} lanes`,
    );
    return { lanes, functions, all, events, runs, seconds, idle, peak };
  } finally {
    clearInterval(timer);
    await stopWorker(passes);
    await stopWorker(coordinator);
  }
}

const named = (functions) => functions.toLocaleString('en');

function rowsOfJob({ functions, all, events, runs, lanes, seconds }) {
  const of = `, ${named(functions)} functions`;
  return [
    row(`events of a batch${of}`, { unit: '', samples: [events / all], goal: { atMost: 6 } }),
    row(`longest history${of}`, {
      unit: 'events',
      samples: [Math.max(...runs)],
      goal: { atMost: EVENTS_SUGGESTED + 3 * WINDOW * 6 },
    }),
    row(`runs${of}`, { unit: '', samples: [runs.length] }),
    row(`lanes${of}`, { unit: '', samples: [lanes] }),
    row(`batches a second${of}`, { unit: '1/s', samples: [all / seconds] }),
  ];
}

async function work(say) {
  const asked = numberArgument('functions', 300_000);
  const sizes = [...SIZES.filter((size) => size < asked), asked];
  const services = await openTemporal(say);
  const jobs = [];
  try {
    for (const functions of sizes) jobs.push(await oneJob(services, functions, say));
  } finally {
    await services.close();
  }
  const [smallest] = jobs;
  // With lanes the coordinator holds some of them at a time, however many functions there are: another figure.
  const largest = jobs.findLast(({ lanes }) => lanes === 0);
  return [
    ...rowsOfJob(jobs.at(-1)),
    ...jobs.map(({ functions, peak }) =>
      row(`peak memory of the coordinator, ${named(functions)} functions`, {
        unit: 'MiB',
        samples: [peak / MIB],
      }),
    ),
    row('peak memory, largest job without lanes over smallest', {
      unit: 'x',
      samples: [largest.peak / smallest.peak],
      goal: { atMost: 1.5 },
    }),
  ];
}

await bench('history', work);
