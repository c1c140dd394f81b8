// npm run bench:against [-- --functions N --earlier N]: what it costs to add functions to a set that is there, pass by pass: time and
// peak memory of near, unique, cluster and place through a real S3 server; and whether anything is repeated or moved.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../scripts/lib/processes.mjs';
import { functions } from '../dedup/functions.mjs';
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { built, openTemporal } from '../lib/services.mjs';

const MIB = 1024 * 1024;
const LIMIT_MS = 30 * 60_000;
const BATCH_FUNCTIONS = 250;
/** As src/core/plan.ts cuts near and cluster. */
const TASKS_MAX = 10;
const WORKER = join(import.meta.dirname, 'worker.mjs');

async function step(given, pass, batchIndex = 0) {
  const input = JSON.stringify({ ...given, pass, batchIndex });
  const { code, output } = await run([process.execPath, WORKER, input], {
    ...{ quiet: true, timeoutMs: LIMIT_MS },
  });
  if (code !== 0) throw new Error(`${pass} failed: ${output.slice(-2000)}`);
  return JSON.parse(output.trim().split('\n').at(-1));
}

async function measure(services, { fresh, earlier, say }) {
  const { shinglesOf, jaccard } = await built('src/unique/shingles.js');
  const similarity = (a, b) => jaccard(shinglesOf(a), shinglesOf(b));
  const folder = mkdtempSync(join(tmpdir(), 'tracemill-against-'));
  try {
    const texts = join(folder, 'texts.jsonl');
    const made = functions(fresh + earlier, similarity);
    writeFileSync(texts, made.map((text) => `${JSON.stringify(text)}\n`).join(''));
    const batches = Math.ceil(fresh / BATCH_FUNCTIONS);
    const tasks = Math.min(TASKS_MAX, batches);
    const bucket = `against-${earlier}-${fresh}`;
    const given = { s3: services.s3, bucket, texts, earlier, batches, batchSize: BATCH_FUNCTIONS };
    say(`${fresh} functions beside ${earlier} earlier ones`);
    await step(given, 'make');
    const rows = [];
    for (const [pass, count] of [
      ['near', tasks],
      ['unique', 1],
      ['cluster', tasks],
      ['place', 1],
    ]) {
      const seen = [];
      for (let index = 0; index < count; index += 1) seen.push(await step(given, pass, index));
      const seconds = seen.reduce((sum, each) => sum + each.seconds, 0);
      const memory = Math.max(...seen.map((each) => each.memory));
      say(`${pass}: ${seconds.toFixed(1)} s, ${(memory / MIB).toFixed(0)} MiB`);
      const what = `${fresh} beside ${earlier}: ${pass}`;
      rows.push(
        row(`${what}, CPU seconds of ${count}`, { unit: 's', samples: [seconds] }),
        row(`${what}, memory of one`, { unit: 'MiB', samples: [memory / MIB] }),
      );
    }
    const checked = await step(given, 'check');
    return [...rows, ...checkRows(`${fresh} beside ${earlier}`, checked)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkRows(what, { kept, repeated, moved }) {
  const none = { atMost: 0 };
  return [
    row(`${what}: functions kept`, { unit: '', samples: [kept] }),
    row(`${what}: kept though an earlier one has the same words`, {
      ...{ unit: '', samples: [repeated], goal: none },
    }),
    row(`${what}: kept in a cluster of earlier ones, in another split`, {
      ...{ unit: '', samples: [moved], goal: none },
    }),
  ];
}

await bench('against', async (say) => {
  const services = await openTemporal(say);
  try {
    const fresh = numberArgument('functions', 50_000);
    const earlier = numberArgument('earlier', 50_000);
    return await measure(services, { fresh, earlier, say });
  } finally {
    await services.close();
  }
});
