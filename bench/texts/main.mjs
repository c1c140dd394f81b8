// npm run bench:texts [-- --largest N --pairs N --traces FOLDER]: what the training texts of 10,000 to 300,000 functions cost, and whether that and the memory stay
// what they are as the set grows. The passes render, select and text run as a worker runs them, on published files behind a real S3 server.
// The traces are those of CRUXEval, over and over, each copy a function of its own.
import { join } from 'node:path';
import { run } from '../../scripts/lib/processes.mjs';
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { openServices, openTemporal } from '../lib/services.mjs';
import { tracesOfCruxeval } from '../lib/cruxeval.mjs';

const MIB = 1024 * 1024;
const LIMIT_MS = 90 * 60_000;
const SIZES = [10_000, 50_000, 100_000, 300_000];
const PASSES = ['render', 'select', 'text'];
const WORKER = join(import.meta.dirname, 'worker.mjs');
const GOALS = { rate: { atLeast: 0.7 }, memory: { atMost: 1.5 } };

async function step(given, pass) {
  const command = [process.execPath, WORKER, JSON.stringify({ ...given, pass })];
  const { code, output } = await run(command, { quiet: true, timeoutMs: LIMIT_MS });
  if (code !== 0) throw new Error(`${pass} failed: ${output.slice(-2000)}`);
  return JSON.parse(output.trim().split('\n').at(-1));
}

/** A set of so many functions through all passes. */
async function measured(given, say) {
  const made = await step(given, 'make');
  const found = { files: made.files, ...Object.fromEntries(PASSES.map((pass) => [pass, null])) };
  for (const pass of PASSES) {
    found[pass] = await step({ ...given, files: made.files }, pass);
    const { seconds, memory, rows } = found[pass];
    const told = `${seconds.toFixed(1)} s of CPU, ${(memory / MIB).toFixed(0)} MiB, ${rows} rows`;
    say(`${given.functions} functions: ${pass} ${told}`);
  }
  return found;
}

const costOf = (found, functions) =>
  (1e6 * PASSES.reduce((sum, pass) => sum + found[pass].seconds, 0)) / functions;

function rowsOf(found, functions) {
  const what = `${functions} functions`;
  return [
    row(`${what}: CPU of a function`, { unit: 'µs', samples: [costOf(found, functions)] }),
    row(`${what}: examples`, { unit: '', samples: [found.text.rows] }),
    row(`${what}: states with two next ones`, {
      ...{ unit: '', samples: [found.render.ambiguous + found.select.ambiguous] },
      goal: { atMost: 0 },
    }),
    ...PASSES.map((pass) =>
      row(`${what}: memory of ${pass}`, { unit: 'MiB', samples: [found[pass].memory / MIB] }),
    ),
  ];
}

async function work(say) {
  const largest = numberArgument('largest', SIZES.at(-1));
  const pairs = numberArgument('pairs', 32);
  const sizes = [...new Set([...SIZES.filter((size) => size < largest), largest])];
  const hasTraces = process.argv.includes('--traces');
  const services = await (hasTraces ? openTemporal(say) : openServices(say));
  try {
    const traces = await tracesOfCruxeval(services, say);
    const all = new Map();
    for (const functions of sizes) {
      const given = { s3: services.s3, bucket: `texts-${functions}`, traces, functions, pairs };
      all.set(functions, await measured(given, say));
    }
    const [smallest] = sizes;
    const [first, last] = [all.get(smallest), all.get(largest)];
    const rate = costOf(first, smallest) / costOf(last, largest);
    const peak = (found) => Math.max(found.render.memory, found.text.memory);
    return [
      ...sizes.flatMap((functions) => rowsOf(all.get(functions), functions)),
      row(`rate of ${largest} over that of ${smallest}`, {
        ...{ unit: '×', samples: [rate], goal: GOALS.rate },
      }),
      row(`memory of render and text, ${largest} over ${smallest}`, {
        ...{ unit: '×', samples: [peak(last) / peak(first)], goal: GOALS.memory },
      }),
    ];
  } finally {
    await services.close();
  }
}

await bench('texts', work);
