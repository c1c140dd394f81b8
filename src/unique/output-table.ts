// What a benchmark's function returns for the benchmark's own inputs, and which functions are worth running on them.
import { skeletonTokens } from './skeleton-grams.ts';

export interface OutputRow {
  /** What stands between the parentheses of the call. */
  readonly args: string;
  /** A Python literal. */
  readonly value: string;
}

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

/**
 * Whether equal outputs say that two functions do the same: one of them is neither common, nor short, nor a part of what
 * was given; or there are three different ones.
 */
export function isTelling(table: readonly OutputRow[]): boolean {
  if (new Set(table.map(({ value }) => value)).size >= 3) return true;
  return table.some((row) => row.value.length >= SHORT && !COMMON.has(row.value) && !isEcho(row));
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

/** The share of an item's words that a function has; null where the function is no likely rewriting of it. */
export function likeness(item: Words, words: Words): number | null {
  const [wanted, given] = [sizeOf(item), sizeOf(words)];
  if (given > GROWTH_MAX * Math.max(wanted, 4)) return null;
  let shared = 0;
  for (const [word, count] of item) shared += Math.min(count, words.get(word) ?? 0);
  const share = wanted === 0 ? 1 : shared / wanted;
  return share >= LEAST ? share : null;
}
