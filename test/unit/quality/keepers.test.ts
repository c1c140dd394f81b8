import { expect, it } from 'vitest';
import type { SealedTraceRow } from '../../../src/contract/sealed-rows.ts';
import { Keepers } from '../../../src/quality/keepers.ts';

const row = (id: string, change: Partial<SealedTraceRow>): SealedTraceRow =>
  ({
    ...{ id, function_id: 'f', outcome: 'returned', return_type: 'int', return_value: '1' },
    ...{ exception_type: null, exception_message: null, args_after: null, limit_hit: null },
    ...{ stdout: '', stderr: '', setup: '', call: `f(${id})`, stdin: '', path_digest: 'p' },
    ...change,
  }) as SealedTraceRow;

const events = (n: string, items = ['1']): string =>
  JSON.stringify([
    {
      kind: 'call',
      frame: 1,
      depth: 1,
      line: 1,
      set: { n, xs: '@1' },
      heap: { 1: { type: 'list', items } },
    },
  ]);

it('keeps the first of equal traces, and every input of what has no events', () => {
  const keepers = new Keepers({ similar: { keep: null } });
  const kinds = [
    row('a', { events: events('1') }),
    row('b', { events: events('1') }),
    row('c', { events: events('2') }),
    row('d', { events: '[]', outcome: 'memory-exceeded' }),
    row('e', { events: '[]', outcome: 'memory-exceeded' }),
    row('f', { events: events('1'), function_id: 'g' }),
  ].map((each) => keepers.repeats(each));
  const none = { kind: 'none' };
  expect(kinds).toEqual([none, { kind: 'same', keeper: 'a' }, none, none, none, none]);
});

it('keeps as many of one path and shape as the policy says: numbers alone are no other shape', () => {
  const keepers = new Keepers({ similar: { keep: 2 } });
  const kinds = [
    row('a', { events: events('1') }),
    row('b', { events: events('7') }),
    row('c', { events: events('8') }),
    row('d', { events: events('-8') }),
    row('e', { events: events('9', []) }),
    row('f', { events: events("''") }),
    row('g', { events: events('5'), path_digest: 'q' }),
  ].map((each) => keepers.repeats(each).kind);
  expect(kinds).toEqual(['none', 'none', 'similar', 'none', 'none', 'none', 'none']);
});
