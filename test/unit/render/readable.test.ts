// The readable text of one row: source, call, steps with what they changed, end.
import { expect, test } from 'vitest';
import type { TraceEvent } from '../../../src/contract/trace.ts';
import { renderReadable } from '../../../src/render/readable.ts';
import { EVENTS, rowOf } from './rows.ts';

const options = { paint: (_style: string, text: string) => text, width: 80, eventsMax: 100 };

test('a trace is its source, its call, each step with what it changed, and its end', () => {
  expect(renderReadable(rowOf({ events: EVENTS }), options)).toBe(
    [
      'functions/f.py::f#0',
      'abababababab  CPython 3.13.5, core/1: 4 events, 1 call, depth 1',
      '',
      '     1  def f(n):',
      '     2      xs = []',
      '     3      xs.append(n)',
      '     4      return xs',
      '',
      '>>> f(3)',
      '',
      '  step  line',
      '     0     1  call f(n = 3)',
      '     1     2  xs = []',
      '                → xs = [] @1',
      '     2     3  xs.append(n)',
      '                → xs = [3] @1',
      '     3     4  return xs',
      '     4     4  return [3]',
      '',
      'returned [3]',
      'accepted',
    ].join('\n'),
  );
});

test('steps of a callee stand further in, and output stands below the step that wrote it', () => {
  const events: TraceEvent[] = [
    { kind: 'call', frame: 1, depth: 1, line: 1, name: 'f', set: { n: '3' } },
    { kind: 'call', frame: 2, depth: 2, line: 2, name: 'g', caller: 1, set: { n: '2' } },
    { kind: 'line', frame: 2, depth: 2, line: 2, stdout: 'x\n' },
    { kind: 'unwind', frame: 2, depth: 2, line: 2, value: "ValueError('no')" },
  ];
  const text = renderReadable(rowOf({ events }), options);
  expect(text).toContain('     1     2    call g(n = 2)\n     2     2    xs = []\n');
  expect(text).toContain('                  → stdout "x\\n"');
  expect(text).toContain("     3     2    unwind ValueError('no')");
});

test('more events than asked for are counted and left out', () => {
  const text = renderReadable(rowOf({ events: EVENTS }), { ...options, eventsMax: 2 });
  expect(text).toContain('     1     2  xs = []\n        … 3 more events\n');
});

test('an outcome without events shows the exception, the limit and the reasons', () => {
  const row = rowOf({
    events: [],
    outcome: 'fuel-exceeded',
    limit_hit: 'fuel=200000',
    return_value: null,
    reasons: ['fuel-exceeded'],
  });
  const text = renderReadable(row, options);
  expect(text).not.toContain('step');
  expect(text).toMatch(/fuel-exceeded fuel=200000\nrejected: fuel-exceeded$/);
});

test('a returned value with objects of its own is shown by its content', () => {
  const row = rowOf({
    events: EVENTS,
    return_is_literal: false,
    return_value: JSON.stringify({
      value: '@1',
      heap: {
        '1': { type: 'Point', fields: { x: '1', y: '@2' } },
        '2': { type: 'list', items: [] },
      },
    }),
  });
  expect(renderReadable(row, options)).toContain('returned Point(x=1, y=[])');
});

test('of a long module only the lines of the function are shown', () => {
  const source = Array.from({ length: 300 }, (_, index) => `line_${String(index + 1)}`).join('\n');
  const text = renderReadable(
    rowOf({ events: [], source, line_start: 120, line_end: 122 }),
    options,
  );
  expect(text).toContain('   120  line_120\n   121  line_121\n   122  line_122\n\n>>>');
  expect(text).not.toContain('line_119');
});

test('no line is wider than asked for and no control character of the program gets through', () => {
  const bell = String.fromCharCode(7);
  const row = rowOf({
    events: EVENTS,
    source: `def f(n):\n    ${'x'.repeat(500)}${bell}\n`,
    call: bell,
  });
  const text = renderReadable(row, { ...options, width: 60 });
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(72);
  expect(text).not.toContain(bell);
});

test('an instruction stands with its argument and what it finds on the stack', () => {
  const at = { frame: 1, depth: 1, line: 2 } as const;
  const events: TraceEvent[] = [
    { kind: 'call', frame: 1, depth: 1, line: 1, name: 'f', set: { n: '2' } },
    { kind: 'instruction', ...at, op: 'LOAD_FAST', arg: 'n' },
    { kind: 'instruction', ...at, op: 'LOAD_CONST', arg: '1', stack: ['2'] },
    { kind: 'instruction', ...at, op: 'BINARY_OP', arg: '+', stack: ['2', '1'] },
    { kind: 'instruction', ...at, op: 'RETURN_VALUE', stack: ['3'] },
    { kind: 'return', frame: 1, depth: 1, line: 2, value: '3' },
  ];
  const text = renderReadable(rowOf({ events }), options);
  expect(text).toContain(
    [
      '     1     2  LOAD_FAST n',
      '     2     2  LOAD_CONST 1                 2',
      '     3     2  BINARY_OP +                  2, 1',
      '     4     2  RETURN_VALUE                 3',
      '     5     2  return 3',
    ].join('\n'),
  );
});
