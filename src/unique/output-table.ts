// What a benchmark's function returns for some inputs, and which functions are worth running on them.
import { skeletonTokens } from './skeleton-grams.ts';

export interface OutputRow {
  /** What stands between the parentheses of the call. */
  readonly args: string;
  /** A Python literal. */
  readonly value: string;
}

/** An input with what came of it: null where nothing was returned, or nothing that a literal says. */
export interface TriedRow {
  readonly args: string;
  readonly value: string | null;
}

/** What an item returns, and for which inputs it returns nothing. */
export interface OutputTable {
  readonly rows: readonly OutputRow[];
  readonly silent: readonly string[];
  /** Whether equal rows alone say that two functions do the same; else their words have to say it too. */
  readonly telling: boolean;
}

export const NO_OUTPUTS: OutputTable = { rows: [], silent: [], telling: false };

/** Short texts that unrelated functions often return. */
const SHORT = 4;
const COMMON: ReadonlySet<string> = new Set(['None', 'True', 'False', '[]', '{}', '()', "''"]);

/** Without the prefix of bytes. */
const plain = (text: string): string =>
  text.replace(/^b(?=['"])/, '').replaceAll(/[^\p{L}\p{N}]/gu, '');

/** A part of what was given, but for quotes and brackets. */
function isEcho({ args, value }: OutputRow): boolean {
  return plain(args).includes(plain(value));
}

/** One of the arguments as it was given. */
function isArgument({ args, value }: OutputRow): boolean {
  return `, ${args}, `.includes(`, ${value}, `);
}

/** What came out, but for arguments that come back: these are one answer. */
const answerOf = (row: OutputRow): string => (isArgument(row) ? 'as given' : row.value);

/** How often each answer stands in the table, the most frequent first. */
function frequencies(table: readonly OutputRow[]): readonly number[] {
  const counts = new Map<string, number>();
  for (const row of table) counts.set(answerOf(row), (counts.get(answerOf(row)) ?? 0) + 1);
  return [...counts.values()].sort((a, b) => b - a);
}

/** Two answers by turns: met by chance once in 250 times or less. */
const ANSWERS_MIN = 8;
const SECOND_MIN = 2;

/**
 * Whether equal outputs say that two functions do the same: one of them is neither common, nor short, nor a part of what
 * was given; or there are three different ones, an argument as it was given being one; or eight, of which two occur twice.
 */
export function isTelling(table: readonly OutputRow[]): boolean {
  const often = frequencies(table);
  if (often.length >= 3) return true;
  if (table.length >= ANSWERS_MIN && (often[1] ?? 0) >= SECOND_MIN) return true;
  return table.some((row) => row.value.length >= SHORT && !COMMON.has(row.value) && !isEcho(row));
}

/** Of equal answers to inputs of one source the first ones say something. */
const EQUAL_MAX = 2;
/** Rows by which it is decided whether a table tells anything; the first of them exclude most functions. */
const TELLING_MAX = 16;
/** All rows that a function of the corpus is held to: corners in which two functions differ are met by a few inputs only. */
const ROWS_MAX = 64;
const VALUE_CHARACTERS = 500;

/** A row of each source in turn is better than many of one: inputs of one source are alike. */
function mostTelling(sources: readonly (readonly OutputRow[])[]): readonly OutputRow[] {
  const seen = new Map<string, number>();
  const told = sources.map((rows, source) =>
    rows.filter((row) => {
      const key = `${String(source)} ${answerOf(row)}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
      return (seen.get(key) ?? 0) <= EQUAL_MAX;
    }),
  );
  const longest = Math.max(0, ...told.map(({ length }) => length));
  const byTurns = Array.from({ length: longest }, (_, turn) =>
    told.flatMap((rows) => rows[turn] ?? []),
  );
  return byTurns.flat().slice(0, TELLING_MAX);
}

/** Inputs that the item does not return for: a rewriting seldom does. */
const SILENT_MAX = 8;

/** The rows of several sources, those that say most first, and some inputs without a value. */
export function outputTable(sources: readonly (readonly TriedRow[])[]): OutputTable {
  const returned = sources.map((tried) =>
    tried.flatMap(({ args, value }) => (value === null ? [] : [{ args, value }])),
  );
  const told = mostTelling(returned);
  const known = new Set(told);
  const rest = returned
    .flat()
    .filter((row) => !known.has(row) && row.value.length <= VALUE_CHARACTERS);
  const silent = sources.flat().flatMap(({ args, value }) => (value === null ? [args] : []));
  return {
    rows: [...told, ...rest].slice(0, ROWS_MAX),
    silent: silent.slice(0, SILENT_MAX),
    telling: isTelling(told),
  };
}

/** Tokens that every function has, whatever it does. */
const FRAME: ReadonlySet<string> = new Set([
  ...['$', '(', ')', '[', ']', ':', ',', '.', '=', 'def', 'return', 'for', 'in', 'while', 'if'],
]);

/** How often each word of a skeleton stands in it: attributes, builtins, literals, operators. */
export type Words = ReadonlyMap<string, number>;

export function wordsOf(skeleton: string): Words {
  const words = new Map<string, number>();
  for (const token of skeletonTokens(skeleton)) {
    if (!FRAME.has(token)) words.set(token, (words.get(token) ?? 0) + 1);
  }
  return words;
}

const sizeOf = (words: Words): number => [...words.values()].reduce((sum, count) => sum + count, 0);

/** Rewriting a function keeps most of its words, and adds few. */
const LEAST = 0.5;
const GROWTH_MAX = 4;
/** With so many of its words a function is a rewriting of an item even where what both return says little, or differs in a corner. */
export const SURE_LIKENESS = 0.85;

/** The share of an item's words that a function has; null where the function is no likely rewriting of it. */
export function likeness(item: Words, words: Words): number | null {
  const [wanted, given] = [sizeOf(item), sizeOf(words)];
  if (given > GROWTH_MAX * Math.max(wanted, 4)) return null;
  let shared = 0;
  for (const [word, count] of item) shared += Math.min(count, words.get(word) ?? 0);
  const share = wanted === 0 ? 1 : shared / wanted;
  return share >= LEAST ? share : null;
}
