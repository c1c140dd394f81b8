// Reads the primitives of the trace stream (docs/trace-format.md §9) from bytes of a hostile peer: every length is
// checked against what is there before anything is built from it.
import { AppError } from '../errors.ts';

const TABLE_TEXT_BYTES_MAX = 48;
const TABLE_TEXTS_MAX = 65_536;
/** Counts, numbers and lines stay below this. */
const COUNT_MAX = 2 ** 31;
const VARINT_BYTES_MAX = 10;

/** The error of every reader: the stream says what no tracer writes. */
export function violation(what: string, at: number): AppError {
  return new AppError('wire-violation', `trace stream: ${what} at byte ${String(at)}`, {
    context: { offset: at },
  });
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #table: string[] = [];
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  fail(what: string): AppError {
    return violation(what, this.#at);
  }

  u8(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw this.fail('a record is cut short');
    this.#at += 1;
    return byte;
  }

  bytes(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw this.fail('a record is cut short');
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  /** Unsigned LEB128 in its shortest form, up to 64 bits. */
  big(): bigint {
    let value = 0n;
    for (let index = 0; index < VARINT_BYTES_MAX; index += 1) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) {
        if (byte === 0 && index > 0) throw this.fail('a number is longer than it must be');
        if (value >= 1n << 64n) throw this.fail('a number is out of range');
        return value;
      }
    }
    throw this.fail('a number does not end');
  }

  /** A number below 2^31. */
  uint(): number {
    let value = 0;
    for (let scale = 1; scale < COUNT_MAX; scale *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (byte === 0 && scale > 1) throw this.fail('a number is longer than it must be');
        if (value >= COUNT_MAX) break;
        return value;
      }
    }
    throw this.fail('a number is out of range');
  }

  /** Of things that take at least one byte each: more than there are bytes cannot be meant. */
  count(): number {
    const value = this.uint();
    if (value > this.#bytes.length - this.#at) throw this.fail('a count is out of range');
    return value;
  }

  sbig(): bigint {
    const raw = this.big();
    return (raw & 1n) === 0n ? raw >> 1n : -((raw + 1n) >> 1n);
  }

  /** A signed number of up to 64 bits, as a number where it is a safe one. */
  signed(): number | bigint {
    const value = this.sbig();
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  /** A signed step that leads from `from` to a number from 0 to 2^31. */
  step(from: number): number {
    let raw = 0;
    for (let scale = 1; scale <= COUNT_MAX; scale *= 128) {
      const byte = this.u8();
      raw += (byte & 0x7f) * scale;
      if (byte >= 0x80) continue;
      if (byte === 0 && scale > 1) throw this.fail('a number is longer than it must be');
      const to = from + (raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2);
      if (to < 0 || to >= COUNT_MAX) break;
      return to;
    }
    throw this.fail('a number is out of range');
  }

  float(): number {
    const at = this.#at;
    this.bytes(8);
    return this.#view.getFloat64(at, true);
  }

  /** Eight bytes, least significant first, as 16 hexadecimal digits. */
  word(): string {
    const at = this.#at;
    this.bytes(8);
    return this.#view.getBigUint64(at, true).toString(16).padStart(16, '0');
  }

  utf8(length: number): string {
    const part = this.bytes(length);
    try {
      return this.#utf8.decode(part);
    } catch {
      throw this.fail('a text is not UTF-8');
    }
  }

  /** A text of the table, or one spelled out. */
  text(): string {
    const index = this.uint();
    if (index > 0) {
      const known = this.#table[index - 1];
      if (known === undefined) throw this.fail('a text is not in the table');
      return known;
    }
    const length = this.uint();
    const text = this.utf8(length);
    if (length > 0 && length <= TABLE_TEXT_BYTES_MAX && this.#table.length < TABLE_TEXTS_MAX) {
      this.#table.push(text);
    }
    return text;
  }

  texts(): string[] {
    return Array.from({ length: this.count() }, () => this.text());
  }

  bool(): boolean {
    const byte = this.u8();
    if (byte > 1) throw this.fail('a yes or no is neither');
    return byte === 1;
  }
}
