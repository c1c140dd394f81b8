// npm run bench:corpora: the memory of reading a corpus, of 1,000 and of 50,000 records, kind by kind. Each reading is a
// process of its own, whose peak the kernel tells.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const SMALL = 1_000;
const LARGE = 50_000;
/** A growing heap collects later; what is kept per batch of the plan is 300 bytes for each 250 records. */
const GROWTH_MIB_MAX = 48;
/** The same small heap for both, so that what is measured is need and not leisure. */
const HEAP = ['--max-old-space-size=160', '--max-semi-space-size=8'];

const CORPORA = {
  files: 'files',
  git: 'repository',
  jsonl: 'rows.jsonl.gz',
  codenet: 'codenet',
  pypi: 'packages.lock',
};

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (piece) => (text += piece));
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${command} ${args[0]}: exit ${String(code)}`)),
    );
  });
}

/** The wheel of a folder under its digest, as a package index gives it. */
async function serveWheel(folder) {
  const wheel = join(folder, 'big-1.0-py3-none-any.whl');
  const digest = createHash('sha256').update(readFileSync(wheel)).digest('hex');
  writeFileSync(join(folder, 'packages.lock'), `big==1.0 --hash=sha256:${digest}\n`);
  const server = createServer((request, response) => {
    if (request.url !== '/big/') return createReadStream(wheel).pipe(response);
    response.setHeader('content-type', 'application/vnd.pypi.simple.v1+json');
    const file = { filename: 'big-1.0-py3-none-any.whl', url: '/file', hashes: { sha256: digest } };
    return response.end(JSON.stringify({ files: [file] }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function measure(folder, count, say) {
  await run('python3', [join(HERE, 'make.py'), folder, String(count)]);
  const server = await serveWheel(folder);
  const index = `http://127.0.0.1:${String(server.address().port)}/`;
  const found = {};
  for (const [kind, path] of Object.entries(CORPORA)) {
    const started = performance.now();
    const args = [...HEAP, join(HERE, 'worker.mjs'), kind, join(folder, path), index];
    const answer = JSON.parse(await run(process.execPath, args));
    if (answer.records !== count) throw new Error(`${kind}: ${String(answer.records)} records`);
    found[kind] = { ...answer, seconds: (performance.now() - started) / 1000 };
    say(`${kind}, ${String(count)} records: ${answer.peakMiB.toFixed(0)} MiB`);
  }
  server.close();
  return found;
}

await bench('corpora', async (say) => {
  const folder = mkdtempSync(join(tmpdir(), 'tracemill-bench-'));
  try {
    const large = numberArgument('records', LARGE);
    const of = {};
    for (const count of [SMALL, large]) {
      const own = join(folder, String(count));
      of[count] = await measure(own, count, say);
    }
    return Object.keys(CORPORA).flatMap((kind) => {
      const [few, many] = [of[SMALL][kind], of[large][kind]];
      const growth = many.peakMiB - few.peakMiB;
      return [
        row(`${kind}: peak, ${String(SMALL)} records`, { unit: 'MiB', samples: [few.peakMiB] }),
        row(`${kind}: peak, ${String(large)} records`, { unit: 'MiB', samples: [many.peakMiB] }),
        row(`${kind}: growth`, {
          unit: 'MiB',
          samples: [growth],
          goal: { atMost: GROWTH_MIB_MAX },
        }),
        row(`${kind}: speed`, { unit: 'records/s', samples: [large / many.seconds] }),
      ];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
