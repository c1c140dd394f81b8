// One line of each corpus kind: the record that it is, or why it is none.
import { forOrigins } from '../../../src/corpus/testing.ts';
import { expect, test } from 'vitest';
import type { CorpusSource } from '../../../src/contract/spec.ts';
import { readRecords } from '../../../src/corpus/records.ts';
import type { CorpusRecord, RecordReading } from '../../../src/schema/corpus-record.ts';

type Source = Pick<CorpusSource, 'kind' | 'name' | 'map'>;
const jsonl: Source = { kind: 'jsonl', name: 'a.jsonl', map: {} };

function read(source: Source, ...lines: readonly (string | Buffer | object)[]): RecordReading[] {
  const bytes = lines.map((line) => {
    if (typeof line === 'string' || Buffer.isBuffer(line)) return Buffer.from(line);
    return Buffer.from(JSON.stringify(line));
  });
  return readRecords(source, Buffer.concat(bytes.flatMap((line) => [line, Buffer.from('\n')])), 0);
}

function record(source: Source, line: object): CorpusRecord {
  const [reading] = read(source, line);
  if (reading?.kind !== 'record') throw new Error(`rejected: ${JSON.stringify(reading)}`);
  return reading.record;
}

test.each<[string, string | Buffer | object, string]>([
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'not-utf8'],
  ['half a surrogate pair', '{"source":"\\ud800","entry":"f"}', 'not-utf8'],
  ['broken JSON', '{"source": "x"', 'not-json'],
  ['Python constants', '{"source": NaN}', 'not-json'],
  ['a list', '[1]', 'not-an-object'],
  ['null', 'null', 'not-an-object'],
  ['no source', { entry: 'f' }, 'field-missing'],
  ['a source that is null', { source: null, entry: 'f' }, 'field-missing'],
  ['an import without an entry', { module: 'statistics' }, 'field-missing'],
  ['a number as source', { source: 3 }, 'field-wrong-type'],
  ['calls that are no list', { source: 'x', calls: 'f()' }, 'field-wrong-type'],
  ['an input that is text', { source: 'x', inputs: ['f()'] }, 'field-wrong-type'],
  ['a kind that there is not', { source: 'x', kind: 'method' }, 'field-wrong-type'],
  [
    'more inputs than any record has',
    { source: 'x', calls: Array(5001).fill('') },
    'source-too-long',
  ],
  ['a source of more than any spec allows', { source: 'x'.repeat(2 ** 20 + 1) }, 'source-too-long'],
])('a line with %s is rejected', (_what, line, reason) => {
  expect(read(jsonl, '', line)).toEqual([{ kind: 'reject', index: 1, label: 'a.jsonl:2', reason }]);
});

test('a record of jsonl is read with what it gives', () => {
  const given = {
    source: 'def f(x):\r\n    return x\r',
    entry: 'f',
    calls: ['f(1)'],
    inputs: [{ setup: 'y = 2', call: 'f(y)' }],
    stdin: 'line\n',
    repository: 'host/name',
    path: 'pkg/mod.py',
    commit: 'abc',
    license: 'MIT',
    license_source: 'header',
    ignored: { deep: [1] },
  };
  expect(record(jsonl, given)).toEqual({
    index: 0,
    kind: 'source',
    source: 'def f(x):\n    return x\n',
    module: null,
    extract: false,
    entry: 'f',
    inputs: [
      { setup: '', call: 'f(1)', stdin: 'line\n' },
      { setup: 'y = 2', call: 'f(y)', stdin: 'line\n' },
    ],
    doctests: true,
    provenance: {
      label: 'a.jsonl:1',
      repository: 'host/name',
      path: 'pkg/mod.py',
      commit: 'abc',
      license: 'MIT',
      licenseSource: 'header',
    },
  });
});

test('columns have the names that map gives them', () => {
  const source: Source = { ...jsonl, map: { source: 'body', entry: 'source' } };
  const found = record(source, { body: 'def g(): pass', source: 'g' });
  expect(found).toMatchObject({ source: 'def g(): pass', entry: 'g' });
});

test('an entry may name its module', () => {
  expect(record(jsonl, { entry: 'statistics:mean' })).toMatchObject({
    kind: 'import',
    module: 'statistics',
    entry: 'mean',
    source: '',
  });
});

test('a program has one run for each text of stdin', () => {
  const found = record(jsonl, { kind: 'program', code: 'print(input())', stdin: ['a', 'b'] });
  expect(found).toMatchObject({ kind: 'program', entry: null });
  expect(found.inputs.map(({ stdin }) => stdin)).toEqual(['a', 'b']);
});

test('a byte order mark counts before the first line only', () => {
  const line = '{"source":"x = 1"}';
  const readings = read(jsonl, `\uFEFF${line}`, `\uFEFF${line}`);
  expect(readings.map((each) => each.kind)).toEqual(['record', 'reject']);
});

test('a record of CRUXEval calls f and does not hold the output', () => {
  const source: Source = { kind: 'cruxeval', name: 'c.jsonl', map: {} };
  const line = { code: 'def f(a, b): return a', input: "1, 'x'", output: '1', id: 'sample_7' };
  const found = record(source, line);
  expect(found).toMatchObject({ entry: 'f', doctests: false, inputs: [{ call: "f(1, 'x')" }] });
  expect(found.provenance.path).toBe('data/cruxeval.jsonl#sample_7');
  expect(JSON.stringify(found)).not.toContain('output');
});

test('a record of HumanEval calls its own test', () => {
  const found = record(
    { kind: 'humaneval', name: 'h.jsonl', map: {} },
    {
      task_id: 'HumanEval/0',
      prompt: 'def one():\n    """One."""\n',
      canonical_solution: '    return 1\n',
      entry_point: 'one',
      test: 'def check(candidate):\n    assert candidate() == 1\n',
    },
  );
  expect(found).toMatchObject({ entry: 'one', inputs: [{ call: 'check(one)' }], doctests: false });
  expect(found.source).toContain('return 1\n\n\ndef check');
  const reading = { kind: 'record', record: found } as const;
  expect(forOrigins(reading, ['given'])).toMatchObject({ record: { source: found.source } });
  expect(forOrigins(reading, ['given'])).not.toHaveProperty('record.testing');
  expect(forOrigins(reading, ['given', 'test'])).toMatchObject({
    record: {
      source: 'def one():\n    """One."""\n    return 1\n',
      inputs: [],
      testing: { program: `${found.source}\n\ncheck(one)\n` },
    },
  });
});

test('a file of an archive is called by its path', () => {
  const source: Source = { kind: 'files', name: 'pkg', map: {} };
  const readings = read(
    source,
    { path: 'a/b.py', text: '\uFEFFx = 1\r\n' },
    { path: 'c.py', base64: '/w==' },
    { path: 'd.py', bytes: 9_999_999 },
  );
  expect(readings[0]).toMatchObject({ record: { source: 'x = 1\n', entry: null } });
  expect(readings[0]).toMatchObject({ record: { provenance: { label: 'pkg/a/b.py' } } });
  expect(readings[1]).toMatchObject({ label: 'pkg/c.py', reason: 'not-utf8' });
  expect(readings[2]).toMatchObject({ label: 'pkg/d.py', reason: 'source-too-long' });
});

test('a record of HumanEval+ is called with each argument list, and no digit is lost', () => {
  const line =
    '{"task_id":"HumanEval/1","prompt":"def f(*a):\\n","canonical_solution":"    return a\\n","entry_point":"f",' +
    '"base_input":[[1,"a\\ud83d\\ude00"]],"plus_input":[[12345678901234567890123],[1.0,[true,null,{"k":-0.5}]],[]]}';
  const [reading] = read({ kind: 'humaneval', name: 'h.jsonl', map: {} }, line);
  if (reading?.kind !== 'record') throw new Error('rejected');
  expect(reading.record.inputs.map(({ call }) => call)).toEqual([
    'f(1, "a😀")',
    'f(12345678901234567890123)',
    'f(1.0, [True, None, {"k": -0.5}])',
    'f()',
  ]);
  expect(reading.record.source).toBe('def f(*a):\n    return a\n');
});

test('a record of MBPP gives its assertions, with LF line ends and its setup', () => {
  const found = record(
    { kind: 'mbpp', name: 'm.jsonl', map: {} },
    {
      task_id: 601,
      text: 'Write a function.',
      code: 'class Pair:\r\n\tpass\r\ndef f(x):\r\n\treturn x\r\n',
      test_setup_code: 'root = 1\r\n',
      test_list: ['assert f(root) == 1', 'assert f(2) == 2'],
      challenge_test_list: ['assert f(3) == 3'],
    },
  );
  expect(found).toMatchObject({
    source: 'class Pair:\n\tpass\ndef f(x):\n\treturn x\n',
    entry: null,
    inputs: [],
    doctests: false,
    tests: {
      texts: ['assert f(root) == 1', 'assert f(2) == 2', 'assert f(3) == 3'],
      setup: 'root = 1',
    },
  });
  expect(found.provenance.path).toBe('mbpp/mbpp.jsonl#601');
});

test('a record of LiveCodeBench is called as its input says, after the imports of contests', () => {
  const found = record(
    { kind: 'lcb-execution', name: 'l.jsonl', map: {} },
    {
      question_id: 2777,
      id: 'sample_0',
      function_name: 'countSeniors',
      code: 'def countSeniors(details: List[str]) -> int:\n    return len(details)',
      input: "countSeniors(details = ['a', 'b'])",
      output: '2',
      numsteps: 3,
    },
  );
  expect(found.inputs).toEqual([
    { setup: '', call: "countSeniors(details = ['a', 'b'])", stdin: '' },
  ]);
  expect(found.source).toMatch(/^from bisect import [\s\S]*\nfrom typing import [^\n]*List/);
  expect(found.source).toMatch(/\n\ndef countSeniors/);
});

test('a file of a repository keeps its path, its commit and its licence', () => {
  const [reading] = read(
    { kind: 'git', name: 'checkout', map: {} },
    {
      path: 'src/a.py',
      text: 'x = 1\n',
      repository: 'https://host.example/a/b',
      commit: 'f00',
      license: 'MIT',
      license_source: 'header',
    },
  );
  expect(reading).toMatchObject({
    record: {
      provenance: {
        label: 'checkout/src/a.py',
        repository: 'https://host.example/a/b',
        path: 'src/a.py',
        commit: 'f00',
        license: 'MIT',
        licenseSource: 'header',
      },
    },
  });
});

test('an archive that was refused is a record that says so', () => {
  const source: Source = { kind: 'pypi', name: 'p.lock', map: {} };
  const line = { path: 'x-1/x-1.whl', refused: 'it is damaged' };
  expect(read(source, line)).toEqual([
    { kind: 'reject', index: 0, label: 'p.lock/x-1/x-1.whl', reason: 'archive-refused' },
  ]);
});

test('a program of CodeNet runs once for each of its inputs', () => {
  const source: Source = { kind: 'codenet', name: 'problems', map: {} };
  const found = record(source, { path: 'p1/s1.py', text: 'print(input())', stdin: ['1\n', '2\n'] });
  expect(found).toMatchObject({ kind: 'program', entry: null });
  expect(found.inputs.map(({ stdin }) => stdin)).toEqual(['1\n', '2\n']);
});
