// A language model is asked for what the search does not reach. Its server fails in every way, its replies are refused,
// broken and hostile: nothing is lost, the cost is exact, nothing of a reply runs outside the sandbox, the key is nowhere.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { readState } from '../../infra/dev/state.ts';
import type { TraceRow } from '../../src/contract/row.ts';
import type { FunctionPayload } from '../../src/contract/sealed-rows.ts';
import type { LlmSpec } from '../../src/contract/spec.ts';
import { allowanceOf } from '../../src/core/llm-budget.ts';
import { readTable } from '../../src/store/table-file.ts';
import { TRACES } from '../../src/store/tables.ts';
import { promptOf, textOf } from '../../src/synthesis/prompt.ts';
import { cli, cliJson } from '../support/cli.ts';
import { dataDigests, setFolder } from '../support/data-objects.ts';
import { serveModel } from '../support/model-server.ts';
import type { RunningModel, Script, Step } from '../support/model-server.ts';

const SET = 'asked@v1';
const KEY = 'sk-canary-51c0ffee';
const PRICES = { input: 0.15, output: 0.6 };
/** In the order of the file; the last two are beyond the budget. */
const NAMES = [
  ...['plain', 'slow', 'flaky', 'chatty', 'cutoff', 'shy', 'hostile', 'big', 'silent'],
  ...['late', 'later'],
];

let folder = '';
let server: RunningModel;

const source = (name: string): string => `def ${name}(text: str, n: int = 0):
    if text == "${name} opens":
        return n * 2
    if n > 10:
        raise ValueError(text)
    return len(text)
`;

const good = (name: string): Step => ({
  inputs: [
    { call: `${name}("${name} opens", 4)` },
    { call: `${name}('a', 11)` },
    { setup: 'words = ["a", "b"]', call: `${name}("".join(words))` },
  ],
});

function hostile(): Step {
  const escape = `__import__('os').system('touch ${join(folder, 'escaped')}')`;
  return {
    inputs: [
      { call: `hostile(${escape})` },
      {
        setup: `import subprocess; subprocess.run(['touch', '${join(folder, 'escaped')}'])`,
        call: 'hostile("")',
      },
      { setup: 'while True: pass', call: 'hostile("")' },
      { call: 'hostile("' },
      { call: 'hostile("hostile opens")' },
      { call: "hostile('hostile opens')" },
    ],
  };
}

const script: Script = (asked, tried) => {
  switch (asked) {
    case 'slow':
      return tried === 0 ? { status: 429, retryAfter: '0.2' } : good(asked);
    case 'flaky':
      return [{ status: 500 }, { broken: 'cut' } as const][tried] ?? good(asked);
    case 'chatty':
      return { content: 'Sure! Here are some inputs: chatty("a")' };
    case 'cutoff':
      return { content: '{"inputs": [{"setup": "", "call": "cut', finish: 'length' };
    case 'shy':
      return { refusal: 'I cannot help with that.' };
    case 'hostile':
      return hostile();
    case 'big':
      return { status: 400 };
    case 'silent':
      return { content: JSON.stringify({ inputs: [{ call: 'silent("x")' }] }), usage: 'none' };
    default:
      return good(asked);
  }
};

const LLM: LlmSpec = {
  ...{ endpoint: 'env', model: 'scripted-1', budgetUsd: 5, budgetTokens: null, prices: PRICES },
  ...{ inputs: 8, outputTokens: 256, temperature: 0, seed: 1, format: 'json-schema' },
};

/** What is set aside for a function of which no line was reached. */
function tokensFor(name: string): number {
  const provenance = { lineStart: 1, lineEnd: 6 } as FunctionPayload['provenance'];
  const text = source(name).trimEnd();
  const payload: FunctionPayload = {
    ...{ kind: 'source', entry: name, source: text, original: null, provenance },
  };
  const facts = { missed: [2, 3, 4, 5, 6], half: [], returns: false, kept: [] };
  return allowanceOf(textOf(promptOf(payload, facts, LLM)), LLM).tokens;
}

/** Reaches all but the last two, to the token. */
const budgetTokens = (): number =>
  NAMES.slice(0, -2).reduce((sum, name) => sum + tokensFor(name), 0);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-llm-'));
  await mkdir(join(folder, 'code'));
  for (const [at, name] of NAMES.entries()) {
    await writeFile(join(folder, 'code', `${String(at).padStart(2, '0')}.py`), source(name));
  }
  await writeFile(join(folder, 'key'), `${KEY}\n`, { mode: 0o600 });
  server = await serveModel(script);
  await writeSpec('asked.yaml', {});
  await writeSpec('again.yaml', { name: 'again', keep: 3 });
  await writeSpec('dry.yaml', { name: 'dry' });
});

async function writeSpec(
  file: string,
  { name = 'asked', keep = 4 }: { readonly name?: string; readonly keep?: number },
): Promise<void> {
  const { inputs: _inputs, temperature: _temperature, seed: _seed, format: _format, ...llm } = LLM;
  const spec = {
    specVersion: 1,
    name,
    corpus: [{ kind: 'files', at: 'code' }],
    unique: { near: 'off', exact: 'source' },
    inputs: {
      keep,
      from: ['given', 'doctest', 'llm'],
      llm: { ...llm, budgetTokens: budgetTokens() },
    },
    output: { set: `${name}@v1` },
  };
  await writeFile(join(folder, file), JSON.stringify(spec));
}
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

type Counts = Readonly<Record<string, number>>;
interface Launched {
  readonly published: {
    readonly counts: Counts & { readonly byReason: Counts };
    readonly balance: readonly { readonly holds: boolean }[];
  };
  readonly progress: {
    readonly passes: readonly { readonly pass: string; readonly counts: Counts }[];
  };
}

const environment = (bucket: string): Record<string, string> => ({
  TRACEMILL_BUCKET: bucket,
  TRACEMILL_LLM_ENDPOINT: server.url,
  TRACEMILL_LLM_API_KEY_FILE: join(folder, 'key'),
});

async function launch(
  bucket: string,
  env: Readonly<Record<string, string>>,
  spec = 'asked.yaml',
): Promise<Launched> {
  const given = { env: { ...environment(bucket), ...env } };
  return (await cliJson(['launch', join(folder, spec), '--watch'], given)) as Launched;
}

const passOf = ({ progress }: Launched, pass: string): Counts =>
  progress.passes.find((each) => each.pass === pass)?.counts ?? {};

const withoutBatches = (counts: Counts): Counts =>
  Object.fromEntries(Object.entries(counts).filter(([name]) => !name.startsWith('batches-')));

async function tracesOf(bucket: string): Promise<readonly TraceRow[]> {
  const file = join(setFolder(bucket, SET), 'traces', 'train-00000-of-00001.parquet');
  return await readTable(TRACES, await readFile(file));
}

/** Files below a folder that hold a text. */
async function filesWith(text: string, place: string): Promise<string[]> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    if ((await readFile(path)).includes(text)) found.push(path);
  }
  return found;
}

let first: Launched;

test('every function that was asked about has its end, and the cost is that of the replies', async () => {
  first = await launch('asked-whole', { TRACEMILL_BATCH_SIZE: '250' });
  const { counts, balance } = first.published;
  expect(balance.filter((equation) => !equation.holds)).toEqual([]);
  const prompt = passOf(first, 'prompt');
  expect(prompt).toMatchObject({
    functionsAsked: 9,
    inputsOffered: 3 * 3 + 6 + 1,
    'replies.answered': 5,
    'replies.malformed': 1,
    'replies.truncated': 1,
    'replies.refused': 1,
    'replies.rejected': 1,
    'replies.over-budget': 2,
  });
  // What a server does not count is counted as what was set aside.
  const { prompt: promptTokens, reply } = server.billed();
  const uncounted = (prompt['promptTokens'] ?? 0) - promptTokens;
  expect(uncounted).toBeGreaterThan(0);
  expect(prompt['replyTokens']).toBe(reply + 256);
  expect(prompt['costNanoUsd']).toBe(
    150 * (prompt['promptTokens'] ?? 0) + 600 * (prompt['replyTokens'] ?? 0),
  );
  expect(counts.byReason).toMatchObject({
    'input-unsafe': 2,
    'input-form-not-allowed': 1,
    'input-syntax-error': 1,
    'duplicate-input': 1,
  });
  expect(counts).toMatchObject({ functionsWithInputs: 5, functionsWithoutInputs: 6 });
});

test('rows say which model wrote the input, and what it reached', async () => {
  const rows = await tracesOf('asked-whole');
  const plain = rows.filter((row) => row.qualname === 'plain');
  expect(plain.map((row) => row.return_value ?? row.exception_type)).toEqual(
    expect.arrayContaining(['8', '2', 'ValueError']),
  );
  expect(rows.every((row) => row.input_origin === 'llm' && row.llm_model === 'scripted-1')).toBe(
    true,
  );
  expect(plain.every((row) => row.line_coverage === 1)).toBe(true);
  expect(existsSync(join(folder, 'escaped'))).toBe(false);
});

test('the same replies give the same bytes however the job is cut, and stored ones are not asked for again', async () => {
  await launch('asked-cut', {
    TRACEMILL_BATCH_SIZE: '2',
    TRACEMILL_SLOTS: '2',
    TRACEMILL_DISPATCH_SEED: '3',
    TRACEMILL_LLM_CONCURRENCY: '1',
  });
  const whole = await dataDigests(setFolder('asked-whole', SET));
  expect(await dataDigests(setFolder('asked-cut', SET))).toEqual(whole);
  const verified = await cli(['verify', SET], { env: environment('asked-cut') });
  expect(verified.stdout + verified.stderr).toContain('is whole');
  const before = server.requests.length;
  // Another job: it searches anew, and finds what it would ask for.
  const again = await launch('asked-whole', { TRACEMILL_BATCH_SIZE: '4' }, 'again.yaml');
  expect(withoutBatches(passOf(again, 'prompt'))).toEqual(withoutBatches(passOf(first, 'prompt')));
  expect(passOf(again, 'prompt')['batches-sealed']).toBeGreaterThan(1);
  expect(server.requests.length).toBe(before);
});

test('a dry run tells what it may cost before anything is asked', async () => {
  const given = { env: environment('asked-whole') };
  const spec = join(folder, 'dry.yaml');
  const { plan } = (await cliJson(['launch', spec, '--dry-run'], given)) as {
    readonly plan: { readonly llm: { functions: number; likelyUsd: number; atMostUsd: number } };
  };
  expect(plan.llm).toMatchObject({ model: 'scripted-1', budgetUsd: 5, functions: 9 });
  const spent = passOf(first, 'prompt')['costNanoUsd'] ?? 0;
  expect(plan.llm.atMostUsd).toBeGreaterThan(spent / 1e9);
  expect(plan.llm.likelyUsd).toBeLessThan(plan.llm.atMostUsd);
  const { stdout } = await cli(['launch', spec, '--dry-run'], given);
  expect(stdout).toContain('asks scripted-1 about 9 functions at most: about $0.00');
});

test('the key is in no log, no object, no state, and the process that runs untrusted code was not told where it lies', async () => {
  const home = inject('tracemillHome');
  expect(server.requests.every(({ key }) => key === `Bearer ${KEY}`)).toBe(true);
  expect(await filesWith(KEY, home)).toEqual([]);
  const { worker, llmWorker } = await readState({ home });
  const environ = (pid: number): Promise<string> =>
    readFile(`/proc/${String(pid)}/environ`, 'latin1');
  expect(await environ(worker?.mark.pid ?? 0)).not.toContain('TRACEMILL_LLM_');
  const asking = await environ(llmWorker?.mark.pid ?? 0);
  expect(asking).toContain('TRACEMILL_LLM_API_KEY_FILE');
  expect(asking).not.toContain(KEY);
});
