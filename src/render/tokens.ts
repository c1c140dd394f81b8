// How many tokens a text has, as near as that can be said without the tokenizer of a model: the same text has the same
// count everywhere. docs/text-formats.md, "Tokens", has the rule and how far it lies from real tokenizers.

/** Pieces as the tokenizers of today's models cut a text before they merge bytes. */
const PIECES =
  /<\|[a-z_]+\|>|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+/gu;

/** Letters that one token holds: words of programs are longer than those of prose, and their parts are common. */
const LETTERS = 6;
/** Signs that one token holds. */
const SIGNS = 3;

const WORD = /\p{L}/u;
const ASCII = /^[\0-\x7f]*$/;

function tokensOf(piece: string): number {
  if (piece.startsWith('<|')) return 1;
  if (!ASCII.test(piece)) return Math.ceil(Buffer.byteLength(piece, 'utf8') / 2);
  if (WORD.test(piece)) return Math.ceil(piece.length / LETTERS);
  if (piece.trim() === '') return 1;
  return Math.ceil(piece.trim().length / SIGNS);
}

/** Counts of parts that end with a line feed add up to that of the whole. */
export function countTokens(text: string): number {
  let count = 0;
  for (const [piece] of text.matchAll(PIECES)) count += tokensOf(piece);
  return count;
}
