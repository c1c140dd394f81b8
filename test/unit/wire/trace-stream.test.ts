import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../../src/errors.ts';
import { decodeTrace } from '../../../src/wire/trace-stream.ts';

const HEADER = [0x54, 0x4d, 0x54, 0x52, 0x03, 0x01, 0x01, 0x78];
const CALL = [0x01, 0x01, 0x02, 0x02, 0x02, 0x00, 0x01, 0x66, 0x00];
const END = {
  outcome: 'returned',
  returnValue: 'None',
  returnType: 'NoneType',
  returnIsLiteral: true,
  exceptionType: null,
  exceptionMessage: null,
  argsAfter: null,
  labels: [],
  fuel: 7,
};

const stream = (...records: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from([...HEADER, ...records.flat()]);

function endRecord(value: unknown): number[] {
  const bytes = [...Buffer.from(JSON.stringify(value))];
  const length = [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
  return [0x7e, ...length, ...bytes];
}

function codeOf(bytes: Uint8Array): string {
  try {
    decodeTrace(bytes);
  } catch (error) {
    return isAppError(error) ? error.code : String(error);
  }
  return 'decoded';
}

const golden = (name: string): Uint8Array =>
  readFileSync(join(import.meta.dirname, '../../golden', `${name}.stream.bin`));

describe('a trace stream', () => {
  it('without an end record is a valid prefix', () => {
    const trace = decodeTrace(stream(CALL));
    expect(trace.end).toBeNull();
    expect(trace.eventsJson).toBe('[{"kind":"call","frame":1,"depth":1,"line":1,"name":"f"}]');
  });

  it('with an end record tells how the call ended', () => {
    expect(decodeTrace(stream(CALL, endRecord(END))).end).toEqual(END);
  });

  it.each([
    ['a returned graph that is no JSON', { returnValue: 'None', returnIsLiteral: false }],
    ['one without objects', { returnValue: '{"value":"@1"}', returnIsLiteral: false }],
    ['one without a value', { returnValue: '{"heap":{}}', returnIsLiteral: false }],
    ['none', { returnValue: null, returnIsLiteral: false }],
    ...[
      ['an object without a type', '{"items":["1"]}'],
      ['an object of no text', '{"type":"A","repr":1}'],
      ['items that are none', '{"type":"list","items":[1]}'],
      ['entries that are no pairs', '{"type":"dict","entries":[["1"]]}'],
      ['fields that are no values', '{"type":"A","fields":{"x":null}}'],
      ['a cut that is none', '{"type":"list","items":[{"type":"str"}]}'],
      ['changes', '[["append","1"]]'],
    ].map(([name, entry]): [string, object] => [
      name ?? '',
      { returnValue: `{"value":"@1","heap":{"1":${entry ?? ''}}}`, returnIsLiteral: false },
    ]),
    ['arguments that are no JSON', { argsAfter: 'None' }],
    ['arguments that are no object', { argsAfter: '[]' }],
  ])('with an end record that holds %s is a violation', (_, forged) => {
    expect(codeOf(stream(CALL, endRecord({ ...END, ...forged })))).toBe('wire-violation');
  });

  it('with an end record of a value that is no literal tells it', () => {
    const cut = '{"type":"str","head":"\'a","len":9,"sha256":"0"}';
    const parts = `"items":["1",${cut},{"type":"A","cut":"depth"}],"fields":{"x":"@1"},"len":9`;
    const returnValue = `{"value":"@1","heap":{"1":{"type":"list",${parts}}}}`;
    const argsAfter = '{"args":["1"],"kwargs":{}}';
    const end = { ...END, returnValue, returnIsLiteral: false, argsAfter };
    expect(decodeTrace(stream(CALL, endRecord(end))).end).toEqual(end);
  });

  it('joins output to the event before it and keeps every byte', () => {
    const before = [0x20, 0x01, 0x61];
    const after = [0x20, 0x02, 0xc3, 0xa9];
    const broken = [0x21, 0x02, 0xe2, 0x82];
    const trace = decodeTrace(stream(before, CALL, after, broken));
    expect(JSON.parse(trace.eventsJson)).toMatchObject([
      { stdout: 'é', stderr: '\u{10ffe2}\u{10ff82}' },
    ]);
    expect(Buffer.from(trace.stdout).toString()).toBe('aé');
    expect([...trace.stderr]).toEqual([0xe2, 0x82]);
  });

  it('tells of a fault of the tracer', () => {
    expect(decodeTrace(stream(CALL, [0x7d, 0x02, 0x6f, 0x68])).fault).toBe('oh');
  });

  it('leaves out what would pass the limit of text', () => {
    const trace = decodeTrace(golden('nested_loops'), { textCharsMax: 500 });
    expect(trace.textCut).toBe(true);
    expect(trace.eventsJson.length).toBeLessThanOrEqual(500);
    expect(trace.nEvents).toBeGreaterThan(0);
  });
});

/** A line event of name `n` with a value; and one of iterator 1 with a state. */
const named = (...value: number[]): number[] => [0x02, 0x02, 0x00, 0x01, 0x02, ...value, 0x00];
const first = (...value: number[]): number[] => [
  ...[0x02, 0x02, 0x00, 0x01, 0x00, 0x01, 0x6e],
  ...[...value, 0x00],
];
const global = (...value: number[]): number[] => [0x02, 0x04, 0x00, 0x01, 0x02, ...value, 0x00];
const OBJECT = [0x02, 0x08, 0x00, 0x01, 0x01, 0x01, 0x00, 0x01, 0x74, 0x00];
const iterator = (...state: number[]): number[] => [0x02, 0x20, 0x00, 0x01, 0x01, ...state];
/** 2^60 - 1 and its negative, as `sint`. */
const MOST = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f];
const LEAST = [0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f];

const BEYOND = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20];
/** The name `n` has no value any more. */
const GONE = [0x02, 0x02, 0x00, 0x00, 0x01, 0x02];

function valuesOf(...records: readonly (readonly number[])[]): unknown[] {
  const events = JSON.parse(decodeTrace(stream(CALL, ...records)).eventsJson) as {
    set?: Record<string, unknown>;
    iters?: Record<string, { at?: unknown }>;
  }[];
  return events.flatMap(({ set, iters }) => set?.['n'] ?? iters?.['@1']?.at ?? []);
}

it('a line that begins at several places says at which', () => {
  const { eventsJson } = decodeTrace(stream(CALL, [0x0a, 0x00, 0x00, 0xff, 0xff, 0x03]));
  expect(eventsJson).toContain('{"kind":"line","frame":1,"depth":1,"line":1,"start":65535}');
});

describe('an int of a name', () => {
  it('stands as the difference to the last one', () => {
    const far = [0x0d, 0x80, 0x01];
    expect(valuesOf(first(0x61), named(0xe1), named(0xc0), named(0xff), named(...far))).toEqual([
      '1',
      '2',
      '-30',
      '1',
      '65',
    ]);
  });

  it('is exact where JavaScript numbers are not', () => {
    expect(valuesOf(first(0x05, ...MOST), named(0xdf), named(0x0d, ...LEAST))).toEqual([
      '1152921504606846975',
      '1152921504606846974',
      '-1',
    ]);
  });

  it('of an iterator moves likewise', () => {
    expect(valuesOf(OBJECT, iterator(0x02, 0x61), iterator(0x20, 0x02))).toEqual([1, 2]);
  });
});

describe('a hostile trace stream', () => {
  const hostile: readonly (readonly [string, Uint8Array])[] = [
    ['is empty', new Uint8Array()],
    ['has another version', Uint8Array.from([0x54, 0x4d, 0x54, 0x52, 0x01, 0x01, 0x00])],
    ['has an unknown tag', stream([0x33])],
    ['is cut in a record', stream(CALL.slice(0, 5))],
    ['goes on after its end', stream(CALL, endRecord(END), CALL)],
    ['has an end of another shape', stream(CALL, endRecord({ ...END, extra: 1 }))],
    ['has an end with an unknown outcome', stream(CALL, endRecord({ ...END, outcome: 'won' }))],
    ['has a number that does not end', stream([0x20, ...Array<number>(12).fill(0xff)])],
    ['has a number that is longer than it must be', stream([0x20, 0x80, 0x00])],
    ['claims more bytes than there are', stream([0x20, 0xff, 0xff, 0xff, 0x07])],
    ['refers to an object that is not defined', stream(CALL, [0x04, 0x00, 0x00, 0x09, 0x01])],
    ['refers to a text that is not there', stream([0x01, 0x01, 0x02, 0x02, 0x02, 0x05])],
    ['has an event without a frame', stream([0x01, 0x00, 0x02, 0x00, 0x00, 0x00])],
    ['leads to a negative line', stream([0x01, 0x01, 0x02, 0x02, 0x01, 0x00, 0x01, 0x66, 0x00])],
    ['has a line at its first place, told', stream(CALL, [0x0a, 0x00, 0x00, 0x00])],
    ['has a line at too high a place', stream(CALL, [0x0a, 0x00, 0x00, 0x80, 0x80, 0x04])],
    ['has an instruction at granularity line', stream(CALL, [0x03, 0x00, 0x00, 0x01, 0x00])],
    ['keeps more of a stack than there was', stream(CALL, [0x02, 0x10, 0x00, 0x01, 0x00])],
    ['changes an unknown object', stream(CALL, [0x02, 0x08, 0x00, 0x01, 0x01, 0x02, 0x01, 0x06])],
    ['skips a number', stream(CALL, [0x02, 0x08, 0x00, 0x01, 0x02, 0x01, 0x01, 0x00])],
    ['has text that is not UTF-8', stream([0x01, 0x01, 0x02, 0x02, 0x02, 0x00, 0x01, 0xff, 0x00])],
    ['gives a difference to a name never set', stream(CALL, first(0xe1))],
    ['gives a difference to a str', stream(CALL, first(0x08, 0x00, 0x00), named(0xe1))],
    ['gives a difference to a name that is gone', stream(CALL, first(0x61), GONE, named(0xe1))],
    ['gives a difference to a name of another table', stream(CALL, first(0x61), global(0xe1))],
    ['gives a difference to an int too large', stream(CALL, first(0x05, ...BEYOND), named(0xdf))],
    ['has a difference that overflows', stream(CALL, first(0x05, ...MOST), named(0xe1))],
    ['has a difference that underflows', stream(CALL, first(0x05, ...LEAST), named(0xdf))],
    ['has a difference without its number', stream(CALL, first(0x61), named(0x0d).slice(0, -1))],
    ['has a difference where no name is', stream(CALL, [0x04, 0x00, 0x00, 0xe1])],
    ['moves an iterator never told of', stream(CALL, OBJECT, iterator(0x20, 0x02))],
    ['moves an iterator and places it', stream(CALL, OBJECT, iterator(0x22, 0x61, 0x02))],
    [
      'moves an iterator too far',
      stream(CALL, OBJECT, iterator(0x02, 0x05, ...MOST), iterator(0x20, 0x02)),
    ],
    ['has a count beyond its bytes', stream(CALL, [0x02, 0x02, 0x00, 0xff, 0x7f])],
  ];

  it.each(hostile)('that %s is a wire violation', (_what, bytes) => {
    expect(codeOf(bytes)).toBe('wire-violation');
  });

  it('with one byte changed decodes or is a wire violation, and never anything else', () => {
    const bytes = golden('classes');
    for (let at = 0; at < bytes.length; at += 1) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const changed = Uint8Array.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(['decoded', 'wire-violation']).toContain(codeOf(changed));
      }
    }
  });

  it('cut anywhere decodes or is a wire violation', () => {
    const bytes = golden('generators');
    for (let length = 0; length < bytes.length; length += 1) {
      expect(['decoded', 'wire-violation']).toContain(codeOf(bytes.subarray(0, length)));
    }
  });

  it('cannot reach the prototype of a decoded object', () => {
    const name = [...Buffer.from('__proto__')];
    const set = [0x02, 0x02, 0x00, 0x01, 0x00, name.length, ...name, 0x61, 0x00];
    const trace = decodeTrace(stream(CALL, set));
    expect(trace.eventsJson).toContain('"set":{"__proto__":"1"}');
  });
});
