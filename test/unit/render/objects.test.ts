// Objects while events are read in order: definitions, operations, and their short text.
import { expect, test } from 'vitest';
import type { HeapDefinition, HeapEntry, HeapOperation } from '../../../src/contract/trace.ts';
import { ObjectTable } from '../../../src/render/objects.ts';

function textAfter(...heaps: Readonly<Record<string, HeapEntry>>[]): string {
  const objects = new ObjectTable();
  for (const heap of heaps) objects.take(heap);
  return objects.text('@1');
}

const list: HeapDefinition = { type: 'list', items: ['1', '2', '3'] };
const dict: HeapDefinition = {
  type: 'dict',
  entries: [
    ["'a'", '1'],
    ["'b'", '2'],
  ],
};

const OPERATIONS: readonly (readonly [string, HeapDefinition, HeapOperation, string])[] = [
  ['append', list, ['append', '4'], '[1, 2, 3, 4]'],
  ['setitem of a list', list, ['setitem', '0', '9'], '[9, 2, 3]'],
  ['splice', list, ['splice', '1', '1', '7', '8'], '[1, 7, 8, 3]'],
  ['clear', dict, ['clear'], '{}'],
  ['delitem', dict, ['delitem', "'a'"], "{'b': 2}"],
  ['setitem of a known key', dict, ['setitem', "'a'", '5'], "{'a': 5, 'b': 2}"],
  ['setitem of a new key', dict, ['setitem', "'c'", '5'], "{'a': 1, 'b': 2, 'c': 5}"],
  ['replace', dict, ['replace', '1', '2'], '{1: 2}'],
  ['discard', { type: 'set', items: ['1', '2'] }, ['discard', '1'], '{2}'],
  ['add', { type: 'set', items: [] }, ['add', '1'], '{1}'],
  ['setattr', { type: 'P', fields: { x: '1' } }, ['setattr', 'y', '2'], 'P(x=1, y=2)'],
  ['delattr', { type: 'P', fields: { x: '1' } }, ['delattr', 'x'], '<P>'],
  ['value', { type: 'bytearray', value: "b'a'" }, ['value', "b'ab'"], "bytearray(b'ab')"],
  ['class', { type: 'P', fields: { x: '1' } }, ['class', 'Q'], 'Q(x=1)'],
];

for (const [what, definition, operation, text] of OPERATIONS) {
  test(`the operation ${what} changes what is shown`, () => {
    expect(textAfter({ '1': definition }, { '1': [operation] })).toBe(text);
  });
}

const SHOWN: readonly (readonly [HeapDefinition, string])[] = [
  [{ type: 'tuple', items: ['1'] }, '(1,)'],
  [{ type: 'set', items: [] }, 'set()'],
  [{ type: 'frozenset', items: ['1'] }, 'frozenset(1)'],
  [{ type: 'collections.deque', items: ['1'] }, 'collections.deque(1)'],
  [{ type: 'decimal.Decimal', repr: "Decimal('1.1')" }, "Decimal('1.1')"],
  [{ type: 'function', name: 'g' }, '<function g>'],
  [{ type: 'type', name: 'C' }, '<class C>'],
  [{ type: 'Colour', name: 'RED', value: '1' }, 'Colour.RED'],
  [{ type: 'slice', start: '1', stop: '2', step: 'None' }, 'slice(1, 2, None)'],
  [{ type: 'list_iterator' }, '<list_iterator>'],
  [{ type: 'list', items: ['1'], len: 9 }, '[1, … 8 more]'],
  [{ type: 'list', items: ['@1'] }, '[<list @1>]'],
  [
    { type: 'list', items: [{ type: 'str', head: "'aa", len: 99, sha256: '' }] },
    "['aa…' (str, 99 long)]",
  ],
  [{ type: 'list', items: [{ type: 'list', cut: 'depth' }] }, '[<list …>]'],
];

for (const [definition, text] of SHOWN) {
  test(`an object of type ${definition.type} is shown as ${text}`, () => {
    expect(textAfter({ '1': definition })).toBe(text);
  });
}

test('operations that follow a definition in one event are applied to it', () => {
  expect(textAfter({ '1': { ...list, ops: [['append', '4']] } })).toBe('[1, 2, 3, 4]');
});

test('a reference to an object that is not there is shown as it is', () => {
  expect(new ObjectTable().text('@5')).toBe('@5');
});
