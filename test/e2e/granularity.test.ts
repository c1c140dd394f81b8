// The same functions at each granularity, from a spec to the rows of a data set and the text that `show` prints.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TraceRow } from '../../src/contract/row.ts';
import type { TraceEvent } from '../../src/contract/trace.ts';
import { TRACES } from '../../src/store/tables.ts';
import { readTable } from '../../src/store/table-file.ts';
import { cli, cliJson } from '../support/cli.ts';
import { setFolder } from '../support/data-objects.ts';
import { testServices } from '../support/services.ts';

const BUCKET = 'granularity';
const env = { TRACEMILL_BUCKET: BUCKET };
const RECORD = {
  source:
    'def square(n):\n    return n * n\n\ndef total(ns):\n    sum = 0\n    for n in ns:\n        sum += square(n)\n    return sum\n',
  entry: 'total',
  calls: ['total([1, 2, 3])'],
};
let folder = '';
beforeAll(async () => {
  await testServices();
  folder = await mkdtemp(join(tmpdir(), 'tracemill-granularity-'));
  await writeFile(join(folder, 'functions.jsonl'), `${JSON.stringify(RECORD)}\n`);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function rowOf(granularity: string, scope: string): Promise<{ set: string; row: TraceRow }> {
  const spec = join(folder, `${granularity}.json`);
  const document = {
    ...{ specVersion: 1, name: granularity, trace: { granularity, scope } },
    corpus: [{ kind: 'jsonl', at: 'functions.jsonl' }],
  };
  await writeFile(spec, JSON.stringify(document));
  const { published } = (await cliJson(['launch', spec, '--watch'], { env })) as {
    published: { set: string };
  };
  const file = join(setFolder(BUCKET, published.set), 'traces', 'train-00000-of-00001.parquet');
  const [row] = await readTable(TRACES, await readFile(file));
  if (row === undefined) throw new Error(`no row at granularity ${granularity}`);
  return { set: published.set, row };
}

const pathOf = (row: TraceRow, ...kinds: readonly string[]): string[] =>
  (JSON.parse(row.events) as readonly TraceEvent[])
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ kind, frame, line }) => `${kind} ${String(frame)} ${String(line)}`);

test('a finer trace holds all events of a coarser one, and every set verifies', async () => {
  const call = await rowOf('call', 'record');
  const line = await rowOf('line', 'record');
  const instruction = await rowOf('instruction', 'module');
  for (const { row, set } of [call, line, instruction]) {
    expect(row).toMatchObject({ outcome: 'returned', return_value: '14', tracer: 'core/1' });
    expect(row).toMatchObject({ n_calls: 4, depth_max: 2, reasons: [] });
    expect((await cli(['verify', set], { env })).code).toBe(0);
  }
  expect([call, line, instruction].map(({ row }) => [row.granularity, row.scope])).toEqual([
    ['call', 'record'],
    ['line', 'record'],
    ['instruction', 'module'],
  ]);
  expect(call.row.n_lines).toBe(0);
  expect(line.row.n_lines).toBe(instruction.row.n_lines);
  const calls = ['call', 'return'];
  expect(pathOf(line.row, ...calls)).toEqual(pathOf(call.row, ...calls));
  expect(pathOf(instruction.row, ...calls, 'line')).toEqual(pathOf(line.row, ...calls, 'line'));

  const shown = await cli(['show', instruction.set], { env });
  expect(shown.stdout).toMatch(/^ +\d+ +2 +BINARY_OP \* +1, 1$/m);
  expect(shown.stdout).toMatch(/^ +\d+ +6 +FOR_ITER to \d+ /m);
});
