// What `select:` takes, and what it says of the rest.
import { expect, test } from 'vitest';
import type { Selection } from '../../../src/contract/spec.ts';
import { functionRejects, selectRecord } from '../../../src/corpus/selection.ts';
import type { FunctionFacts } from '../../../src/corpus/selection.ts';
import type { RecordReading } from '../../../src/schema/corpus-record.ts';

const all: Selection = {
  kinds: null,
  licenses: null,
  size: { min: null, max: null },
  nestedLoops: 'any',
};
const f: FunctionFacts = { kind: 'source', qualname: 'f', lines: 10, loopDepth: 1 };

test.each<[string, Partial<FunctionFacts>, Partial<Selection>, string[]]>([
  ['a function', {}, { kinds: ['method'] }, ['kind-not-selected']],
  ['a method', { qualname: 'C.m' }, { kinds: ['method'] }, []],
  [
    'a nested one',
    { qualname: 'f.<locals>.g' },
    { kinds: ['method', 'function'] },
    ['kind-not-selected'],
  ],
  ['a method of a nested class', { qualname: 'f.<locals>.C.m' }, { kinds: ['nested'] }, []],
  ['a program', { kind: 'program', qualname: null }, { kinds: ['program'] }, []],
  ['ten lines', {}, { size: { min: 10, max: 10 } }, []],
  ['ten lines', {}, { size: { min: 11, max: null } }, ['size-not-selected']],
  ['ten lines', {}, { size: { min: null, max: 9 } }, ['size-not-selected']],
  ['one loop', {}, { nestedLoops: 'required' }, ['loops-not-selected']],
  ['one loop', {}, { nestedLoops: 'none' }, []],
  ['two loops', { loopDepth: 2 }, { nestedLoops: 'required' }, []],
  ['two loops', { loopDepth: 2 }, { nestedLoops: 'none' }, ['loops-not-selected']],
  [
    'what fits nothing',
    {},
    { kinds: ['method'], size: { min: 99, max: null }, nestedLoops: 'required' },
    ['kind-not-selected', 'size-not-selected', 'loops-not-selected'],
  ],
])('%s under %j %j', (_what, facts, select, reasons) => {
  expect(functionRejects({ ...f, ...facts }, { ...all, ...select })).toEqual(reasons);
  expect(functionRejects({ ...f, ...facts }, undefined)).toEqual([]);
});

function reading(license: string | null): RecordReading {
  return {
    kind: 'record',
    record: {
      index: 3,
      kind: 'source',
      source: '',
      module: null,
      extract: false,
      entry: null,
      inputs: [],
      doctests: true,
      provenance: {
        label: 'a:4',
        repository: null,
        path: null,
        commit: null,
        license,
        licenseSource: null,
      },
    },
  };
}

test('a record of another licence, or of none that is known, is rejected', () => {
  const select = { ...all, licenses: ['MIT'] };
  expect(selectRecord(reading('MIT OR GPL-3.0-only'), select).kind).toBe('record');
  expect(selectRecord(reading('MIT'), undefined).kind).toBe('record');
  for (const license of ['ISC', null]) {
    expect(selectRecord(reading(license), select)).toEqual({
      kind: 'reject',
      index: 3,
      label: 'a:4',
      reason: 'license-not-selected',
    });
  }
});
