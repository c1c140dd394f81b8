import { expect, test } from 'vitest';
import { Heap } from '../../../src/render/heap.ts';
import { Offers } from '../../../src/render/offers.ts';
import type { OfferSpec } from '../../../src/render/offers.ts';
import { pythonText } from '../../../src/render/python-text.ts';
import { rowOf } from './rows.ts';

/** A list of five times the list of five times the next one: 5 to the power of so many elements in a few bytes. */
const nested = (depth: number): ReturnType<typeof rowOf> =>
  given(
    Object.fromEntries(
      Array.from({ length: depth }, (_, at) => [
        String(at + 1),
        {
          type: 'list',
          items: at + 1 === depth ? ['1'] : Array<string>(5).fill(`@${String(at + 2)}`),
        },
      ]),
    ),
  );

type HeapOf = Readonly<Record<string, { readonly type: string } & Record<string, unknown>>>;

/** A function that is given one value and returns it. */
function given(heap: HeapOf) {
  return rowOf({
    source: 'def f(n):\n    return n\n',
    events: [
      { kind: 'call', frame: 1, depth: 1, line: 1, name: 'f', set: { n: '@1' }, heap },
      { kind: 'line', frame: 1, depth: 1, line: 2 },
      { kind: 'return', frame: 1, depth: 1, line: 2, value: '@1' },
    ],
    return_value: JSON.stringify({ value: '@1', heap }),
    return_is_literal: false,
  });
}

/** Objects of a class, each of which has the next one. */
function chain(length: number): HeapOf {
  return Object.fromEntries(
    Array.from({ length }, (_, at) => [
      String(at + 1),
      { type: 'Node', fields: { next: at + 1 === length ? 'None' : `@${String(at + 2)}` } },
    ]),
  );
}

/** Six times six times … the same text. */
const fan = (leaf: HeapOf[string], leafText: string): HeapOf =>
  Object.fromEntries(
    Array.from({ length: 10 }, (_, at) => [
      String(at + 1),
      at === 9
        ? leaf
        : {
            type: 'list',
            items: Array<string>(6).fill(at === 8 ? leafText : `@${String(at + 2)}`),
          },
    ]),
  );

const FORMATS = ['direct', 'scratchpad', 'compact', 'inline', 'tree', 'cwm'] as const;

test.each(FORMATS)(
  'a %s text of small lists that no memory would hold is too long for an example',
  (format) => {
    const spec = { render: [{ format, context: 4_096 }], perFunctionMax: null } as OfferSpec;
    const offers = new Offers(spec);
    expect(offers.take(nested(20))).toEqual([]);
    expect(offers.counts).toMatchObject({ proposed: 1, tooLong: 1 });
    expect(offers.take(nested(2))).toHaveLength(1);
  },
);

const offered = (row: ReturnType<typeof rowOf>, format: (typeof FORMATS)[number]) => {
  const spec = { render: [{ format, context: 16_384 }], perFunctionMax: null } as OfferSpec;
  const offers = new Offers(spec);
  return { examples: offers.take(row)?.length, tooLong: offers.counts.tooLong };
};
const TOO_LONG = { examples: 0, tooLong: 1 };
const ONE = { examples: 1, tooLong: 0 };

test.each(FORMATS)('texts, names and cuts count in a %s text as they are written', (format) => {
  const long = 'x'.repeat(20_000);
  const object = { type: 'Leaf', fields: {} };
  expect(offered(given(fan(object, `'${long}'`)), format)).toEqual(TOO_LONG);
  expect(offered(given(fan({ type: long, fields: {} }, '@10')), format)).toEqual(TOO_LONG);
  expect(offered(given(fan({ type: 'A', fields: { [long]: '1' } }, '@10')), format)).toEqual(
    TOO_LONG,
  );
  expect(offered(given(fan({ type: 'A', repr: long }, '@10')), format)).toEqual(TOO_LONG);
});

test.each(FORMATS)('a chain of objects has a text in %s as far as any stack holds it', (format) => {
  expect(offered(given(chain(600)), format)).toEqual(ONE);
  expect(offered(given(chain(5_000)), format)).toEqual(TOO_LONG);
});

/** 2 MB of values are looked at, of which nearly none is another than before; the scratchpad alone writes all of them. */
const CHANGES = FORMATS.filter((format) => format !== 'scratchpad');
test.each(CHANGES)('a long loop over a long text is an example in %s', (format) => {
  const text = `'${'word '.repeat(1_000)}'`;
  const call = { kind: 'call', frame: 1, depth: 1, line: 1, name: 'f', set: { s: text } } as const;
  const lines = Array.from(
    { length: 400 },
    (_, at) => ({ kind: 'line', frame: 1, depth: 1, line: 2, set: { n: String(at % 2) } }) as const,
  );
  const row = rowOf({
    source: 'def f(s):\n    n = 0\n    return n\n',
    events: [call, ...lines, { kind: 'return', frame: 1, depth: 1, line: 3, value: '0' }],
    return_value: '0',
    return_is_literal: true,
  });
  expect(offered(row, format)).toEqual(ONE);
});

test.each(['valueOf', 'hasOwnProperty', '__proto__', 'constructor', 'toString'])(
  'a class of the program may be called %s',
  (name) => {
    const heap = new Heap();
    heap.take({ 1: { type: name, fields: { a: '1' } } });
    expect(pythonText(heap, '@1')).toBe(`${name}(a=1)`);
  },
);
