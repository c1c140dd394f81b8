// npm run bench:synthesis: what the search for inputs costs, and that a worker's memory does not grow with the corpus.
//   npm run bench:synthesis -- [--sample 300] [--functions 50000]
// Costs are of processor time of the sandboxes, since wall time tells of the machine's other work; memory is that of the
// passes themselves, over a sandbox that answers at once.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSearch } from '../extraction/search.mjs';
import { shuffled, sourcesOf } from '../extraction/sources.mjs';
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { built, openSandboxes } from '../lib/services.mjs';
import { containerCpuMs } from '../lib/usage.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const SMALL = 1_000;
const LARGE = 50_000;
/** What 50,000 functions may take beyond 1,000: the places of the plan and of the decisions. */
const GROWTH_MIB_MAX = 16;
const RULES = { keep: 6, candidates: 200, seed: 1, mutants: 0 };

function memoryOf(functions) {
  const args = [
    '--expose-gc',
    '--max-semi-space-size=8',
    join(HERE, 'worker.mjs'),
    String(functions),
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (piece) => (text += piece));
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(text));
      else reject(new Error(`${functions} functions: exit ${String(code)}`));
    });
  });
}

/** Processor time of the sandboxes of this bench, in ms. */
function sandboxCpuMs(search) {
  return search.containers().reduce((sum, id) => sum + containerCpuMs(id), 0);
}

async function speed(say) {
  const services = await openSandboxes(say);
  const search = await openSearch(services, await built('src/log/logger.js'));
  try {
    const found = await search.extract(sourcesOf(services));
    const extracted = found.filter(({ each }) => each.reject === null);
    const chosen = shuffled(5, extracted).slice(0, numberArgument('sample', 300));
    const before = sandboxCpuMs(search);
    const startedMs = performance.now();
    let candidates = 0;
    for (const one of chosen) {
      const { probed } = await search.ask(one, RULES);
      if (probed.kind === 'answered') candidates += probed.answer.tally?.candidates ?? 0;
    }
    const cpuSeconds = (sandboxCpuMs(search) - before) / 1000;
    const wallSeconds = (performance.now() - startedMs) / 1000;
    return { functions: chosen.length, candidates, cpuSeconds, wallSeconds };
  } finally {
    await search.close();
    services.close();
  }
}

await bench('synthesis', async (say) => {
  const { functions, candidates, cpuSeconds, wallSeconds } = await speed(say);
  say(`${functions} functions searched`);
  const large = numberArgument('functions', LARGE);
  const small = await memoryOf(SMALL);
  say(`${SMALL} functions: ${small.heapMiB.toFixed(1)} MiB`);
  const most = await memoryOf(large);
  const of = (value, unit, goal = null) => ({ unit, samples: [value], goal });
  return [
    row('functions searched, of the library', of(functions, '')),
    row('candidates tried', of(candidates, '')),
    row('functions per core-second of the sandbox', of(functions / cpuSeconds, '')),
    row('candidates per core-second of the sandbox', of(candidates / cpuSeconds, '')),
    row('functions per second of one slot', of(functions / wallSeconds, '')),
    row('core-hours for 300,000 functions', of((300_000 * cpuSeconds) / functions / 3600, 'h')),
    row(`worker: processor time for a function`, of(most.cpuMsPerFunction, 'ms')),
    row(`worker: heap beyond what unique leaves, ${SMALL} functions`, of(small.heapMiB, 'MiB')),
    row(`worker: heap beyond what unique leaves, ${large} functions`, of(most.heapMiB, 'MiB')),
    row(
      'worker: growth of the heap',
      of(most.heapMiB - small.heapMiB, 'MiB', { atMost: GROWTH_MIB_MAX }),
    ),
    row(`worker: resident, ${SMALL} functions`, of(small.rssMiB, 'MiB')),
    row(`worker: resident, ${large} functions`, of(most.rssMiB, 'MiB')),
  ];
});
