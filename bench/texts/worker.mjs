// One pass over a set in a process of its own, so that its memory is its own. Prints one JSON document.
//   worker.mjs '{ pass, functions, pairs, files, traces, s3, bucket }'
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { built } from '../lib/services.mjs';

const given = JSON.parse(process.argv[2]);
const { S3Store } = await built('src/store/s3.js');
const { TRACES } = await built('src/store/tables.js');
const { partsOf, readPublishPlan, traceFiles, fileOf, writePublishPlan } = await built(
  'src/store/publish-plan.js',
);
const { setPrefix, specKey } = await built('src/core/keys.js');

const hex = (text) => createHash('sha256').update(text).digest('hex');
const jobId = hex('texts');
const SET = 'texts@v1';
const REPOSITORIES = 500;
const at = {
  ...{ v: 1, jobId, revision: 1, bucket: given.bucket, specKey: specKey(jobId), batchSize: 250 },
  ...{ environment: hex('environment'), planDigest: hex('plan'), planBatchCount: 1 },
};
const context = 8_192;
const spec = {
  specVersion: 1,
  render: [
    { format: 'dynamic', context, pairs: given.pairs, ahead: [1, 2, 4, 8] },
    { format: 'cwm', context },
    { format: 'direct', context },
  ],
  balance: { perRepositoryMax: 0.02, raisingMax: 0.25, perFunctionMax: 6 },
};
const store = new S3Store({ ...given.s3, bucket: given.bucket });

async function tracesIn(folder) {
  const { readTable } = await built('src/store/table-file.js');
  const rows = [];
  for (const name of readdirSync(folder).sort()) {
    rows.push(...(await readTable(TRACES, readFileSync(join(folder, name)))));
  }
  return rows;
}

/** The text of a copy ends with a line that no other has, so it is another function with the same trace. */
function copyOf(row, { index, id }) {
  return {
    ...{ ...row, function_id: id, id: hex(`row ${id}`), source: `${row.source}\n# ${index}` },
    repository: `r/${index % REPOSITORIES}`,
  };
}

/** The files of a set, one after another: each holds the functions whose ids begin with its number. */
async function make() {
  const { PublishedFile } = await built('src/store/published-table.js');
  const { writePage } = await built('src/store/ledger-pages.js');
  await store.ensureBucket();
  await store.putIfAbsent(specKey(jobId), Buffer.from(JSON.stringify(spec)));
  const rows = await tracesIn(given.traces);
  const ids = Array.from({ length: given.functions }, (_, index) => ({
    ...{ index, id: hex(`function ${index}`) },
  })).sort((a, b) => (a.id < b.id ? -1 : 1));
  const bytes = rows.reduce((sum, { source, events }) => sum + source.length + events.length, 0);
  const share = given.functions / rows.length;
  const sizes = {
    rows: { traces: given.functions, rejected: 0, ledger: 0 },
    bytes: { traces: bytes * share, rejected: 0 },
  };
  const parts = partsOf(sizes);
  const plan = { v: 3, set: SET, parts, searchPass: null, gathering: null, text: true };
  await writePublishPlan(store, at, plan);
  const bits = Math.log2(parts.traces);
  const partAt = (id) => (bits === 0 ? 0 : Number.parseInt(id.slice(0, 8), 16) >>> (32 - bits));
  let next = 0;
  const files = [];
  for (const { shelf, part } of traceFiles(plan)) {
    const file = new PublishedFile(TRACES);
    for (; next < ids.length && partAt(ids[next].id) === part; next += 1) {
      file.add(copyOf(rows[ids[next].index % rows.length], ids[next]));
    }
    const { body, ...facts } = file.finish();
    const key = fileOf(shelf, part);
    await store.putIfAbsent(`${setPrefix(SET)}${key}`, body);
    files.push({ key, ...facts });
  }
  if (next !== ids.length) throw new Error('a function is in no file');
  await writePages(files, writePage);
  return { files: files.length };
}

/** What the pass publish tells: which batch wrote which files. */
async function writePages(files, writePage) {
  const { publishBatches } = await built('src/core/publish-cut.js');
  const { shelvesOf } = await built('src/store/publish-plan.js');
  const plan = await readPublishPlan(store, at);
  const batches = publishBatches(shelvesOf(plan), plan.gathering);
  for (const [batchIndex, batch] of batches.entries()) {
    if (batch.table !== 'traces') continue;
    const input = { ...at, pass: 'publish', batchIndex };
    const written = files.slice(batch.from, batch.to);
    const rows = written.reduce((sum, file) => sum + file.rows, 0);
    const [{ key, digest }] = written;
    await writePage(store, input, { key, digest, rows, counts: {}, files: written });
  }
}

const ACTIVITIES = {
  render: ['render-batch', 'renderBatch'],
  select: ['select-text', 'selectText'],
  text: ['publish-text', 'publishText'],
};

async function work() {
  const { pass } = given;
  if (pass === 'make') return await make();
  const [file, name] = ACTIVITIES[pass];
  const activity = (await built(`activities/${file}.js`))[name];
  const found = { rows: 0, ambiguous: 0 };
  for (let batchIndex = 0; batchIndex < (pass === 'select' ? 1 : given.files); batchIndex += 1) {
    const { counts } = await activity({ storeOf: () => store }, { ...at, pass, batchIndex });
    found.rows += counts.textRows ?? counts.kept ?? counts.tracesRendered ?? 0;
    found.ambiguous += counts.ambiguous ?? 0;
  }
  return found;
}

const begun = process.cpuUsage();
const answer = await work();
const { user, system } = process.cpuUsage(begun);
const memory = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ ...answer, seconds: (user + system) / 1e6, memory })}\n`);
process.exit(0);
