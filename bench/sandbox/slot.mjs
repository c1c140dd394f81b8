// One slot of this sandbox under work: whole invocations, traced, confirmed and decoded, with what they used.
import { built } from '../lib/services.mjs';
import { containerProcesses, cpuWatch, processesWith, pssBytes } from '../lib/usage.mjs';

const WORKER = 'bench-sandbox';
const SAMPLE_MS = 1_000;

async function measured(watch, work) {
  await watch.look();
  const before = { containers: watch.containersMs(), shims: watch.shimsMs() };
  const worker = process.cpuUsage();
  const timer = setInterval(() => void watch.look().catch(() => undefined), SAMPLE_MS);
  const startedMs = performance.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const wallMs = performance.now() - startedMs;
  const used = process.cpuUsage(worker);
  await watch.look();
  return {
    wallMs,
    sandboxMs: watch.containersMs() - before.containers,
    shimMs: watch.shimsMs() - before.shims,
    workerMs: (used.user + used.system) / 1000,
  };
}

/** @param {{ socketPath: string, image: string }} services */
export async function openSlot(services) {
  const { createSlotPool } = await built('src/sandbox/pool.js');
  const { connectEngine } = await built('src/sandbox/docker.js');
  const { LABEL } = await built('src/sandbox/container-spec.js');
  const { createLogger } = await built('src/log/logger.js');
  const { executeInvocation } = await built('activities/execute-invocation.js');
  const { readExecution } = await built('activities/read-execution.js');
  const { inOrder } = await built('activities/in-order.js');
  const { widthOf } = await built('activities/trace-part.js');
  const log = createLogger({ level: 'error', name: 'bench' });
  const pool = await createSlotPool({
    ...{ socketPath: services.socketPath, image: services.image },
    ...{ slots: 1, workerId: WORKER, aslr: false, log },
  });
  const engine = connectEngine(services.socketPath);
  const ids = async () => {
    const found = await engine.list({ name: LABEL.worker, value: WORKER });
    return found.map(({ id }) => id);
  };
  const { signal } = new AbortController();
  const watch = cpuWatch(ids);
  const execute = (slot, invocation) =>
    executeInvocation(
      {
        slot,
        alone: (work) => pool.alone(work, signal),
        read: readExecution,
        confirm: 'all',
        signal,
        log,
      },
      invocation,
    );
  const run = async (invocations) => {
    const ends = [];
    const used = await measured(watch, () =>
      pool.use(async (slot) => {
        const all = inOrder(
          invocations,
          () => widthOf(slot),
          (invocation) => execute(slot, invocation),
        );
        for await (const end of all) ends.push(end);
      }, signal),
    );
    return { count: invocations.length, ends, ...used };
  };
  /** Of two sandboxes: near the end of their life there are more, since the next ones wait already. */
  const idle = async () => {
    const containers = await ids();
    const shims = containers.flatMap((id) => processesWith('containerd-shim', id));
    const harnesses = containers.flatMap((id) => containerProcesses(id));
    const all = [...shims, ...harnesses].reduce((sum, pid) => sum + pssBytes(pid), 0);
    return { bytes: (2 * all) / containers.length, sandboxes: containers.length };
  };
  return { run, idle, close: () => pool[Symbol.asyncDispose]() };
}
