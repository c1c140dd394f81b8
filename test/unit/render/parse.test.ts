// Each format that a model may have to write is read back to what the states of the row say.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { directPrompt, directResult, parseResult, resultText } from '../../../src/render/direct.ts';
import { parsePair } from '../../../src/render/pairs.ts';
import { parseCwm } from '../../../src/render/parse-cwm.ts';
import { parseCompact, parseScratchpad, parseTree } from '../../../src/render/parse-history.ts';
import { parseInline } from '../../../src/render/parse-inline.ts';
import { readBackFaults } from '../../support/read-back.ts';
import { goldenRow } from './golden-rows.ts';

const NAMES = readdirSync(join(import.meta.dirname, '..', '..', 'golden', 'programs'))
  .filter((name) => name.endsWith('.py'))
  .map((name) => name.slice(0, -'.py'.length));

it.each(NAMES)('every format of %s is read back', (name) => {
  expect(readBackFaults(goldenRow(name))).toEqual([]);
});

describe('a result', () => {
  const row = goldenRow('cwm_mutation');

  it('is read back, whatever ended the call', () => {
    const ends = [
      { outcome: 'returned', return_value: "{'a': [1, (2,)], 'b': {3}}" },
      { outcome: 'returned', return_value: "(set(), frozenset({1}), float('nan'), -0.0, 1j)" },
      {
        outcome: 'returned',
        return_is_literal: false,
        return_value: '{"value":"@1","heap":{"1":{"type":"Point","fields":{"x":"1"}}}}',
      },
      { outcome: 'raised', exception_type: 'ValueError', exception_message: 'a "b"\nc' },
      { outcome: 'exited', exception_type: 'SystemExit', exception_message: null },
      { outcome: 'returned', return_value: 'None', stdout: 'x\n', stderr: 'ä' },
    ] as const;
    for (const end of ends) {
      const result = directResult({ ...row, return_value: null, ...end });
      expect(result).not.toBeNull();
      if (result !== null) expect(parseResult(resultText(result))).toEqual(result);
    }
    expect(directResult({ ...row, outcome: 'fuel-exceeded' })).toBeNull();
    expect(directPrompt({ ...row, stdin: 'a\n' })).toContain('== stdin\n"a\\n"\n== result\n');
  });

  it('is refused where it is an expression, or more than one end', () => {
    for (const text of ['0 or True', 'f( 1)', '[1, 2', '1 + 1', '[1,2]', '{1: 2, 3}x', '']) {
      expect(parseResult(`returned ${text}\n`)).toBeTypeOf('string');
    }
    expect(parseResult('returned 1')).toBe('does not end with a line feed');
    expect(parseResult('returned 1\nreturned 2\n')).toBe('holds more than a result');
    expect(parseResult('raised ValueError bad\n')).toBeTypeOf('string');
    expect(parseResult('returned 1\nstdout x\n')).toBe('has no JSON string after stdout');
    expect(parseResult(`returned ${'['.repeat(100_000)}\n`)).toBeTypeOf('string');
  });
});

describe('refused with its place is', () => {
  it('a scratchpad that is none', () => {
    expect(parseCompact('line: x\nset: {"a": 1}\n')).toMatchObject({ line: 2 });
    expect(parseCompact('line: x\nset: {"a": }\nline: y\n')).toMatchObject({ line: 2 });
    expect(parseCompact('line: x')).toMatchObject({ kind: 'refused' });
    expect(parseTree('call f {}\n   3 x\n')).toMatchObject({ line: 2 });
    expect(parseScratchpad('state: {}\nstate: {}\n')).toMatchObject({ line: 2 });
    expect(parseScratchpad(`state: {"a": ${'['.repeat(5000)}\n`)).toMatchObject({ line: 1 });
  });

  it('a comment that is none', () => {
    const source = 'a\nb\n';
    expect(parseInline('a\n', source)).toMatchObject({ line: 1 });
    expect(parseInline('a  # (1)\nc\n', source)).toMatchObject({ line: 2 });
    expect(parseInline('a  # (1) set {\nb\n', source)).toMatchObject({ line: 1 });
    expect(parseInline('a  # (1)\nb  # (3)\n', source)).toMatchObject({ line: 2 });
  });

  it('a frame that is none', () => {
    const call = '<|call_sep|>{}<|action_sep|>def f():\n<|frame_sep|>';
    expect(parseCwm(call)).toMatchObject({ kind: 'frames', isWhole: false });
    expect(parseCwm(`${call}<|line_sep|>{"a": ".."}<|action_sep|>x\n<|frame_sep|>`)).toEqual({
      kind: 'refused',
      frame: 2,
      why: 'has no text where .. stands',
    });
    expect(parseCwm(`${call}<|return_sep|>`)).toMatchObject({ frame: 2, why: 'is cut' });
    expect(parseCwm(`<|return_sep|><|action_sep|>x\n<|frame_sep|>`)).toMatchObject({ frame: 1 });
  });

  it('a pair that is none', () => {
    expect(parsePair('== source\n1 x\n== state\nline\n== after 0\nline\n')).toBeTypeOf('string');
    expect(parsePair('== source\n1 x\n== state\nline\n== after 1\nlinx\n')).toBe(
      'line 1 of a state begins with no kind of event',
    );
  });
});
