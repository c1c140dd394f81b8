import { expect, test } from 'vitest';
import { probeFunction } from '../../../activities/probe-function.ts';
import type { Probed } from '../../../activities/probe-function.ts';
import { probeCounts, probeRows } from '../../../activities/probe-rows.ts';
import type { FoundInput } from '../../../activities/probe-rows.ts';
import type { FunctionPayload, InputPayload } from '../../../src/contract/sealed-rows.ts';
import { inputIdOf } from '../../../src/identity/digest.ts';
import { AppError } from '../../../src/errors.ts';
import type { ProbeRun } from '../../../src/sandbox/port.ts';
import type { ProbeAnswer } from '../../../src/schema/probe.ts';
import { testLog } from '../../support/services.ts';

const FUNCTION: FunctionPayload = {
  kind: 'source',
  entry: 'f',
  source: 'def f(x):\n    return x\n',
  original: null,
  provenance: {
    label: 'a.py',
    repository: null,
    path: null,
    commit: null,
    qualname: 'f',
    license: null,
    licenseSource: null,
    lineStart: 1,
    lineEnd: 2,
  },
};

function found(call: string, origin: InputPayload['origin'] = 'doctest'): FoundInput {
  return {
    inputId: inputIdOf({ setup: '', call, stdin: '' }),
    input: { setup: '', call, stdin: '', origin, llmModel: null },
  };
}

type Kept = ProbeAnswer['inputs'][number];

function kept(call: string, index: number | null): Kept {
  return {
    index,
    setup: '',
    call,
    origin: index === null ? 'fuzz' : 'doctest',
    canonical_setup: '',
    canonical_call: call,
    labels: [],
    outcome: 'returned',
    slice_verified: true,
    slice_differs: null,
  };
}

function answer(change: Partial<ProbeAnswer>): ProbeAnswer {
  return {
    v: 1,
    reason: null,
    inputs: [],
    failed: [],
    tally: null,
    fuel: 1,
    line_coverage: 1,
    branch_coverage: 0.5,
    mutants: null,
    missed: null,
    offered: [],
    tests: null,
    ...change,
  };
}

const answered = (change: Partial<ProbeAnswer>): Probed => ({
  kind: 'answered',
  answer: answer(change),
  lost: 0,
});

test('every input that was found is kept or dropped with a reason, and what was looked for is added', () => {
  const inputs = [found('f(0)', 'given'), found('f(1)'), found('f(2)'), found('f(oops)')];
  const probed = answered({ inputs: [kept('f(2)', 2), kept('f(9)', null)], failed: [3] });
  const rows = probeRows('a'.repeat(64), probed, { found: inputs, keep: 4 });
  expect(
    rows.map(({ unit, decision, reasons, input_index }) => [unit, decision, reasons, input_index]),
  ).toEqual([
    ['function', 'kept', [], null],
    ['input', 'kept', [], 0],
    ['input', 'dropped', ['adds-nothing'], null],
    ['input', 'kept', [], 1],
    ['input', 'dropped', ['input-failed'], null],
    ['input', 'kept', [], 2],
  ]);
  expect(probeCounts(rows, inputs.length)).toMatchObject({
    functionsWithInputs: 1,
    inputsAdded: 1,
    inputsKept: 3,
    inputsDropped: 2,
    'origin.fuzz': 1,
    'reason.adds-nothing': 1,
  });
});

test('given inputs never give way, and no more are kept than the spec allows', () => {
  const inputs = [found('f(0)', 'given'), found('f(1)', 'given'), found('f(2)', 'given')];
  const probed = answered({ inputs: [kept('f(9)', null)] });
  const rows = probeRows('a'.repeat(64), probed, { found: inputs, keep: 2 });
  const calls = rows.filter(({ unit }) => unit === 'input');
  expect(calls.map(({ decision }) => decision)).toEqual(['kept', 'kept', 'dropped', 'dropped']);
  expect(calls.slice(2).map(({ reasons }) => reasons)).toEqual([['over-keep'], ['over-keep']]);
});

test('an input that was there before is not added again', () => {
  const probed = answered({ inputs: [kept('f(1)', null)] });
  const rows = probeRows('a'.repeat(64), probed, { found: [found('f(1)')], keep: 4 });
  expect(rows).toHaveLength(2);
});

test('without an answer the inputs that were found are kept, and a function without one says so', () => {
  const lost: Probed = { kind: 'lost', how: 'SIGSEGV' };
  const rows = probeRows('a'.repeat(64), lost, { found: [found('f(1)'), found('f(2)')], keep: 1 });
  expect(rows.map(({ decision }) => decision)).toEqual(['kept', 'kept', 'dropped']);
  expect(probeRows('a'.repeat(64), lost, { found: [], keep: 1 })[0]?.reasons).toEqual([
    'no-inputs',
  ]);
});

interface Asked {
  readonly leave_out: readonly number[];
  readonly stop_at: number | null;
}

function scripted(script: readonly (ProbeRun | AppError)[]) {
  const asked: Asked[] = [];
  const slot = {
    probe: (request: unknown): Promise<ProbeRun> => {
      const step = script[asked.length] ?? { answer: null, last: null, how: 'end' };
      const { leave_out, stop_at } = request as Asked;
      asked.push({ leave_out: [...leave_out], stop_at });
      return step instanceof AppError ? Promise.reject(step) : Promise.resolve(step);
    },
  };
  const context = {
    slot,
    memoryBytes: 1,
    signal: new AbortController().signal,
    log: testLog(),
  };
  return { context, asked };
}

const QUESTION = {
  function: FUNCTION,
  inputs: [],
  rules: { keep: 6, candidates: 10, seed: 1, mutants: 0 },
};
const lostAt = (last: number): ProbeRun => ({ answer: null, last, how: 'SIGKILL' });

test('what ends a child is left out, and after three the search ends before the last', async () => {
  const { context, asked } = scripted([
    lostAt(5),
    lostAt(9),
    lostAt(12),
    { answer: answer({}), last: 3, how: 'exit 0' },
  ]);
  const probed = await probeFunction(context, QUESTION);
  expect(probed.kind).toBe('answered');
  expect(asked).toEqual([
    { leave_out: [], stop_at: null },
    { leave_out: [5], stop_at: null },
    { leave_out: [5, 9], stop_at: null },
    { leave_out: [5, 9, 12], stop_at: 12 },
  ]);
});

test('a text that ends its process while it loads is asked once', async () => {
  const { context, asked } = scripted([lostAt(-1)]);
  expect(await probeFunction(context, QUESTION)).toEqual({ kind: 'lost', how: 'SIGKILL' });
  expect(asked).toHaveLength(1);
});

test('an end that time decided counts when it comes a second time', async () => {
  const waits = { answer: null, last: 7, how: 'wall' };
  const { context, asked } = scripted([
    waits,
    waits,
    { answer: answer({}), last: 9, how: 'exit 0' },
  ]);
  expect((await probeFunction(context, QUESTION)).kind).toBe('answered');
  expect(asked.map(({ leave_out }) => leave_out)).toEqual([[], [], [7]]);
});

test('an answer of another shape is none, and a lost sandbox is asked again', async () => {
  const died = new AppError('sandbox-died', 'gone', { retryable: true });
  const { context, asked } = scripted([died, { answer: { v: 2 }, last: 0, how: 'exit 0' }]);
  expect((await probeFunction(context, QUESTION)).kind).toBe('lost');
  expect(asked.length).toBeLessThanOrEqual(12);
});

test('a fault of the services is thrown', async () => {
  const { context } = scripted([new AppError('image-missing', 'no image')]);
  await expect(probeFunction(context, QUESTION)).rejects.toMatchObject({ code: 'image-missing' });
});
