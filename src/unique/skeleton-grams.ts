// The tokens of a skeleton (tracer/analysis_skeleton.py) in runs of eight, with every name as one: what two functions have
// in common whatever their names are, and however their lines were moved apart.
import { mix32 } from './shingles.ts';

/** Tokens of one run. Eight say something of what a function does; with five, long functions hold most short ones. */
const GRAM_TOKENS = 8;

const TOKEN = /\$\d+|[A-Za-z_]\w*|\d[\w.]*|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S/gsu;
const NAME = '$';
const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

function hashOf(text: string): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  }
  return mix32(hash);
}

/** Every replaced name is `$`. */
export function skeletonTokens(skeleton: string): string[] {
  return Array.from(skeleton.matchAll(TOKEN), ([token]) => (token.startsWith(NAME) ? NAME : token));
}

/** The distinct runs of tokens, as 32-bit hashes; none where there are fewer than eight tokens. */
export function skeletonGrams(skeleton: string): Set<number> {
  const hashes = skeletonTokens(skeleton).map(hashOf);
  const grams = new Set<number>();
  for (let at = 0; at + GRAM_TOKENS <= hashes.length; at += 1) {
    let gram = GRAM_TOKENS;
    for (let next = at; next < at + GRAM_TOKENS; next += 1) {
      gram = Math.imul(((gram << 5) | (gram >>> 27)) ^ (hashes[next] ?? 0), 0x9e3779b1);
    }
    grams.add(mix32(gram));
  }
  return grams;
}
