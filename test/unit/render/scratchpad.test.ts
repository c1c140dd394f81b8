import { expect, it } from 'vitest';
import { renderCompact } from '../../../src/render/compact.ts';
import { renderScratchpad } from '../../../src/render/scratchpad.ts';
import { goldenRow } from './golden-rows.ts';

it('the scratchpad of the published example is as published', () => {
  expect(renderScratchpad(goldenRow('nye_doubling'))).toBe(
    [
      'state: {}',
      'line: def f(v0):',
      'state: {"f": "<callable_object f>"}',
      'line: output = f(6)',
      'state: {"v0": 6}',
      'line:   v0 += 0',
      'state: {"v0": 6}',
      'line:   v4 = 2',
      'state: {"v0": 6, "v4": 2}',
      'line:   while v4 > 0:',
      'state: {"v0": 6, "v4": 2}',
      'line:     v4 -= 1',
      'state: {"v0": 6, "v4": 1}',
      'line:     v0 *= 2',
      'state: {"v0": 12, "v4": 1}',
      'line:   while v4 > 0:',
      'state: {"v0": 12, "v4": 1}',
      'line:     v4 -= 1',
      'state: {"v0": 12, "v4": 0}',
      'line:     v0 *= 2',
      'state: {"v0": 24, "v4": 0}',
      'line:   while v4 > 0:',
      'state: {"v0": 24, "v4": 0}',
      'line:   return v0',
      'state: {"f": "<callable_object f>", "output": 24}',
      '',
    ].join('\n'),
  );
});

it('the compact scratchpad tells what is new or another, and steps into callees where asked', () => {
  const row = goldenRow('cwm_recursion');
  expect(renderCompact(row)).toBe(
    [
      'call: f {"n": 2}',
      'line:     if n < 2:',
      'line:     return n * f(n - 1)',
      'call: f {"n": 1}',
      'line:     if n < 2:',
      'line:         return n',
      'return: 1',
      'return: 2',
      '',
    ].join('\n'),
  );
  expect(renderCompact(row, { stepIn: false })).toBe(
    'call: f {"n": 2}\nline:     if n < 2:\nline:     return n * f(n - 1)\nreturn: 2\n',
  );
  expect(renderCompact(goldenRow('cwm_mutation'))).toContain('set: {"a": [1, 2]}\n');
  expect(renderCompact(goldenRow('cwm_comprehension'))).toContain('del: x\n');
});

it('values that JSON has no form for stand under a tag', () => {
  const text = renderScratchpad(goldenRow('render_values'));
  expect(text).toContain('{"$tuple": [3, [4]]}');
  expect(text).toContain(
    '{"$dict": [["k", {"$dict": [[1, {"$repr": "b\'x\'"}]]}], [{"$tuple": [1, 2]}, 3.5]]}',
  );
  expect(text).toContain('{"$repr": "Decimal(\'1.10\')"}');
});
