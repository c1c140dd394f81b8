// Reads the exact Python literals that stand in events: None, True, False, ..., numbers, str, bytes, and tuples of these.

export type Literal =
  | { readonly kind: 'none' | 'ellipsis' }
  | { readonly kind: 'bool'; readonly value: boolean }
  /** Decimal or hexadecimal text as it stands. */
  | { readonly kind: 'int' | 'float' | 'complex' | 'bytes'; readonly text: string }
  | { readonly kind: 'str'; readonly value: string }
  | { readonly kind: 'tuple'; readonly items: readonly Literal[] };

const WORDS: Readonly<Partial<Record<string, Literal>>> = {
  None: { kind: 'none' },
  '...': { kind: 'ellipsis' },
  True: { kind: 'bool', value: true },
  False: { kind: 'bool', value: false },
};

/** Null where the text is none. */
export function parseLiteral(text: string): Literal | null {
  const reader = new Reader(text);
  const literal = reader.value();
  return literal !== null && reader.isAtEnd() ? literal : null;
}

/** Length of the literal that begins at a place of a text; 0 where none does. */
export function literalLength(text: string, start: number): number {
  const reader = new Reader(text, start);
  return reader.value() === null ? 0 : reader.at - start;
}

const SIMPLE_ESCAPES: Readonly<Partial<Record<string, string>>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  n: '\n',
  r: '\r',
  t: '\t',
};
const HEX_DIGITS: Readonly<Partial<Record<string, number>>> = { x: 2, u: 4, U: 8 };
/** A hexadecimal one may have taken digits that follow it. */
const ESCAPE = /\\(?:[\\'"nrt]|[xuU][0-9a-f]{2,8})/g;
const QUOTED = /(b?)(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/sy;
/** Also the forms that CPython gives no literal for: `float('nan')`, `-float('inf')`, `complex(…)`. */
const COMPLEX =
  /complex\([^()]*(?:\([^()]*\))?[^()]*(?:\([^()]*\))?\)|\([^()]*j\)|-?[\d.]+(?:e[+-]?\d+)?j/y;
const FLOAT = /-?float\('(?:nan|inf)'\)|-?\d+(?:\.\d+(?:e[+-]?\d+)?|e[+-]?\d+)/y;
const INT = /-?(?:0x[0-9a-f]+|\d+)/y;
const WORD = /None|True|False|\.\.\./y;

class Reader {
  readonly #text: string;
  #at: number;

  constructor(text: string, start = 0) {
    this.#text = text;
    this.#at = start;
  }

  get at(): number {
    return this.#at;
  }

  isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  value(): Literal | null {
    const word = this.#match(WORD);
    if (word !== null) return WORDS[word[0]] ?? null;
    const quoted = this.#match(QUOTED);
    if (quoted !== null) return quotedLiteral(quoted);
    for (const [kind, pattern] of [
      ['complex', COMPLEX],
      ['float', FLOAT],
      ['int', INT],
    ] as const) {
      const found = this.#match(pattern);
      if (found !== null) return { kind, text: found[0] };
    }
    return this.#tuple();
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  #tuple(): Literal | null {
    if (this.#match(/\(/y) === null) return null;
    const items: Literal[] = [];
    while (this.#match(/\)/y) === null) {
      const item = this.value();
      if (item === null) return null;
      items.push(item);
      if (this.#match(/, |,(?=\))|(?=\))/y) === null) return null;
    }
    return { kind: 'tuple', items };
  }
}

function quotedLiteral([text, prefix, single, double]: RegExpExecArray): Literal {
  if (prefix === 'b') return { kind: 'bytes', text };
  const value = (single ?? double ?? '').replace(ESCAPE, (escape) => {
    const form = escape.slice(1, 2);
    const length = HEX_DIGITS[form];
    if (length === undefined) return SIMPLE_ESCAPES[form] ?? escape;
    const end = 2 + length;
    return String.fromCodePoint(Number.parseInt(escape.slice(2, end), 16)) + escape.slice(end);
  });
  return { kind: 'str', value };
}
