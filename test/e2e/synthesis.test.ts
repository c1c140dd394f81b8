// Inputs are found, the smallest set is kept, and the same seed finds the same ones however the job is cut, also where
// candidates end their process, hang or spoil it.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../infra/dev/paths.ts';
import type { TraceRow } from '../../src/contract/row.ts';
import { TRACES } from '../../src/store/tables.ts';
import { readTable } from '../../src/store/table-file.ts';
import { cli, cliJson } from '../support/cli.ts';
import { dataDigests, setFolder } from '../support/data-objects.ts';

const SET = 'found@v1';
let folder = '';

/** Each takes its process with it, or would for some arguments. */
const HOSTILE = `import os
import threading


def leaves(n: int):
    if n == 5:
        os._exit(3)
    return n


def hangs(n: int):
    if n > 3:
        return sum(range(10**12))
    return n


def waits(flag: bool):
    if flag:
        threading.Event().wait()
    return flag


def forks(n: int):
    if n > 1:
        os.fork()
    return n


def shout(words, times=1):
    return [word.upper() * times for word in words]


if __name__ == "__main__":
    for size in range(3):
        shout([str(size), "x" * size], times=size)


class Stack:
    def __init__(self, limit: int = 3):
        self.items = []
        self.limit = limit

    def push(self, item):
        if len(self.items) >= self.limit:
            raise OverflowError(self.limit)
        self.items.append(item)

    def pop(self):
        if not self.items:
            return None
        return self.items.pop()
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-e2e-'));
  await mkdir(join(folder, 'code'));
  for (const name of ['sorting.py']) {
    await cp(join(projectRoot(), 'examples/functions', name), join(folder, 'code', name));
  }
  await writeFile(join(folder, 'code', 'hostile.py'), HOSTILE);
  const spec = {
    specVersion: 1,
    name: 'found',
    corpus: [{ kind: 'files', at: 'code' }],
    inputs: {
      keep: 4,
      from: ['given', 'doctest', 'test', 'fuzz'],
      fuzz: { candidates: 40, seed: 7 },
    },
    output: { set: SET },
  };
  await writeFile(join(folder, 'found.yaml'), JSON.stringify(spec));
});
afterAll(() => rm(folder, { recursive: true }));

interface Launched {
  readonly published: {
    readonly counts: Readonly<Record<string, number>>;
    readonly balance: readonly { readonly name: string; readonly holds: boolean }[];
  };
}

async function launch(bucket: string, env: Readonly<Record<string, string>>): Promise<Launched> {
  const given = { env: { ...env, TRACEMILL_BUCKET: bucket } };
  return (await cliJson(['launch', join(folder, 'found.yaml'), '--watch'], given)) as Launched;
}

async function tracesOf(bucket: string): Promise<readonly TraceRow[]> {
  const file = join(setFolder(bucket, SET), 'traces', 'train-00000-of-00001.parquet');
  return await readTable(TRACES, await readFile(file));
}

test('batch size, slots and order change no byte of what was found', async () => {
  const first = await launch('found-calm', { TRACEMILL_BATCH_SIZE: '250', TRACEMILL_SLOTS: '1' });
  const { counts, balance } = first.published;
  expect(balance.filter((equation) => !equation.holds)).toEqual([]);
  expect(counts).toMatchObject({ invocationsFaulted: 0 });
  expect(counts['functionsWithInputs']).toBeGreaterThan(8);
  await launch('found-cut', {
    TRACEMILL_BATCH_SIZE: '3',
    TRACEMILL_SLOTS: '2',
    TRACEMILL_DISPATCH_SEED: '5',
  });
  const calm = await dataDigests(setFolder('found-calm', SET));
  expect(await dataDigests(setFolder('found-cut', SET))).toEqual(calm);
  const whole = await cli(['verify', SET], { env: { TRACEMILL_BUCKET: 'found-calm' } });
  expect(whole.stderr + whole.stdout).toContain('is whole');
});

test('what was found covers both ways of a branch, and rows say what was seen', async () => {
  const rows = await tracesOf('found-calm');
  const of = (qualname: string) => rows.filter((row) => row.qualname === qualname);
  expect(new Set(of('Stack.pop').map((row) => row.return_value === 'None'))).toEqual(
    new Set([true, false]),
  );
  expect(of('Stack.push').map((row) => row.exception_type)).toContain('OverflowError');
  expect(of('hangs').map((row) => row.outcome)).toContain('returned');
  expect(of('leaves').map((row) => row.outcome)).toContain('returned');
  const recorded = of('shout').filter((row) => row.input_origin === 'test');
  expect(recorded.map((row) => row.call)).toContain("shout(['0', ''], 0)");
  const fuzzed = rows.filter((row) => row.input_origin === 'fuzz');
  expect(fuzzed.length).toBeGreaterThan(15);
  expect(fuzzed.every((row) => row.line_coverage !== null)).toBe(true);
  const junk = rows.filter((row) => row.labels.includes('input-type-error'));
  expect(junk.length).toBeLessThanOrEqual(0.03 * rows.length);
});

test('why tells of an input that the search found', async () => {
  const { stdout, code } = await cli(['why', '@last', 'code/hostile.py::Stack.pop'], {
    env: { TRACEMILL_BUCKET: 'found-calm' },
  });
  expect(code).toBe(0);
  expect(stdout).toMatch(/input \S+ +from fuzz; kept at synthesize/);
});
