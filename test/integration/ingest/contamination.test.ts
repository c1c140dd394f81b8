// Functions of a benchmark under other names and in another layout are found, and unrelated ones are not.
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { benchmarkBatch } from '../../../activities/benchmark-batch.ts';
import type { ActivityDeps } from '../../../activities/deps.ts';
import { earlierBatch } from '../../../activities/earlier-batch.ts';
import { ingestBatch } from '../../../activities/ingest-batch.ts';
import { matchBatch } from '../../../activities/match-batch.ts';
import { mergeUnique } from '../../../activities/merge-unique.ts';
import { planCorpus } from '../../../activities/plan-corpus.ts';
import { probeEnvironment } from '../../../activities/probe-environment.ts';
import type { BatchInput, EnvironmentProbe, PlanSummary } from '../../../src/contract/job.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import type { BenchmarkRow, MatchRow, UniqueRow } from '../../../src/contract/sealed-rows.ts';
import { loadLaunchSpec, prepareLaunch, uploadLaunch } from '../../../src/corpus/launch.ts';
import { NO_METRICS } from '../../../src/metrics/port.ts';
import type { SandboxSlot, SlotPool } from '../../../src/sandbox/port.ts';
import { readPages } from '../../../src/store/ledger-pages.ts';
import { readTable } from '../../../src/store/table-file.ts';
import { BENCHMARKS, MATCHED, UNIQUE } from '../../../src/store/tables.ts';
import type { Table } from '../../../src/store/tables.ts';
import { runJob } from '../../support/fake-job.ts';
import { launchTools } from '../../support/launch-tools.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { corpusLine, readPrograms, rewritten } from '../../support/rewritten.ts';
import type { Program } from '../../support/rewritten.ts';
import { openPool } from '../../support/sandbox-pool.ts';
import { testLog, testServices } from '../../support/services.ts';

let folder: string;
let pool: SlotPool;
let deps: ActivityDeps;
let testData: string;
const store = new MemoryStore();

beforeAll(async () => {
  const { services, config } = await testServices();
  testData = config.testData;
  pool = await openPool(`contamination-test-${randomUUID()}`);
  deps = {
    storeOf: () => store,
    pool,
    metrics: NO_METRICS,
    limitsMax: DEFAULT_LIMITS,
    log: testLog(),
    drain: new AbortController().signal,
    llm: null,
    sandboxImage: services.sandboxImage,
  };
  folder = await mkdtemp(join(tmpdir(), 'tracemill-contamination-'));
});

afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Found {
  readonly items: readonly BenchmarkRow[];
  readonly matches: readonly MatchRow[];
  readonly decisions: readonly UniqueRow[];
}

const activity = new MockActivityEnvironment();

/** The same worker, told to drain at the nth child that runs a function. */
function drainingAt(nth: number): ActivityDeps {
  const stop = new AbortController();
  let made = 0;
  const watched = (slot: SandboxSlot): SandboxSlot => ({
    serving: () => slot.serving(),
    trace: (...asked) => slot.trace(...asked),
    confirm: (...asked) => slot.confirm(...asked),
    analyze: (...asked) => slot.analyze(...asked),
    probe: (...asked) => {
      made += 1;
      if (made === nth) stop.abort();
      return slot.probe(...asked);
    },
  });
  const watching: SlotPool = {
    size: pool.size,
    busy: () => pool.busy(),
    environment: (signal) => pool.environment(signal),
    use: (work, signal) => pool.use((slot) => work(watched(slot)), signal),
    alone: (work, signal) => pool.alone(work, signal),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { ...deps, pool: watching, drain: stop.signal };
}

/** From the spec to what unique decided of each function. `drained`: workers of benchmark and match drain at that call, once. */
async function decided(
  corpus: readonly object[],
  unique: object,
  drained: number | null = null,
): Promise<Found> {
  const specPath = join(folder, 'spec.json');
  const name = `job-${String(Object.keys(unique).length)}-${String(corpus.length)}`;
  await writeFile(specPath, JSON.stringify({ specVersion: 1, name, corpus, unique }));
  const loaded = await loadLaunchSpec({ specPath, corpora: [], name: null }, folder);
  const prepared = await prepareLaunch(loaded, store.bucket, await launchTools(folder));
  await uploadLaunch(store, prepared);
  const { jobId, specKey, resolvedSpec } = prepared;
  const job = { v: 1 as const, jobId, revision: 1, bucket: store.bucket, specKey, batchSize: 400 };
  const probe: EnvironmentProbe = await activity.run(probeEnvironment, deps, job);
  const { environment } = probe;
  const plan: PlanSummary = await activity.run(planCorpus, deps, { ...job, environment });
  const { batchCount: planBatchCount, planDigest } = plan;
  const step = { ...job, environment, planDigest, planBatchCount };
  const each = async (
    pass: BatchInput['pass'],
    batches: number,
    run: (deps: ActivityDeps, input: BatchInput) => Promise<unknown>,
  ): Promise<void> => {
    for (let batchIndex = 0; batchIndex < batches; batchIndex += 1) {
      const input = { ...step, pass, batchIndex };
      if (drained !== null && (pass === 'benchmark' || pass === 'match')) {
        const first = await activity.run(run, drainingAt(drained), input);
        expect(first).toMatchObject({ how: 'yielded' });
        const parts: string[] = [];
        for await (const { key } of store.list(`jobs/${jobId}/parts/${pass}/`)) parts.push(key);
        expect(parts.length).toBeGreaterThan(0);
      }
      await activity.run(run, deps, input);
    }
  };
  const files = resolvedSpec.unique.benchmarks?.sources.length ?? 0;
  await each('ingest', planBatchCount, ingestBatch);
  await each('benchmark', files, benchmarkBatch);
  const matched = files === 0 ? 0 : planBatchCount;
  await each('match', matched, matchBatch);
  await each('earlier', resolvedSpec.unique.against?.length ?? 0, earlierBatch);
  await each('unique', 1, mergeUnique);
  const rows = async <Row>(pass: BatchInput['pass'], count: number, table: Table<Row>) => {
    const pages = await readPages(store, step, { pass, batchCount: count });
    const read = pages.map(async ({ key }) => readTable(table, await store.get(key), key));
    return (await Promise.all(read)).flat();
  };
  return {
    items: await rows('benchmark', files, BENCHMARKS),
    matches: await rows('match', matched, MATCHED),
    decisions: await rows('unique', 1, UNIQUE),
  };
}

async function writeRewritten(programs: readonly Program[], mode: string): Promise<void> {
  const texts = await pool.use(
    (slot) => rewritten(slot, programs, mode),
    new AbortController().signal,
  );
  const lines = texts.map((text, index) => corpusLine(text, programs[index] ?? never()));
  await writeFile(join(folder, `${mode}.jsonl`), `${lines.join('\n')}\n`);
}

function never(): never {
  throw new Error('there is a program for each text');
}

const NO_NEAR = { exact: 'source', near: 'off' } as const;
/** Each runs the 800 functions of a benchmark, and the first one rewrites them. */
const TIMEOUT = { timeout: 400_000 };

test(
  '800 of 800 functions of CRUXEval are found after renaming and another layout, each with its record',
  TIMEOUT,
  async () => {
    const path = join(testData, 'cruxeval.jsonl');
    await writeRewritten(readPrograms(path), 'names');
    const { items, matches, decisions } = await decided([{ kind: 'jsonl', at: 'names.jsonl' }], {
      ...NO_NEAR,
      benchmarks: [path],
    });
    expect(items).toHaveLength(800);
    const functions = decisions.filter(({ unit }) => unit === 'function');
    expect(functions).toHaveLength(800);
    const skeletons = new Map(items.map(({ item, skeleton }) => [item, skeleton]));
    for (const [index, { decision, reasons, keeper_id }] of functions.entries()) {
      expect(decision).toBe('contaminated');
      expect(reasons).toContain('contaminated-tree');
      // Some programs of the benchmark have one tree: the first of them is told.
      const own = skeletons.get(`cruxeval.jsonl:${String(index + 1)}`);
      expect(own).toBeDefined();
      expect(skeletons.get(keeper_id ?? '')).toBe(own);
    }
    const inputs = decisions.filter(({ unit }) => unit === 'input');
    expect(inputs.every(({ reasons }) => reasons.join() === 'function-dropped')).toBe(true);
    expect(matches.length).toBeGreaterThanOrEqual(800);
  },
);

test(
  'loops that became other loops are found by what they return, though workers drain',
  TIMEOUT,
  async () => {
    const path = join(testData, 'cruxeval.jsonl');
    const programs = readPrograms(path).slice(0, 60);
    await writeRewritten(programs, 'all');
    const corpus = [{ kind: 'jsonl', at: 'all.jsonl' }];
    // Not the file of another test, whose items are sealed.
    const some = join(folder, 'some', 'cruxeval.jsonl');
    await mkdir(join(folder, 'some'));
    const lines = (await readFile(path, 'utf8')).split('\n').slice(0, 200);
    await writeFile(some, `${lines.join('\n')}\n`);
    const { decisions } = await decided(corpus, { ...NO_NEAR, benchmarks: [some] }, 20);
    const functions = decisions.filter(({ unit }) => unit === 'function');
    const byOutputs = functions.filter(({ reasons }) => reasons.includes('contaminated-outputs'));
    // Of 60 programs 31 have loops, temporaries or comprehensions that are rewritten.
    expect(byOutputs.length).toBeGreaterThan(25);
  },
);

test('none of 2,000 functions of the standard library is in a benchmark', TIMEOUT, async () => {
  const files = ['cruxeval.jsonl', 'humaneval.jsonl'].map((name) => join(testData, name));
  const { matches, items, decisions } = await decided([{ kind: 'stdlib', at: MODULES }], {
    ...NO_NEAR,
    benchmarks: files,
    contaminated: 'drop',
  });
  expect(items).toHaveLength(964);
  const functions = decisions.filter(
    ({ unit, decision }) => unit === 'function' && decision !== 'rejected',
  );
  expect(functions.length).toBeGreaterThanOrEqual(2_000);
  expect(matches).toEqual([]);
});

test('functions that an earlier set holds are known by their trees, whatever their names', async () => {
  const records = [
    { label: 'a:1', functions: [{ name: 'held', body: 'return [x, x + 1]', calls: ['held(1)'] }] },
    { label: 'a:2', functions: [{ name: 'same', body: 'return {x}', calls: ['same(1)'] }] },
  ];
  await runJob({ store, records, batchSize: 2 });
  const lines = [
    { source: 'def other(n):\n    return [n, n + 1]\n', entry: 'other' },
    { source: 'def same(x):\n    return {x}\n', entry: 'same' },
    { source: 'def new(x):\n    return (x,)\n', entry: 'new' },
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  await writeFile(join(folder, 'later.jsonl'), text);
  const { decisions } = await decided([{ kind: 'jsonl', at: 'later.jsonl' }], {
    ...{ exact: 'ast', near: 'off', against: ['fake@v1'] },
  });
  expect(decisions.map(({ decision, reasons }) => [decision, ...reasons])).toEqual([
    ['duplicate', 'earlier-ast'],
    ['duplicate', 'earlier-source'],
    ['kept', 'no-inputs'],
  ]);
});

/** Some 2,000 functions that are read fast. */
const MODULES =
  'argparse, ast, base64, bisect, calendar, cmd, codecs, collections*, configparser, copy, csv, datetime, dis, email*, enum, fractions, http*, json*, logging*, optparse, os, pdb, pickle*, random, shutil, statistics, string, tarfile, textwrap, tokenize';
