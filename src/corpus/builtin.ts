// Kind builtin: small corpora that this program brings along. `long` is the three programs with long executions on which
// models are asked how far they can follow (arXiv 2503.05703, table 4).
import type { GivenInput } from '../schema/corpus-record.ts';
import { unreadable } from './failure.ts';
import { jsonl } from './jsonl.ts';
import type { CorpusReader } from './port.ts';
import { Spool } from './spool.ts';

interface LongProgram {
  readonly entry: string;
  readonly source: string;
  readonly arguments: readonly number[];
}

/**
 * Four from 1 to 20 and five from 20 to 4,000, as there; 3038 is the one that is named there, and the largest whose
 * binary counter stays within 20,000 events.
 */
const NUMBERS = [3, 7, 12, 18, 97, 871, 1618, 2463, 3038];
/** Five for Fibonacci. */
const INDEXES = [7, 18, 97, 871, 3038];

/** Plain: its trace for 3038 has 619 line events. */
const COLLATZ = `def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps
`;
const BINARY_COUNTER = `def binary_counter(n):
    bits = [0] * 12
    for _ in range(n):
        i = 0
        while bits[i] == 1:
            bits[i], i = 0, i + 1
        bits[i] = 1
    return bits
`;
const FIBONACCI = `def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
`;

const LONG: readonly LongProgram[] = [
  { entry: 'collatz', source: COLLATZ, arguments: NUMBERS },
  { entry: 'binary_counter', source: BINARY_COUNTER, arguments: NUMBERS },
  { entry: 'fibonacci', source: FIBONACCI, arguments: INDEXES },
];

const inputOf = (entry: string, value: number): GivenInput => ({
  setup: '',
  call: `${entry}(${String(value)})`,
  stdin: '',
});

export const builtin: CorpusReader = {
  ...jsonl,
  openLocal: async (place, tools) => {
    if (place.glob !== 'long')
      throw unreadable(place.shown, 'is no corpus of kind builtin; write long');
    const spool = await Spool.create(tools.spool, place.shown);
    for (const { entry, source, arguments: values } of LONG) {
      const inputs = values.map((value) => inputOf(entry, value));
      const path = `long/${entry}.py`;
      await spool.append({
        source,
        entry,
        inputs,
        path,
        license: 'Apache-2.0',
        license_source: 'repository',
      });
    }
    return [await spool.finish('builtin', 'long')];
  },
};
