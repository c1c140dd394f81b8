// The passes unique and probe of a job of so many functions, as a worker runs them, over a store of files and a sandbox
// that answers at once. Prints the peak of the heap beyond what unique left, and the resident memory.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { built } from '../lib/services.mjs';
import { rssBytes } from '../lib/usage.mjs';

const functions = Number(process.argv[2]);
const BATCH = 250;
const INPUTS = 6;
const ENVIRONMENT = 'e'.repeat(64);
const MIB = 1024 * 1024;

/** One file for each object, in the way of the store's port. */
function fileStore(folder) {
  const place = (key) => join(folder, key.replaceAll('/', '~'));
  const digestOf = (body) => createHash('sha256').update(body).digest('hex');
  const read = (key) => {
    if (!existsSync(place(key))) {
      throw Object.assign(new Error(key), { name: 'AppError', code: 'object-missing' });
    }
    return readFileSync(place(key));
  };
  return {
    bucket: 'files',
    head: async (key) =>
      existsSync(place(key)) ? { bytes: read(key).length, digest: digestOf(read(key)) } : null,
    get: async (key) => read(key),
    getRange: async (key, from, to) => read(key).subarray(from, to),
    putIfAbsent: async (key, body) => {
      if (existsSync(place(key))) return { kind: 'present', digest: digestOf(read(key)) };
      writeFileSync(place(key), body);
      return { kind: 'created' };
    },
    async *list(prefix) {
      for (const name of readdirSync(folder).sort()) {
        const key = name.replaceAll('~', '/');
        if (key.startsWith(prefix)) yield { key, bytes: 0 };
      }
    },
  };
}

const sourceOf = (at) =>
  `def f${at}(text: str, n: int = ${at % 7}):\n` +
  Array.from({ length: 12 }, (_, line) => `    n += len(text) * ${at + line}\n`).join('') +
  `    return n if text else ${at}\n`;

const provenance = (at) => ({
  ...{ label: `f${at}.py`, repository: null, path: `f${at}.py`, commit: null, qualname: `f${at}` },
  ...{ license: null, licenseSource: null, lineStart: 1, lineEnd: 14 },
});

/** What a search of 200 candidates answers. */
function answerOf(entry) {
  const inputs = Array.from({ length: INPUTS }, (_, at) => ({
    ...{ index: null, setup: '', call: `${entry}('${'x'.repeat(60)}', ${at})`, origin: 'fuzz' },
    ...{ canonical_setup: '', canonical_call: `${entry}('${'x'.repeat(60)}', ${at})` },
    ...{ outcome: 'returned', labels: [], slice_verified: true, slice_differs: null },
  }));
  const counts = { candidates: 200, executions: 212, returned: 180, raised: 20, input_failed: 0 };
  return {
    ...{ v: 1, reason: null, inputs, failed: [], fuel: 9_000, mutants: null, offered: [] },
    tally: { ...counts, junk: 10, repeated: 3, left_out: 0 },
    ...{ line_coverage: 1, branch_coverage: 1, tests: null },
    missed: { lines: [], half: [], returns: true },
  };
}

const slot = {
  probe: async ({ entry }) => ({ answer: answerOf(entry), last: 212, how: 'exit 0' }),
};
const pool = {
  size: 1,
  environment: async () => ({ id: ENVIRONMENT, python: '3.13.5', tracer: 'core/1', facts: {} }),
  use: (work) => work(slot),
};

async function main(folder) {
  const { mergeUnique } = await built('activities/merge-unique.js');
  const { probeBatch } = await built('activities/probe-batch.js');
  const { DEFAULT_LIMITS } = await built('src/contract/limits.js');
  const { functionIdOf, contentKeyOf } = await built('src/identity/digest.js');
  const { sealedBatch } = await built('src/store/sealed-batch.js');
  const { INGEST } = await built('src/store/tables.js');
  const { AppError } = await built('src/errors.js');
  const { createLogger } = await built('src/log/logger.js');
  const { NO_METRICS } = await built('src/metrics/port.js');
  const store = fileStore(folder);
  const get = store.get;
  store.get = async (key) => {
    try {
      return await get(key);
    } catch {
      throw new AppError('object-missing', key);
    }
  };
  const batches = Math.ceil(functions / BATCH);
  const at = {
    ...{ v: 1, jobId: 'a'.repeat(64), revision: 1, bucket: 'files', specKey: 'spec.json' },
    ...{ batchSize: BATCH, environment: ENVIRONMENT, planDigest: 'b'.repeat(64) },
    planBatchCount: batches,
  };
  const spec = {
    specVersion: 1,
    unique: { exact: 'source', near: null },
    inputs: { keep: INPUTS, from: ['given', 'fuzz'], fuzz: { candidates: 200, seed: 1 } },
    limits: DEFAULT_LIMITS,
  };
  await store.putIfAbsent('spec.json', Buffer.from(JSON.stringify(spec)));
  for (let batchIndex = 0; batchIndex < batches; batchIndex += 1) {
    const rows = [];
    const end = Math.min(functions, (batchIndex + 1) * BATCH);
    for (let each = batchIndex * BATCH; each < end; each += 1) {
      const base = { record_index: each, position: 0, ast_digest: null, reasons: [], origin: null };
      const source = sourceOf(each);
      const id = functionIdOf('source', source, `f${each}`);
      const payload = { kind: 'source', entry: `f${each}`, source, original: null };
      rows.push(
        {
          ...base,
          unit: 'record',
          id: `f${each}.py`,
          parent_id: null,
          outcome: 'parsed',
          payload: null,
        },
        {
          ...base,
          ...{ unit: 'function', id, parent_id: `f${each}.py`, ast_digest: id, outcome: 'found' },
          payload: JSON.stringify({ ...payload, provenance: provenance(each) }),
        },
      );
    }
    const input = { ...at, pass: 'ingest', batchIndex };
    const contentKey = contentKeyOf({
      ...{ pass: 'ingest', passVersion: 1, specPart: null, environment: ENVIRONMENT },
      inputDigests: [String(batchIndex)],
    });
    await sealedBatch({ store, input, table: INGEST, contentKey }, async () => ({
      rows,
      counts: {},
    }));
  }
  const deps = {
    ...{ storeOf: () => store, pool, llm: null, limitsMax: DEFAULT_LIMITS, metrics: NO_METRICS },
    log: createLogger({ level: 'error', name: 'bench' }),
    ...{ drain: new AbortController().signal, sandboxImage: null },
  };
  await mergeUnique(deps, { ...at, pass: 'unique', batchIndex: 0 });
  global.gc();
  const before = process.memoryUsage().heapUsed;
  let peakHeap = 0;
  let peakRss = 0;
  const started = process.cpuUsage();
  let kept = 0;
  for (let batchIndex = 0; batchIndex < batches; batchIndex += 1) {
    const environment = new MockActivityEnvironment();
    const result = await environment.run((input) => probeBatch(deps, input), {
      ...at,
      pass: 'probe',
      batchIndex,
    });
    kept += result.counts.inputsKept;
    global.gc();
    peakHeap = Math.max(peakHeap, process.memoryUsage().heapUsed - before);
    peakRss = Math.max(peakRss, rssBytes(process.pid));
  }
  if (kept !== functions * INPUTS) throw new Error(`${kept} inputs were kept`);
  const { user, system } = process.cpuUsage(started);
  const answer = {
    heapMiB: peakHeap / MIB,
    rssMiB: peakRss / MIB,
    cpuMsPerFunction: (user + system) / 1000 / functions,
  };
  process.stdout.write(JSON.stringify(answer));
}

const folder = mkdtempSync(join(tmpdir(), 'tracemill-synthesis-'));
try {
  await main(folder);
} finally {
  rmSync(folder, { recursive: true });
}
