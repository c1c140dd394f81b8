// npm run soak [-- --count N]: good and hostile functions through one worker's pool. What must stay flat is sampled on the
// way: memory and descriptors of the worker, shims, containers; the last tenth is compared with the second one.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/lib/project.mjs';
import { median, row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { built, openSandboxes } from '../lib/services.mjs';
import { descriptorCount, processesWith, rssBytes } from '../lib/usage.mjs';
import { smallInvocation } from '../sandbox/programs.mjs';

const MIB = 1024 * 1024;
const WORKER = 'soak';
const SLOTS = 2;
const CORPUS = join(ROOT, 'test', 'hostile', 'corpus');
/** Every fourth function is hostile. */
const HOSTILE_EVERY = 4;
/** Short, since what waits or burns does so again for four times as long alone; which outcome it gets is not asked here. */
const TIMES = { cpuMs: 400, wallMs: 400 };
const SAMPLES = 50;
/** What garbage collection leaves uncollected between two looks. */
const GROWTH_MIB_MAX = 40;
/** A stream that is being opened or closed at the moment of a look. */
const GROWTH_DESCRIPTORS_MAX = 4;
/** Each side of a slot may have one that serves, one that is next and one that leaves. */
const CONTAINERS_MAX = 6 * SLOTS;

function hostilePrograms() {
  const files = readdirSync(CORPUS, { recursive: true }).filter((file) => file.endsWith('.py'));
  return files.sort().map((file) => {
    const source = readFileSync(join(CORPUS, file), 'utf8');
    return { name: file, source, isFunction: /^# kind: +source$/m.test(source) };
  });
}

function hostileInvocation({ name, source, isFunction }, limits) {
  return {
    ...smallInvocation(0, 1, { ...limits, ...TIMES }),
    invocationId: name,
    source,
    kind: isFunction ? 'source' : 'program',
    ...(isFunction ? { entry: 'f', call: 'f()' } : { entry: '', call: '' }),
  };
}

async function openPool(services, log) {
  const { createSlotPool } = await built('src/sandbox/pool.js');
  const { executeInvocation } = await built('activities/execute-invocation.js');
  const { readExecution } = await built('activities/read-execution.js');
  const { signal } = new AbortController();
  const pool = await createSlotPool({
    ...{ socketPath: services.socketPath, image: services.image },
    ...{ slots: SLOTS, workerId: WORKER, aslr: false, log },
  });
  const execute = (invocation) =>
    pool.use(
      (slot) =>
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
        ),
      signal,
    );
  return { execute, close: () => pool[Symbol.asyncDispose]() };
}

/** One look at what must not grow. Shims of containers that are gone count too: that is the leak to look for. */
async function sample(engine, label, seen) {
  global.gc?.();
  const containers = await engine.list({ name: label, value: WORKER });
  for (const { id } of containers) seen.add(id);
  const mine = [...seen].filter((id) => processesWith('containerd-shim', id).length > 0);
  return {
    memory: rssBytes('self') / MIB,
    descriptors: descriptorCount('self'),
    containers: containers.length,
    shims: mine.length,
  };
}

async function runAll(count, execute, { programs, limits, look }) {
  const outcomes = new Map();
  let next = 0;
  const every = Math.max(1, Math.floor(count / SAMPLES));
  const lane = async () => {
    while (next < count) {
      const at = next++;
      const isHostile = at % HOSTILE_EVERY === HOSTILE_EVERY - 1;
      const hostile = programs[Math.floor(at / HOSTILE_EVERY) % programs.length];
      const invocation = isHostile
        ? hostileInvocation(hostile, limits)
        : smallInvocation(at, 6, limits);
      const end = await execute(invocation);
      const how = end.kind === 'ended' ? end.ending.outcome : `faulted ${end.code}`;
      outcomes.set(how, (outcomes.get(how) ?? 0) + 1);
      if (!isHostile && how !== 'returned' && how !== 'raised') throw new Error(`good one: ${how}`);
      if (at % every === 0) await look(at);
    }
  };
  await Promise.all(Array.from({ length: SLOTS }, lane));
  return outcomes;
}

/** The second tenth is warm; growth shows against it. */
function growth(samples, key) {
  const tenth = Math.max(1, Math.floor(samples.length / 10));
  const pick = (from) => median(samples.slice(from, from + tenth).map((one) => one[key]));
  return { first: pick(tenth), last: pick(samples.length - tenth) };
}

async function work(say) {
  const count = numberArgument('count', 10_000);
  const services = await openSandboxes(say);
  const { DEFAULT_LIMITS } = await built('src/contract/limits.js');
  const { connectEngine } = await built('src/sandbox/docker.js');
  const { LABEL } = await built('src/sandbox/container-spec.js');
  const { createLogger } = await built('src/log/logger.js');
  const engine = connectEngine(services.socketPath);
  const pool = await openPool(services, createLogger({ level: 'error', name: 'soak' }));
  const samples = [];
  const seen = new Set();
  const startedMs = performance.now();
  const look = async (at) => {
    samples.push(await sample(engine, LABEL.worker, seen));
    const { memory, descriptors, containers, shims } = samples.at(-1);
    say(
      `${at}: ${memory.toFixed(0)} MiB, ${descriptors} descriptors, ${containers} containers, ${shims} shims`,
    );
  };
  const outcomes = await runAll(count, pool.execute, {
    programs: hostilePrograms(),
    limits: DEFAULT_LIMITS,
    look,
  });
  const seconds = (performance.now() - startedMs) / 1000;
  await pool.close();
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const after = await sample(engine, LABEL.worker, seen);
  services.close();
  say([...outcomes].map(([how, times]) => `${how} ${times}`).join(', '));
  const grown = (key) => {
    const { first, last } = growth(samples, key);
    return last - first;
  };
  const faults = [...outcomes].filter(([how]) => how.startsWith('faulted'));
  const most = (key) => Math.max(...samples.map((one) => one[key]));
  const figures = [
    ['functions', '', count, null],
    ['functions a second', '1/s', count / seconds, null],
    ['faulted', '', faults.reduce((sum, [, times]) => sum + times, 0), 0],
    ['memory of the worker at the end', 'MiB', growth(samples, 'memory').last, null],
    ['growth of memory', 'MiB', grown('memory'), GROWTH_MIB_MAX],
    ['growth of descriptors', '', grown('descriptors'), GROWTH_DESCRIPTORS_MAX],
    ['most containers at a time', '', most('containers'), CONTAINERS_MAX],
    ['most shims at a time', '', most('shims'), CONTAINERS_MAX],
    ['containers left', '', after.containers, 0],
    ['shims left', '', after.shims, 0],
  ];
  return figures.map(([metric, unit, value, atMost]) =>
    row(metric, { unit, samples: [value], goal: atMost === null ? null : { atMost } }),
  );
}

await bench('soak', work);
