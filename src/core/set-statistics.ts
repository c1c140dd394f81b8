// What the rows of a table are like, counted so that counts of parts add up to counts of the whole: a card is the same
// however its set was cut.
import type { TraceRow } from '../contract/row.ts';

/** Rows by the power of two of a number: index 0 counts zeros, index k counts 2^(k-1) to 2^k - 1. */
export type Histogram = readonly number[];

export interface SetStatistics {
  readonly rows: number;
  readonly functions: number;
  /** Sums over the rows. */
  readonly events: number;
  readonly lines: number;
  /** UTF-16 units of the column `events`. */
  readonly eventCharacters: number;
  readonly histograms: Readonly<Record<HistogramName, Histogram>>;
  readonly tallies: Readonly<Record<TallyName, Readonly<Record<string, number>>>>;
}

export const HISTOGRAMS = [
  'steps',
  'lines',
  'calls',
  'depth',
  'event characters',
  'source lines',
] as const;
export type HistogramName = (typeof HISTOGRAMS)[number];
export const TALLIES = [
  'outcome',
  'label',
  'kind',
  'input origin',
  'return type',
  'exception type',
  'license',
  'line coverage',
] as const;
export type TallyName = (typeof TALLIES)[number];

/** Names of a program's own are as many as programs: these are counted apart, the others together. */
const TYPES: ReadonlySet<string> = new Set(
  'NoneType bool int float complex str bytes bytearray list tuple set frozenset dict range slice generator function type object'.split(
    ' ',
  ),
);
const EXCEPTIONS: ReadonlySet<string> = new Set(
  (
    'ArithmeticError AssertionError AttributeError EOFError Exception FileNotFoundError FloatingPointError GeneratorExit ' +
    'ImportError IndexError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError ' +
    'NameError NotImplementedError OSError OverflowError PermissionError RecursionError ReferenceError RuntimeError ' +
    'StopAsyncIteration StopIteration SyntaxError SystemExit TypeError UnboundLocalError UnicodeDecodeError ' +
    'UnicodeEncodeError UnicodeError ValueError ZeroDivisionError'
  ).split(' '),
);

const known = (name: string | null, names: ReadonlySet<string>): string | null =>
  name === null ? null : names.has(name) ? name : 'other';

function coverageBand(share: number | null): string {
  if (share === null) return 'not measured';
  if (share >= 1) return '100 %';
  const from = Math.floor(share * 10) * 10;
  return `${String(from)} to ${String(from + 9)} %`;
}

const bucketOf = (value: number): number => (value <= 0 ? 0 : Math.floor(Math.log2(value)) + 1);

type Columns = Pick<
  TraceRow,
  | ('function_id' | 'events' | 'source' | 'n_events' | 'n_lines' | 'n_calls' | 'depth_max')
  | ('outcome' | 'labels' | 'kind' | 'input_origin' | 'return_type' | 'exception_type')
  | ('license' | 'line_coverage')
>;

/** Of a table or of some of its files; rows of one function come one after another. */
export class StatisticsCount {
  #rows = 0;
  #functions = 0;
  #functionId = '';
  #events = 0;
  #lines = 0;
  #eventCharacters = 0;
  readonly #histograms = new Map<HistogramName, number[]>();
  readonly #tallies = new Map<TallyName, Map<string, number>>();

  add(row: Columns): void {
    this.#rows += 1;
    if (row.function_id !== this.#functionId) this.#functions += 1;
    this.#functionId = row.function_id;
    this.#events += row.n_events;
    this.#lines += row.n_lines;
    this.#eventCharacters += row.events.length;
    this.#measure('steps', row.n_events);
    this.#measure('lines', row.n_lines);
    this.#measure('calls', row.n_calls);
    this.#measure('depth', row.depth_max);
    this.#measure('event characters', row.events.length);
    this.#measure('source lines', row.source.split('\n').length - 1);
    this.#count('outcome', row.outcome);
    for (const label of row.labels) this.#count('label', label);
    this.#count('kind', row.kind);
    this.#count('input origin', row.input_origin);
    this.#count('return type', known(row.return_type, TYPES));
    this.#count('exception type', known(row.exception_type, EXCEPTIONS));
    this.#count('license', row.license ?? 'none found');
    this.#count('line coverage', coverageBand(row.line_coverage));
  }

  finish(): SetStatistics {
    const histograms = HISTOGRAMS.map((name) => [
      name,
      Array.from(this.#histograms.get(name) ?? [], (rows: number | undefined) => rows ?? 0),
    ]);
    const tallies = TALLIES.map((name) => [name, sorted(this.#tallies.get(name) ?? new Map())]);
    return {
      rows: this.#rows,
      functions: this.#functions,
      events: this.#events,
      lines: this.#lines,
      eventCharacters: this.#eventCharacters,
      histograms: Object.fromEntries(histograms) as SetStatistics['histograms'],
      tallies: Object.fromEntries(tallies) as SetStatistics['tallies'],
    };
  }

  #measure(name: HistogramName, value: number): void {
    const buckets = this.#histograms.get(name) ?? [];
    this.#histograms.set(name, buckets);
    const bucket = bucketOf(value);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }

  #count(name: TallyName, value: string | null): void {
    if (value === null) return;
    const tally = this.#tallies.get(name) ?? new Map<string, number>();
    this.#tallies.set(name, tally);
    tally.set(value, (tally.get(value) ?? 0) + 1);
  }
}

function sorted(tally: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...tally].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function addHistograms(a: Histogram, b: Histogram): Histogram {
  const length = Math.max(a.length, b.length);
  return Array.from({ length }, (_, bucket) => (a[bucket] ?? 0) + (b[bucket] ?? 0));
}

function addTallies(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum = new Map(Object.entries(a));
  for (const [name, rows] of Object.entries(b)) sum.set(name, (sum.get(name) ?? 0) + rows);
  return sorted(sum);
}

/** Of parts that share no function; none at all is a table without rows. */
export function mergeStatistics(parts: readonly SetStatistics[]): SetStatistics {
  return parts.reduce(
    (a, b) => ({
      rows: a.rows + b.rows,
      functions: a.functions + b.functions,
      events: a.events + b.events,
      lines: a.lines + b.lines,
      eventCharacters: a.eventCharacters + b.eventCharacters,
      histograms: mapOf(HISTOGRAMS, (name) =>
        addHistograms(a.histograms[name], b.histograms[name]),
      ),
      tallies: mapOf(TALLIES, (name) => addTallies(a.tallies[name], b.tallies[name])),
    }),
    new StatisticsCount().finish(),
  );
}

function mapOf<Name extends string, Value>(
  names: readonly Name[],
  make: (name: Name) => Value,
): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, Value>;
}
