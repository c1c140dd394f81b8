import { expect, it } from 'vitest';
import type { FunctionId, InputId, RowId } from '../../../src/contract/ids.ts';
import type { Ending, OutcomeKind } from '../../../src/contract/outcome.ts';
import { OUTCOMES } from '../../../src/contract/outcome.ts';
import { SEALED_TRACE_COLUMNS } from '../../../src/contract/tables.ts';
import {
  canonicalBackstop,
  canonicalLabels,
  hasEvents,
  makeTraceRow,
} from '../../../src/core/trace-row.ts';
import type { InvocationEnd, TraceItem } from '../../../src/core/trace-row.ts';

const item: TraceItem = {
  functionId: 'f'.repeat(64) as FunctionId,
  function: {
    kind: 'source',
    entry: 'f',
    source: 'def f(x):\n    return x\n',
    original: null,
    provenance: {
      label: 'a.jsonl:1',
      repository: 'r',
      path: 'p.py',
      commit: null,
      qualname: 'f',
      license: 'MIT',
      licenseSource: 'file',
      lineStart: 1,
      lineEnd: 2,
    },
  },
  inputId: 'd'.repeat(64) as InputId,
  input: { setup: '', call: 'f(1)', stdin: '', origin: 'given', llmModel: null },
  inputIndex: 2,
};

const ending = (outcome: OutcomeKind): Ending => ({
  ...canonicalBackstop(outcome, null),
  returnValue: '1',
  returnType: 'int',
  returnIsLiteral: true,
  stdout: 'x\n',
});

const ended = (outcome: OutcomeKind): InvocationEnd => ({
  kind: 'ended',
  ending: ending(outcome),
  labels: ['opaque', 'threads', 'opaque'],
  trace: {
    eventsJson: '[{"kind":"call"},{"kind":"return"}]',
    nEvents: 2,
    nLines: 0,
    nCalls: 1,
    depthMax: 1,
    nCutValues: 0,
    nOpaque: 1,
    opaqueCallees: ['str.istitle'],
    pathDigest: 'p',
  },
  confirmDiffers: [],
});

const rowOf = (end: InvocationEnd) =>
  makeTraceRow({
    id: 'a'.repeat(64) as RowId,
    item,
    context: {
      environment: { id: 'e', python: '3.13.5', tracer: 'core/1' },
      granularity: 'line',
      scope: 'record',
      limits: '{}',
    },
    end,
    emptyPath: 'empty',
  });

it('a row has every column of the sealed table and no other', () => {
  for (const end of [ended('returned'), { kind: 'faulted', code: 'sandbox-died' } as const]) {
    expect(Object.keys(rowOf(end)).sort()).toEqual(Object.keys(SEALED_TRACE_COLUMNS).sort());
  }
});

it('a returned row has its value, its events and each label once in the order of the contract', () => {
  expect(rowOf(ended('returned'))).toMatchObject({
    outcome: 'returned',
    return_value: '1',
    events: '[{"kind":"call"},{"kind":"return"}]',
    n_events: 1,
    path_digest: 'p',
    labels: ['threads', 'opaque'],
    split: 'train',
    input_index: 2,
    license: 'MIT',
    fault_code: null,
  });
});

it('build and back-stop outcomes have no events, all others keep them', () => {
  const without = OUTCOMES.filter((outcome) => !hasEvents(outcome));
  expect(without).toEqual([
    'load-failed',
    'input-failed',
    'cpu-exceeded',
    'wall-exceeded',
    'memory-exceeded',
  ]);
  expect(rowOf(ended('load-failed'))).toMatchObject({
    events: '[]',
    n_events: 0,
    opaque_callees: [],
    path_digest: 'empty',
  });
});

it('a faulted invocation has its code and no fact that only an execution gives', () => {
  expect(rowOf({ kind: 'faulted', code: 'sandbox-died' })).toMatchObject({
    outcome: 'faulted',
    fault_code: 'sandbox-died',
    return_value: null,
    stdout: '',
    events: '[]',
    labels: [],
    confirm_differs: null,
  });
});

it('the canonical back-stop ending tells nothing that depends on when the limit fired', () => {
  const { outcome, limitHit, ...rest } = canonicalBackstop('cpu-exceeded', 'cpuMs=5000');
  expect([outcome, limitHit]).toEqual(['cpu-exceeded', 'cpuMs=5000']);
  expect(new Set(Object.values(rest))).toEqual(new Set([null, '']));
});

it('labels are a set in one order', () => {
  expect(canonicalLabels(['opaque', 'tampered', 'opaque'])).toEqual(['tampered', 'opaque']);
});
