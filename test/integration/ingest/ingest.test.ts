// A launched corpus through plan and ingest, on a real store and in a real sandbox.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ActivityDeps } from '../../../activities/deps.ts';
import { ingestBatch } from '../../../activities/ingest-batch.ts';
import { planCorpus } from '../../../activities/plan-corpus.ts';
import { probeEnvironment } from '../../../activities/probe-environment.ts';
import type {
  BatchInput,
  BatchResult,
  EnvironmentProbe,
  PlanSummary,
} from '../../../src/contract/job.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import type {
  FunctionPayload,
  IngestRow,
  InputPayload,
} from '../../../src/contract/sealed-rows.ts';
import { loadLaunchSpec, prepareLaunch, uploadLaunch } from '../../../src/corpus/launch.ts';
import { NO_METRICS } from '../../../src/metrics/port.ts';
import { createSlotPool } from '../../../src/sandbox/pool.ts';
import type { SlotPool } from '../../../src/sandbox/port.ts';
import { readPages } from '../../../src/store/ledger-pages.ts';
import { S3Store } from '../../../src/store/s3.ts';
import { readTable } from '../../../src/store/table-file.ts';
import { INGEST } from '../../../src/store/tables.ts';
import { launchTools } from '../../support/launch-tools.ts';
import { testLog, testServices } from '../../support/services.ts';

let folder: string;
let pool: SlotPool;
let store: S3Store;
let deps: ActivityDeps;
let testData: string;

beforeAll(async () => {
  const { services, config } = await testServices();
  testData = config.testData;
  const { endpoint, region, accessKeyId, secretAccessKey } = services.s3;
  store = new S3Store({ endpoint, region, accessKeyId, secretAccessKey, bucket: 'ingest-test' });
  await store.ensureBucket();
  pool = await createSlotPool({
    socketPath: services.docker.socketPath,
    image: services.sandboxImage.reference,
    slots: 1,
    workerId: `ingest-test-${randomUUID()}`,
    aslr: false,
    limitsMax: DEFAULT_LIMITS,
    log: testLog(),
  });
  const { signal } = new AbortController();
  deps = {
    storeOf: () => store,
    pool,
    metrics: NO_METRICS,
    limitsMax: DEFAULT_LIMITS,
    log: testLog(),
    drain: signal,
    llm: null,
    sandboxImage: services.sandboxImage,
  };
  folder = await mkdtemp(join(tmpdir(), 'tracemill-ingest-'));
});

afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  store[Symbol.dispose]();
  await rm(folder, { recursive: true });
});

interface Ingested {
  readonly rows: readonly IngestRow[];
  readonly results: readonly BatchResult[];
}

async function ingest(specPath: string, batchSize: number, revision = 1): Promise<Ingested> {
  const loaded = await loadLaunchSpec({ specPath, corpora: [], name: null }, folder);
  const tools = await launchTools(join(folder, 'tools'));
  const prepared = await prepareLaunch(loaded, store.bucket, tools);
  await uploadLaunch(store, prepared);
  const { jobId, specKey } = prepared;
  const job = { v: 1 as const, jobId, revision, bucket: store.bucket, specKey, batchSize };
  const activity = new MockActivityEnvironment();
  const probe: EnvironmentProbe = await activity.run(probeEnvironment, deps, job);
  const { environment } = probe;
  const plan: PlanSummary = await activity.run(planCorpus, deps, { ...job, environment });
  const { batchCount, planDigest } = plan;
  const results: BatchResult[] = [];
  for (let batchIndex = 0; batchIndex < batchCount; batchIndex += 1) {
    const input: BatchInput = {
      ...job,
      environment,
      planDigest,
      planBatchCount: batchCount,
      pass: 'ingest',
      batchIndex,
    };
    results.push(await activity.run(ingestBatch, deps, input));
  }
  const at = { jobId, revision, planDigest };
  const pages = await readPages(store, at, { pass: 'ingest', batchCount });
  const objects = await Promise.all(
    pages.map(async ({ key }) => readTable(INGEST, await store.get(key), key)),
  );
  return { rows: objects.flat(), results };
}

async function spec(name: string, corpus: readonly object[], more: object = {}): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify({ specVersion: 1, name: 'ingest', corpus, ...more }));
  return path;
}

const of = (rows: readonly IngestRow[], unit: IngestRow['unit']): IngestRow[] =>
  rows.filter((row) => row.unit === unit);

function broken(): string {
  const good =
    '{"source": "def f(x):\\n    return x\\n", "entry": "f", "calls": ["f(1)", "f(", "g"]}';
  const lines: (string | Buffer)[] = Array.from({ length: 16 }, () => good);
  lines.push('{"source": "def f(): pass"');
  lines.push('{"source": "print \\"two\\"", "entry": "f"}');
  lines.push('{"source": "def f(): pass", "entry": "g"}');
  lines.push('{"module": "no_such_module", "entry": "f"}');
  return `${lines.join('\n')}\n`;
}

test('every mistake of a record is a reject with its line, and no input is lost', async () => {
  await writeFile(join(folder, 'broken.jsonl'), broken());
  const { rows, results } = await ingest(
    await spec('a.json', [{ kind: 'jsonl', at: 'broken.jsonl' }]),
    250,
  );
  const rejects = of(rows, 'record').filter(({ outcome }) => outcome === 'rejected');
  expect(rejects.map(({ id, reasons }) => [id, ...reasons])).toEqual([
    ['broken.jsonl:17', 'not-json'],
    ['broken.jsonl:18', 'syntax-error'],
    ['broken.jsonl:19', 'entry-missing'],
    ['broken.jsonl:20', 'module-missing'],
  ]);
  expect(results[0]?.counts).toEqual({
    recordsRead: 20,
    recordsParsed: 16,
    recordsRejected: 4,
    functionsFound: 16,
    inputsFound: 48,
    inputsRejected: 32,
  });
  const inputs = of(rows, 'input').slice(0, 3);
  expect(inputs.map(({ outcome, reasons }) => [outcome, ...reasons])).toEqual([
    ['found'],
    ['rejected', 'input-syntax-error'],
    ['rejected', 'input-form-not-allowed'],
  ]);
});

test('the examples give the same rows whatever the batch size, and a second job finds them sealed', async () => {
  const path = join(process.cwd(), 'examples/quickstart.yaml');
  const small = await ingest(path, 7);
  const large = await ingest(path, 250, 2);
  const again = await ingest(path, 7, 3);
  expect(small.rows).toEqual(large.rows);
  expect(again.rows).toEqual(small.rows);
  expect(new Set(small.results.map(({ how }) => how))).toEqual(new Set(['sealed']));
  expect(new Set(again.results.map(({ how }) => how))).toEqual(new Set(['reused']));
  expect(of(small.rows, 'record').every(({ outcome }) => outcome === 'parsed')).toBe(true);
  expect(of(small.rows, 'input').every(({ outcome }) => outcome === 'found')).toBe(true);
  const functions = of(small.rows, 'function').filter(({ outcome }) => outcome === 'found');
  const payloads = functions.map(({ payload }) => JSON.parse(payload ?? '') as FunctionPayload);
  expect(payloads.filter(({ kind }) => kind === 'import').length).toBeGreaterThanOrEqual(60);
  for (const { source, entry, provenance } of payloads) {
    const name = entry.split(/[:.]/).at(-1) ?? '';
    const lines = source
      .split('\n')
      .slice((provenance.lineStart ?? 0) - 1, provenance.lineEnd ?? 0);
    expect(lines.join('\n')).toMatch(new RegExp(`def ${name}\\(`));
  }
});

test('all programs of CRUXEval are functions with one input', async () => {
  const path = await spec('c.json', [{ kind: 'cruxeval', at: join(testData, 'cruxeval.jsonl') }]);
  const { rows } = await ingest(path, 250);
  expect(of(rows, 'record').filter(({ outcome }) => outcome === 'parsed')).toHaveLength(800);
  expect(of(rows, 'function')).toHaveLength(800);
  expect(new Set(of(rows, 'function').map(({ ast_digest: digest }) => digest)).size).toBe(793);
  const inputs = of(rows, 'input').map(({ payload }) => JSON.parse(payload ?? '') as InputPayload);
  expect(inputs).toHaveLength(800);
  expect(inputs.every(({ call }) => call.startsWith('f('))).toBe(true);
});

test('all tasks of HumanEval are functions that their tests call', async () => {
  const path = await spec('h.json', [{ kind: 'humaneval', at: join(testData, 'humaneval.jsonl') }]);
  const { rows } = await ingest(path, 250);
  expect(of(rows, 'record').filter(({ outcome }) => outcome === 'parsed')).toHaveLength(164);
  expect(of(rows, 'input').filter(({ outcome }) => outcome === 'found')).toHaveLength(164);
});

test('texts made against the parser are rejects, and their neighbours are not', async () => {
  const bombs = [
    `x = ${'('.repeat(9_000)}`,
    `x = ${'-'.repeat(19_000)}1`,
    `x = ${'[0,'.repeat(6_000)}`,
    `x = ${'a.b'.repeat(4_000)}`,
    `${Array.from({ length: 99 }, (_, depth) => `${' '.repeat(depth)}if 1:`).join('\n')}\n`,
    `x = ${'9'.repeat(19_000)}`,
    `def f(${Array.from({ length: 3_000 }, (_, i) => `a${String(i)}`).join(',')}): pass`,
    `x = ${'f"{'.repeat(200)}`,
    `x = b'\\xff' ${"b'' ".repeat(4_000)}`,
  ];
  const lines = bombs.flatMap((source) => [
    { source, entry: 'f' },
    { source: 'def f(): return 1\n', entry: 'f', calls: ['f()'] },
  ]);
  await writeFile(
    join(folder, 'bombs.jsonl'),
    lines.map((line) => JSON.stringify(line)).join('\n'),
  );
  const { rows } = await ingest(await spec('b.json', [{ kind: 'jsonl', at: 'bombs.jsonl' }]), 250);
  const records = of(rows, 'record');
  const neighbours = records.filter(({ record_index: index }) => index % 2 === 1);
  expect(records).toHaveLength(2 * bombs.length);
  expect(neighbours.every(({ outcome }) => outcome === 'parsed')).toBe(true);
});

const MBPP_LINES = [
  {
    task_id: 2,
    text: 'Shared elements.',
    code: 'def similar(a, b):\r\n\tres = tuple(set(a) & set(b))\r\n\treturn (res)',
    test_list: [
      'assert set(similar((3, 4, 5, 6),(5, 7, 4, 10))) == set((4, 5))',
      'assert set(similar((1, 2),(2, 3))) == set((2,))',
    ],
    test_setup_code: '',
    challenge_test_list: [],
  },
  {
    task_id: 927,
    text: 'Height of a tree.',
    code: 'class Node:\r\n    def __init__(self, data):\r\n        self.data = data\r\ndef height(node):\r\n    for i in [1]:\r\n        for j in [1]:\r\n            return node.data\r\n',
    test_list: ['assert (height(root)) == 3', 'assert 1 == 1', 'assert height('],
    test_setup_code: 'root = Node(1)\r\nroot.left = Node(2)',
    challenge_test_list: ['assert height(root) == height(Node(4))'],
  },
  { task_id: 3, text: 'No function is called.', code: 'def f(): pass', test_list: ['assert 1'] },
];

test('tasks of MBPP are the functions that their assertions call, with those calls', async () => {
  const lines = MBPP_LINES.map((line) => JSON.stringify(line)).join('\r\n');
  await writeFile(join(folder, 'mbpp.jsonl'), lines);
  const { rows } = await ingest(await spec('m.json', [{ kind: 'mbpp', at: 'mbpp.jsonl' }]), 250);
  expect(of(rows, 'record').map(({ reasons }) => reasons)).toEqual([[], [], ['entry-missing']]);
  const functions = of(rows, 'function').map(
    ({ payload }) => JSON.parse(payload ?? '') as FunctionPayload,
  );
  expect(functions.map(({ entry }) => entry)).toEqual(['similar', 'height']);
  const inputs = of(rows, 'input').map(({ payload, reasons }) => {
    const { setup, call } = JSON.parse(payload ?? '') as InputPayload;
    return [setup, call, ...reasons];
  });
  const setup = 'root = Node(1)\nroot.left = Node(2)';
  expect(inputs).toEqual([
    ['', 'similar((3, 4, 5, 6), (5, 7, 4, 10))'],
    ['', 'similar((1, 2), (2, 3))'],
    [setup, 'height(root)'],
    [setup, 'assert 1 == 1', 'input-form-not-allowed'],
    [setup, 'assert height(', 'input-syntax-error'],
    [setup, 'height(root)'],
    [setup, 'height(Node(4))'],
  ]);
});

test('what a selection leaves out is rejected with its reasons, and the rest is as without it', async () => {
  await writeFile(
    join(folder, 'select.jsonl'),
    MBPP_LINES.map((line) => JSON.stringify(line)).join('\n'),
  );
  const corpus = [{ kind: 'mbpp', at: 'select.jsonl' }];
  const loops = await ingest(
    await spec('s.json', corpus, { select: { nestedLoops: 'required', size: { max: 4 } } }),
    250,
  );
  expect(of(loops.rows, 'function').map(({ outcome, reasons }) => [outcome, ...reasons])).toEqual([
    ['rejected', 'loops-not-selected'],
    ['found'],
  ]);
  const licenses = await ingest(
    await spec('l.json', corpus, { select: { licenses: ['MIT'] } }),
    250,
  );
  expect(of(licenses.rows, 'record').map(({ reasons }) => reasons)).toEqual(
    MBPP_LINES.map(() => ['license-not-selected']),
  );
});

test('modules of the standard library are listed in the sandbox, each a record of its version', async () => {
  const corpus = [{ kind: 'stdlib', at: 'colorsys, json.*' }];
  const small = await ingest(await spec('lib.json', corpus), 5);
  const { rows } = await ingest(await spec('lib.json', corpus), 250, 2);
  expect(small.rows).toEqual(rows);
  expect(of(rows, 'record').map(({ id }) => id)).toEqual([
    'stdlib/colorsys.py',
    'stdlib/json/decoder.py',
    'stdlib/json/encoder.py',
    'stdlib/json/scanner.py',
    'stdlib/json/tool.py',
  ]);
  const found = of(rows, 'function').filter(({ outcome }) => outcome === 'found');
  const functions = found.map(({ payload }) => JSON.parse(payload ?? '') as FunctionPayload);
  expect(functions.find(({ entry }) => entry === 'rgb_to_hsv')?.provenance).toMatchObject({
    label: 'stdlib/colorsys.py',
    repository: 'https://github.com/python/cpython',
    path: 'Lib/colorsys.py',
    license: 'PSF-2.0',
    licenseSource: 'library',
  });
  expect(functions[0]?.provenance.commit).toMatch(/^v3\.13\.\d+$/);
  expect(new Set(functions.map(({ kind }) => kind))).toEqual(new Set(['source', 'import']));
});
