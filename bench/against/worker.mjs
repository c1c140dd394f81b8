// One batch of one pass in a process of its own, so that its memory is its own. Prints one JSON document.
//   worker.mjs '{ pass, batchIndex, texts, earlier, batches, … }'
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { built } from '../lib/services.mjs';

const given = JSON.parse(process.argv[2]);
const { pass, batchIndex, bucket, batches, batchSize, earlier } = given;
const { S3Store } = await built('src/store/s3.js');
const { sealedBatch } = await built('src/store/sealed-batch.js');
const tables = await built('src/store/tables.js');
const { contentKeyOf, functionIdOf } = await built('src/identity/digest.js');
const { DEFAULT_LIMITS } = await built('src/contract/limits.js');
const { specKey } = await built('src/core/keys.js');

const hex = (text) => createHash('sha256').update(text).digest('hex');
const REPOSITORIES = 500;
/** Every tenth earlier function was held out. */
const splitOf = (index) => (index % 10 === 0 ? 'test' : 'train');

const jobId = hex('against');
const at = {
  ...{ v: 1, jobId, revision: 1, bucket, specKey: specKey(jobId), batchSize },
  ...{ environment: hex('environment'), planDigest: hex('plan'), planBatchCount: batches },
};
const spec = {
  specVersion: 1,
  unique: {
    exact: 'ast',
    near: { jaccard: 0.7 },
    ...(earlier > 0 ? { against: ['base@v1'] } : {}),
  },
  split: {
    ...{ by: 'repository', clusterJaccard: 0.5, seed: 7 },
    shares: { test: 0.01, validation: 0 },
  },
  inputs: { keep: 3, from: ['given'] },
  trace: { python: '3.13', granularity: 'line', scope: 'record', sourceBytesMax: 20_000 },
  limits: DEFAULT_LIMITS,
  confirm: { invocations: 'all' },
};
const store = new S3Store({ ...given.s3, bucket });

async function* texts() {
  const lines = createInterface({ input: createReadStream(given.texts), crlfDelay: Infinity });
  for await (const line of lines) yield JSON.parse(line);
}

const entryOf = (text) => /def (\w+)/.exec(text)[1];
const repositoryOf = (index) => `r/${index % REPOSITORIES}`;

function earlierRow(text, index) {
  return {
    ...{ function_id: functionIdOf('source', text, entryOf(text)), cluster_id: null, text },
    ...{ split: splitOf(index), repository: `earlier/${index}` },
    ...{ ast_digest: hex(`source ${text}`), source_digest: hex(text) },
  };
}

function ingestRows(text, index) {
  const label = `new.jsonl:${index + 1}`;
  const entry = entryOf(text);
  const provenance = {
    ...{ label, repository: repositoryOf(index), path: 'new.jsonl', commit: null, qualname: entry },
    ...{ license: null, licenseSource: null, lineStart: 1, lineEnd: text.split('\n').length - 1 },
  };
  const base = { record_index: index, position: 0, reasons: [] };
  const id = functionIdOf('source', text, entry);
  const payload = { kind: 'source', entry, source: text, original: null, provenance };
  const none = { parent_id: null, ast_digest: null, payload: null };
  return [
    { ...base, ...none, unit: 'record', id: label, outcome: 'parsed' },
    {
      ...{ ...base, unit: 'function', id, parent_id: label, outcome: 'found' },
      ...{ ast_digest: hex(`source ${text}`), payload: JSON.stringify(payload) },
    },
  ];
}

const seal = ({ name, index, table }, rows) =>
  sealedBatch(
    {
      ...{ store, table, input: { ...at, pass: name, batchIndex: index } },
      contentKey: contentKeyOf({
        ...{ pass: name, passVersion: 1, specPart: null, environment: null },
        inputDigests: [`${name} ${index}`],
      }),
    },
    () => Promise.resolve({ rows, counts: {} }),
  );

async function make() {
  await store.ensureBucket();
  await store.putIfAbsent(specKey(jobId), Buffer.from(JSON.stringify(spec)));
  const old = [];
  let rows = [];
  let index = 0;
  for await (const text of texts()) {
    if (index < earlier) old.push(earlierRow(text, index));
    else rows.push(...ingestRows(text, index - earlier));
    index += 1;
    const fresh = index - earlier;
    if (fresh > 0 && (fresh % batchSize === 0 || fresh === batches * batchSize)) {
      await seal(
        { name: 'ingest', index: Math.ceil(fresh / batchSize) - 1, table: tables.INGEST },
        rows,
      );
      rows = [];
    }
  }
  if (rows.length > 0)
    await seal({ name: 'ingest', index: batches - 1, table: tables.INGEST }, rows);
  if (earlier > 0) await seal({ name: 'earlier', index: 0, table: tables.EARLIER }, old);
}

/** What was kept although an earlier function has the same words, and what stands in another split than its cluster did. */
async function check() {
  const { readPages } = await built('src/store/ledger-pages.js');
  const { openStored } = await built('src/store/stored-table.js');
  const { shinglesOf } = await built('src/unique/shingles.js');
  const wordsOf = (text) => hex([...shinglesOf(text)].sort((a, b) => a - b).join());
  const before = { words: new Set(), splits: new Map() };
  const words = new Map();
  let index = 0;
  for await (const text of texts()) {
    const id = functionIdOf('source', text, entryOf(text));
    if (index < earlier) {
      before.words.add(wordsOf(text));
      before.splits.set(id, splitOf(index));
    } else words.set(id, wordsOf(text));
    index += 1;
  }
  const [page] = await readPages(store, at, { pass: 'place', batchCount: 1 });
  const found = { kept: 0, repeated: 0, moved: 0 };
  for (const { function_id, cluster_id, split } of await (
    await openStored(store, tables.PLACED, page.key)
  ).read()) {
    found.kept += 1;
    if (before.words.has(words.get(function_id))) found.repeated += 1;
    const was = before.splits.get(cluster_id);
    // Of a cluster with functions of several splits the most held out one holds.
    if (was === 'test' && split !== 'test') found.moved += 1;
  }
  return found;
}

const PASSES = {
  near: ['near-batch', 'nearBatch'],
  unique: ['merge-unique', 'mergeUnique'],
  cluster: ['cluster-batch', 'clusterBatch'],
  place: ['place-functions', 'placeFunctions'],
};

async function work() {
  if (pass === 'make') return await make();
  if (pass === 'check') return await check();
  const [file, name] = PASSES[pass];
  const activity = (await built(`activities/${file}.js`))[name];
  return await activity({ storeOf: () => store }, { ...at, pass, batchIndex });
}

const begun = process.cpuUsage();
const answer = (await work()) ?? {};
const { user, system } = process.cpuUsage(begun);
const memory = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ ...answer, seconds: (user + system) / 1e6, memory })}\n`);
process.exit(0);
