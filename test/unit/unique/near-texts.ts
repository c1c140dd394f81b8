// Texts whose similarity is known roughly: random words, and variants in which some words are replaced.
import { mix32 } from '../../../src/unique/shingles.ts';

const draw = (seed: number, at: number): number => mix32(Math.imul(seed + 1, 7919) + at) >>> 0;

export function randomWords(count: number, seed: number): string[] {
  return Array.from({ length: count }, (_, at) => `w${String(draw(seed, at) % 5000)}`);
}

/** Replaces so many words by others; each costs at most five shingles. */
export function variantOf(words: readonly string[], changes: number, seed: number): string[] {
  const varied = [...words];
  for (let change = 0; change < changes; change += 1) {
    varied[draw(seed, 1000 + change) % words.length] = `x${String(draw(seed, 2000 + change))}`;
  }
  return varied;
}
