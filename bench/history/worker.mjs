// A worker of the bench: the role job alone, with the workflows as they are deployed, or passes that do nothing.
// node worker.mjs ADDRESS NAMESPACE PREFIX job|passes BATCHES GATHER PUBLISH
import { fileURLToPath } from 'node:url';
import { built } from '../lib/services.mjs';

const [address, namespace, queuePrefix, role, ...counts] = process.argv.slice(2);
const [batchCount, gatherCount, publishCount] = counts.map(Number);
const DIGEST = 'f'.repeat(64);

const done = (input) =>
  Promise.resolve({
    v: 1,
    batchIndex: input.batchIndex,
    how: 'sealed',
    counts: { outcomes: 1000 },
  });
const job = {
  planCorpus: () => Promise.resolve({ v: 1, batchCount, planDigest: DIGEST }),
  recordEnd: () => Promise.resolve(),
};
const trace = {
  probeEnvironment: () =>
    Promise.resolve({ v: 1, environment: 'e'.repeat(64), python: '3.13.5', tracer: 'none/1' }),
  ingestBatch: done,
  traceBatch: done,
};
const refine = {
  mergeUnique: done,
  refineBatch: done,
  gatherRuns: done,
  publishPart: done,
  planPublish: () =>
    Promise.resolve({ v: 1, batchCount: publishCount, gatherCount, planDigest: DIGEST }),
  explainCauses: () => Promise.resolve({ v: 1, invocations: 0, causes: [] }),
  commitJob: () => Promise.resolve({ v: 1, revision: 1, manifestKey: 'none', counts: {} }),
};

const { connectWorker } = await built('src/temporal/worker-connection.js');
const { runWorker } = await built('src/temporal/worker.js');
const { installRuntime } = await built('src/temporal/runtime.js');
const { createLogger } = await built('src/log/logger.js');
installRuntime(createLogger({ level: 'error', name: `bench-${role}` }));
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
process.once('disconnect', () => stop.abort());
const temporal = await connectWorker({ address, namespace, security: null });
await runWorker({
  connection: temporal.connection,
  namespace,
  queuePrefix,
  roles: role === 'job' ? ['job'] : ['trace', 'refine'],
  slots: 32,
  activities: { job, trace, refine },
  workflows: {
    kind: 'file',
    path: fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url)),
  },
  stop: stop.signal,
  shutdownGraceMs: 1_000,
  onReady: async () => process.send?.('ready'),
});
await temporal[Symbol.asyncDispose]();
// The channel to the bench would keep this process alive.
if (process.connected) process.disconnect();
