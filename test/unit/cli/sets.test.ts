// The commands that judge, publish, draw and compare, over a gateway of plain values.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EVENTS, rowOf } from '../render/rows.ts';
import { tracemill } from './fake-gateway.ts';
import { chain, diffRows, entry } from './samples.ts';

const [link] = chain;

test('judge tells rows in and out and every reason before and after, and what comes next', async () => {
  const { out, asked } = await tracemill(['judge', '@last', '--policy', 'p.yaml'], {
    entries: [entry],
  });
  expect(asked.calls).toEqual([`judge ${entry.workflowId} p.yaml false`]);
  expect(out).toContain('1 in, 31 out, 1 rejected otherwise.');
  expect(out).toMatch(/accepted +230 +200/);
  expect(out).toMatch(/too-few-steps +0 +30/);
  expect(out).toContain('accepted no more: accepted → too-few-steps');
  expect(out).toContain(`The next \`tracemill publish ${entry.workflowId}\` goes by strict@1.`);
});

test('a dry run of judge says that nothing was written', async () => {
  const line = ['judge', '@last', '--policy', 'p.yaml', '--dry-run'];
  const { out, asked } = await tracemill(line, { entries: [entry] });
  expect(asked.calls).toEqual([`judge ${entry.workflowId} p.yaml true`]);
  expect(out).toContain('Nothing was written.');
});

test('publish says which traces it takes and that nothing is executed', async () => {
  const { out, asked } = await tracemill(['publish', '@last', '--as', 'x@v9'], {
    entries: [entry],
  });
  expect(asked.calls).toEqual([`publish ${entry.workflowId} x@v9 null`]);
  expect(out).toContain('revision 2 publishes the traces of revision 1 as x@v9, by strict@1');
});

test('render takes formats or a file, of a job or a set, and says what it publishes', async () => {
  const line = ['render', 'a@v1', '--format', 'dynamic', 'cwm', '--ahead', '1,4', '--as', 'a@v9'];
  const { out, asked } = await tracemill(line, { entries: [entry] });
  const texts = '{"document":{"render":[{"format":"dynamic","ahead":[1,4]},{"format":"cwm"}]}}';
  expect(asked.calls).toEqual([`render a@v1 a@v9 ${texts}`]);
  expect(out).toContain('revision 2 publishes the traces of revision 1 as a@v9, with texts in cwm');
  const file = await tracemill(['render', '@last', '--texts', 't.yaml'], { entries: [entry] });
  expect(file.asked.calls).toEqual([`render ${entry.set} null {"file":"t.yaml"}`]);
  const neither = await tracemill(['render', '@last'], { entries: [entry] });
  expect(neither.err).toContain('name the texts with --format, or a file of them with --texts');
  expect(neither.code).toBe(2);
});

test('sample prints the code, the call, the end and the reasons of each row', async () => {
  const row = rowOf({ events: EVENTS, call: 'f("\u001b[2J")' });
  const line = ['sample', 'a@v1', '--reason', 'raised', '-n', '2', '--seed', '7'];
  const rows =
    link === undefined
      ? []
      : [
          { link, row },
          { link, row: null },
        ];
  const { out, asked } = await tracemill(line, { sample: { found: 40, rows } });
  expect(asked.calls).toEqual(['sample tracemill a@v1 raised 2 7']);
  expect(out).toContain('  | def ');
  expect(out).toContain('>>> f("\\x1b[2J")');
  expect(out).toContain('2 of 40 in a@v1: raised.');
});

test('diff counts the rows by why, lists some, and writes all', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tracemill-diff-'));
  const file = join(folder, 'rows.jsonl');
  const rows = Array.from({ length: 30 }, () => diffRows).flat();
  const { out, code } = await tracemill(['diff', 'a@v1', 'a@v2', '--to', file], { diff: rows });
  expect(code).toBe(0);
  expect(out).toContain('a@v1 and a@v2: 17 rows the same, 30 not.');
  expect(out).toMatch(/30 +removed +it is rejected: too-few-steps/);
  expect(out).toContain('… and 10 more rows');
  const written = (await readFile(file, 'utf8')).trimEnd().split('\n');
  expect(written.map((line) => JSON.parse(line) as unknown)).toEqual(rows);
  const again = await tracemill(['diff', 'a@v1', 'a@v2', '--to', file], { diff: rows });
  expect(again.code).toBe(2);
  expect(again.err).toContain('is there already; name another');
  await rm(folder, { recursive: true });
});

test('diff tells what became of the texts', async () => {
  const after = { dynamic: 1200, cwm: 0, direct: 7 };
  const said = async (texts: { before: typeof after | null; same: boolean }): Promise<string> =>
    (await tracemill(['diff', 'a@v1', 'a@v2'], { diff: [], texts: { ...texts, after } })).out;
  expect(await said({ before: null, same: false })).toContain(
    'Texts before: none.\nTexts after:  dynamic 1,200, direct 7.',
  );
  expect(await said({ before: after, same: true })).toContain(
    'Texts: the same, dynamic 1,200, direct 7.',
  );
});

test('verify --replay tells which rows the reference tracer tells otherwise, and fails', async () => {
  const checks = [{ name: 'object', holds: true, detail: '', object: null }];
  const verification = { set: 'a@v1', objects: 1, rows: 1, checks };
  const line = ['verify', 'a@v1', '--replay', '1%', '--seed', '3'];
  const { code, out, asked } = await tracemill(line, { verification });
  expect(asked.calls).toEqual(['verify tracemill a@v1', 'replay a@v1 1% 3']);
  expect(code).toBe(1);
  expect(out).toContain(
    'row 4 of traces/train-00000-of-00001.parquet (cccccccccccc): events, return_value differ',
  );
  expect(out).toContain(
    '12 rows ran again by the reference tracer: 9 agree, 1 do not; 2 are of kinds',
  );
  const damaged = { ...verification, checks: checks.map((check) => ({ ...check, holds: false })) };
  const none = await tracemill(line, { verification: damaged });
  expect([none.code, none.asked.calls]).toEqual([1, ['verify tracemill a@v1']]);
});

test.each([
  ['judge @last', "required option '--policy <FILE>'"],
  ['sample a@v1 -n 0', '-n takes a whole number from 1 to 1000'],
  ['diff a@v1 @last', '"@last" is no version of a set'],
])('tracemill %s is refused with exit code 2', async (line, message) => {
  const { code, err } = await tracemill(line.split(' '), { entries: [entry] });
  expect(code).toBe(2);
  expect(err).toContain(message);
});
