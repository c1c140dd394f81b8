import { expect, test } from 'vitest';
import { Offers } from '../../../src/render/offers.ts';
import type { OfferSpec } from '../../../src/render/offers.ts';
import { rowOf } from './rows.ts';

/** A list of five times the list of five times the next one: 5 to the power of so many elements in a few bytes. */
function nested(depth: number) {
  const heap = Object.fromEntries(
    Array.from({ length: depth }, (_, at) => [
      String(at + 1),
      {
        type: 'list',
        items: at + 1 === depth ? ['1'] : Array<string>(5).fill(`@${String(at + 2)}`),
      },
    ]),
  );
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
