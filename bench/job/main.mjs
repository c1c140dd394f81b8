// npm run bench:job [-- --programs N --variants N --cents N]: a whole job on CRUXEval with variants of its inputs, with one
// and with two slots: what it takes beside the time inside sandboxes, and what an accepted trace costs.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { built, openServices } from '../lib/services.mjs';
import { cpuWatch } from '../lib/usage.mjs';
import { writeVariants } from './corpus.mjs';

const SEED = 7;
const SAMPLE_MS = 1_000;
const HOUR_MS = 3_600_000;
const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url));

async function startWorker(given) {
  const child = fork(WORKER, [JSON.stringify(given)]);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the worker ended with ${code}`);
  });
  ended.catch(() => undefined);
  await Promise.race([once(child, 'message'), ended]);
  const ask = async () => {
    child.send('tell');
    return (await once(child, 'message'))[0];
  };
  const close = async () => {
    const gone = once(child, 'exit');
    child.send('stop');
    await gone;
  };
  return { ask, close };
}

function specOf(corpus, variants, name) {
  return [
    'specVersion: 1',
    `name: ${name}`,
    `corpus: [{ kind: jsonl, at: ${JSON.stringify(corpus)} }]`,
    'unique: { exact: source }',
    `inputs: { keep: ${variants}, from: [given] }`,
    '',
  ].join('\n');
}

async function launch(services, { spec, bucket, queuePrefix, slots }) {
  const { loadLaunchSpec, prepareLaunch, uploadLaunch } = await built('src/corpus/launch.js');
  const { startJob } = await built('src/temporal/start-job.js');
  const { S3Store } = await built('src/store/s3.js');
  const request = { specPath: spec, corpora: [], name: null };
  const prepared = await prepareLaunch(await loadLaunchSpec(request, '/'), bucket);
  const store = new S3Store({ ...services.s3, bucket });
  await store.ensureBucket();
  await uploadLaunch(store, prepared);
  const { jobId, resolvedSpec } = prepared;
  const how = { queuePrefix, batchSize: 250, slots, dispatchSeed: null };
  const { job } = await startJob(services.client, { jobId, spec: resolvedSpec, store, ...how });
  return job.workflowId;
}

async function watchOf(services, workerId) {
  const { connectEngine } = await built('src/sandbox/docker.js');
  const { LABEL } = await built('src/sandbox/container-spec.js');
  const engine = connectEngine(services.docker.socketPath);
  return cpuWatch(async () => {
    const found = await engine.list({ name: LABEL.worker, value: workerId });
    return found.map(({ id }) => id);
  });
}

async function oneJob(services, { slots, spec }) {
  const workerId = `bench-job-${slots}-${process.pid}`;
  const bucket = workerId;
  const queuePrefix = `${workerId}-`;
  const { docker, sandboxImage, s3, temporal, home } = services;
  const given = { services: { docker, sandboxImage, s3, temporal }, home, bucket };
  const worker = await startWorker({ ...given, slots, queuePrefix, workerId });
  const watch = await watchOf(services, workerId);
  await watch.look();
  const timer = setInterval(() => void watch.look().catch(() => undefined), SAMPLE_MS);
  try {
    const before = await worker.ask();
    const began = performance.now();
    const workflowId = await launch(services, { spec, bucket, queuePrefix, slots });
    const { counts } = await services.client.workflow.getHandle(workflowId).result();
    const wallMs = performance.now() - began;
    await watch.look();
    const after = await worker.ask();
    const sandboxMs = watch.containersMs() + watch.shimsMs();
    return {
      slots,
      wallMs,
      accepted: counts.accepted,
      insideMs: after.ms - before.ms,
      childMs: after.childMs - before.childMs,
      cpuMs: sandboxMs + after.cpuMs - before.cpuMs,
      workerMs: after.cpuMs - before.cpuMs,
    };
  } finally {
    clearInterval(timer);
    await worker.close();
  }
}

function rowsOf({ slots, wallMs, accepted, insideMs, childMs, cpuMs, workerMs }, price) {
  const of = `, ${slots} ${slots === 1 ? 'slot' : 'slots'}`;
  const perCoreHour = (accepted * HOUR_MS) / cpuMs;
  return [
    row(`end to end over time inside sandboxes${of}`, {
      unit: 'x',
      samples: [(wallMs * slots) / insideMs],
      goal: { atMost: 1.25 },
    }),
    row(`time of the children over time inside${of}`, { unit: 'x', samples: [childMs / insideMs] }),
    row(`end to end${of}`, { unit: 's', samples: [wallMs / 1000] }),
    row(`accepted traces${of}`, { unit: '', samples: [accepted] }),
    row(`CPU of the worker for an accepted trace${of}`, {
      unit: 'ms',
      samples: [workerMs / accepted],
    }),
    row(`CPU of all for an accepted trace${of}`, { unit: 'ms', samples: [cpuMs / accepted] }),
    row(`accepted traces of a core-hour${of}`, {
      unit: '',
      samples: [perCoreHour],
      goal: { atLeast: 700_000 },
    }),
    row(`price of a million${of}`, { unit: '', samples: [(price * 1e6) / perCoreHour] }),
  ];
}

async function work(say) {
  const programs = numberArgument('programs', 800);
  const variants = numberArgument('variants', 25);
  const price = numberArgument('cents', 5) / 100;
  const services = await openServices(say);
  const rows = [];
  try {
    const corpus = join(services.home, 'variants.jsonl');
    const from = join(services.config.testData, 'cruxeval.jsonl');
    const count = writeVariants({ from, to: corpus, programs, variants, seed: SEED });
    say(`${count} invocations of ${programs} programs`);
    for (const slots of [1, 2]) {
      const spec = join(services.home, `job-${slots}.yaml`);
      writeFileSync(spec, specOf(corpus, variants, `bench-${slots}`));
      const job = await oneJob(services, { slots, spec });
      say(`${slots} slots: ${(job.wallMs / 1000).toFixed(0)} s, ${job.accepted} accepted`);
      rows.push(...rowsOf(job, price));
    }
  } finally {
    await services.close();
  }
  return rows;
}

await bench('job', work);
