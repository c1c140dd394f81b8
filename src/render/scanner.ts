// Reads one line of a dynamic state from left to right. A method that finds what it looks for takes it; else it answers null
// (or false) and stays where it is.
import type { StateValue } from './dynamic-state.ts';
import { literalLength } from './python-literal.ts';

const WORD = /[^\s"=,(){}[\]@]+/y;
const JSON_TEXT = /"(?:[^"\\]|\\.)*"/y;
const DIGITS = /-?\d+/y;
const REFERENCE = /@\d+|NULL/y;
/** A cut: a JSON object of texts and numbers. */
const CUT = /\{"type":"(?:[^"\\]|\\.)*"(?:,"[a-z0-9]+":(?:"(?:[^"\\]|\\.)*"|\d+))+\}/y;

export class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** A word, or a JSON string that stands for one. */
  word(): string | null {
    return this.#match(WORD) ?? this.json();
  }

  json(): string | null {
    const text = this.#match(JSON_TEXT);
    if (text === null) return null;
    try {
      return JSON.parse(text) as string;
    } catch {
      return null;
    }
  }

  digits(): string | null {
    return this.#match(DIGITS);
  }

  integer(): number | null {
    const text = this.digits();
    const number = Number(text ?? 'none');
    return Number.isSafeInteger(number) ? number : null;
  }

  value(): StateValue | null {
    const known = this.#match(REFERENCE) ?? this.#match(CUT);
    if (known !== null) return known;
    const length = literalLength(this.#text, this.#at);
    if (length === 0) return null;
    this.#at += length;
    return this.#text.slice(this.#at - length, this.#at);
  }

  list(): StateValue[] | null {
    return this.#between('[', ']', () => this.value());
  }

  pairs(): [StateValue, StateValue][] | null {
    return this.#between('{', '}', () => this.#pair(this.value(), ': '));
  }

  fields(): [string, StateValue][] | null {
    return this.#between('(', ')', () => this.#pair(this.word(), '='));
  }

  #pair(first: string | null, between: string): [string, StateValue] | null {
    const second = first !== null && this.take(between) ? this.value() : null;
    return first === null || second === null ? null : [first, second];
  }

  #between<Item>(open: string, close: string, read: () => Item | null): Item[] | null {
    if (!this.take(open)) return null;
    const items: Item[] = [];
    while (!this.take(close)) {
      if (items.length > 0 && !this.take(', ')) return null;
      const item = read();
      if (item === null) return null;
      items.push(item);
    }
    return items;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return null;
    this.#at += found[0].length;
    return found[0];
  }
}
