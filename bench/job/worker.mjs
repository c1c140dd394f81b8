// A worker of every role that measures how long its slots are inside a sandbox. Its argument is one JSON document.
import { fileURLToPath } from 'node:url';
import { built } from '../lib/services.mjs';

const given = JSON.parse(process.argv[2]);
const { services, slots, queuePrefix, workerId } = given;
const { createActivities } = await built('activities/index.js');
const { MAX_LIMITS } = await built('src/contract/limits.js');
const { createLogger } = await built('src/log/logger.js');
const { NO_METRICS } = await built('src/metrics/port.js');
const { createSlotPool } = await built('src/sandbox/pool.js');
const { S3Store } = await built('src/store/s3.js');
const { installRuntime } = await built('src/temporal/runtime.js');
const { connectWorker } = await built('src/temporal/worker-connection.js');
const { runWorker } = await built('src/temporal/worker.js');

const log = createLogger({ level: 'error', name: 'bench-job' });
installRuntime(log);
const stop = new AbortController();
const inside = { ms: 0, childMs: 0 };
let working = 0;
let since = performance.now();

/**
 * A slot runs two invocations at once: what counts is how long any is inside, so that no moment counts twice, and each
 * slot for itself.
 */
function onWork(slots) {
  const now = performance.now();
  inside.ms += working * (now - since);
  working = slots;
  since = now;
}

/** The children's own time is what their exits tell. */
function timed(slot) {
  const into = (work) => async (request, signal) => {
    const execution = await work(request, signal);
    inside.childMs += execution.exit.wallMs;
    return execution;
  };
  return {
    trace: into((...of) => slot.trace(...of)),
    confirm: into((...of) => slot.confirm(...of)),
    analyze: (...of) => slot.analyze(...of),
    serving: () => slot.serving(),
  };
}

const limitsMax = { ...MAX_LIMITS, memoryBytes: 512 * 2 ** 20, traceBytes: 16 * 2 ** 20 };
const pool = await createSlotPool({
  ...{ socketPath: services.docker.socketPath, image: services.sandboxImage.reference },
  ...{ slots, workerId, aslr: false, limitsMax, diskFolder: given.home, log, onWork },
});
const measuring = {
  size: pool.size,
  busy: () => pool.busy(),
  environment: (signal) => pool.environment(signal),
  use: (work, signal) => pool.use((slot) => work(timed(slot)), signal),
  alone: (work, signal) => pool.alone(work, signal),
};
const store = new S3Store({ ...services.s3, bucket: given.bucket });
const temporal = await connectWorker(services.temporal);
process.on('message', (what) => {
  const { user, system } = process.cpuUsage();
  if (what === 'tell') process.send({ ...inside, cpuMs: (user + system) / 1000 });
  else stop.abort();
});
process.once('disconnect', () => stop.abort());
await runWorker({
  connection: temporal.connection,
  namespace: services.temporal.namespace,
  queuePrefix,
  roles: ['job', 'trace', 'refine'],
  slots,
  activities: createActivities({
    storeOf: () => store,
    pool: measuring,
    limitsMax,
    log,
    metrics: NO_METRICS,
    drain: stop.signal,
    sandboxImage: services.sandboxImage,
  }),
  workflows: {
    kind: 'file',
    path: fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url)),
  },
  stop: stop.signal,
  shutdownGraceMs: 5_000,
  onReady: async () => process.send('ready'),
});
await pool[Symbol.asyncDispose]();
store[Symbol.dispose]();
await temporal[Symbol.asyncDispose]();
// The channel to the bench would keep this process alive.
if (process.connected) process.disconnect();
