// Reads JSON from left to right and gives its parts as they stand, so that no number loses digits and no key its place. A
// method answers null where what it looks for is not there.

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-f]{4}))*"/y;
/** As Python's `json.dumps` writes them: `NaN` and `Infinity` too. */
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity/y;
/** Values that models make may be nested without end. */
const DEPTH_MAX = 200;

export type JsonEntry = readonly [name: string, value: string];

export class JsonScan {
  readonly #text: string;
  #at: number;

  constructor(text: string, at = 0) {
    this.#text = text;
    this.#at = at;
  }

  get rest(): string {
    return this.#text.slice(this.#at);
  }

  isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** What stands before `end`, which is taken too. */
  until(end: string): string | null {
    const at = this.#text.indexOf(end, this.#at);
    if (at < 0) return null;
    const found = this.#text.slice(this.#at, at);
    this.#at = at + end.length;
    return found;
  }

  match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return null;
    this.#at += found[0].length;
    return found[0];
  }

  /** The text of a JSON string. */
  string(): string | null {
    const found = this.match(STRING);
    return found === null ? null : (JSON.parse(found) as string);
  }

  /** Any value, as it stands. */
  value(depth = 0): string | null {
    const start = this.#at;
    if (!this.#value(depth)) return null;
    return this.#text.slice(start, this.#at);
  }

  /** The members of an object, in their order. */
  entries(depth = 0): JsonEntry[] | null {
    if (!this.take('{')) return null;
    const entries: JsonEntry[] = [];
    while (!this.take('}')) {
      if (entries.length > 0 && !this.take(', ')) return null;
      const name = this.string();
      const value = name !== null && this.take(': ') ? this.value(depth + 1) : null;
      if (name === null || value === null) return null;
      entries.push([name, value]);
    }
    return entries;
  }

  #value(depth: number): boolean {
    if (depth > DEPTH_MAX) return false;
    if (this.match(STRING) !== null || this.match(SCALAR) !== null) return true;
    if (this.#text.startsWith('{', this.#at)) return this.entries(depth) !== null;
    if (!this.take('[')) return false;
    for (let first = true; !this.take(']'); first = false) {
      if (!first && !this.take(', ')) return false;
      if (!this.#value(depth + 1)) return false;
    }
    return true;
  }
}
