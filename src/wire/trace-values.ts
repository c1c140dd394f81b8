// Values, definitions and operations of the trace stream (docs/trace-format.md §9.3, §9.4) as they stand in `events`.
import type {
  CutValue,
  DepthCut,
  HeapDefinition,
  HeapOperation,
  IteratorState,
  TraceValue,
} from '../contract/trace.ts';
import { pythonFloat, tupleText } from './python-literal.ts';
import type { ByteReader } from './byte-reader.ts';
import { LastInts } from './last-ints.ts';

const CUT_TYPES = ['str', 'bytes', 'int'] as const;
const STATES = ['created', 'suspended', 'running', 'done'] as const;
const LINKS: ReadonlySet<string> = new Set([
  'self',
  'func',
  'over',
  'cause',
  'context',
  'maxlen',
  'default_factory',
  'start',
  'stop',
  'step',
]);
const TAG_INT = 0x05;
const TAG_DIFFERENCE = 0x0d;
const SMALL_INT_MIN = 0x40;
const SMALL_DIFFERENCE_MIN = 0xc0;
const SMALL_DIFFERENCE_ZERO = 0xe0;
const TUPLE_LEAVES_MAX = 32;
const TUPLE_DEPTH_MAX = 4;

/** What is learnt while values are read: numbers that are referred to, and how much was cut. */
export interface ValueFacts {
  numberMax: number;
  cuts: number;
}

/** An object whose keys come from the program: no prototype, so that no key means anything. */
export function record<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

/** A JSON number where it holds the int exactly. */
function safeOrText(value: string): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export class ValueReader {
  readonly #in: ByteReader;
  readonly #positions: LastInts<number>;
  readonly facts: ValueFacts = { numberMax: 0, cuts: 0 };

  constructor(reader: ByteReader) {
    this.#in = reader;
    this.#positions = new LastInts(reader);
  }

  value(tag = this.#in.u8()): TraceValue {
    if (tag === 0x09) return this.#reference();
    if (tag === 0x0b) return this.#cut();
    if (tag === 0x0c) return this.#depthCut();
    if (tag === 0x04) return 'NULL';
    return this.#inline(tag, 1, { leaves: 0 });
  }

  values(): TraceValue[] {
    return Array.from({ length: this.#in.count() }, () => this.value());
  }

  #reference(): string {
    const number = this.#in.uint();
    if (number === 0) throw this.#in.fail('an object has the number 0');
    this.facts.numberMax = Math.max(this.facts.numberMax, number);
    return `@${String(number)}`;
  }

  #cut(): CutValue {
    const type = CUT_TYPES[this.#in.u8() - 1];
    if (type === undefined) throw this.#in.fail('a cut of an unknown type');
    this.facts.cuts += 1;
    const head = this.#in.text();
    const len = this.#in.uint();
    return { type, head, len, sha256: Buffer.from(this.#in.bytes(32)).toString('hex') };
  }

  #depthCut(): DepthCut {
    this.facts.cuts += 1;
    return { type: this.#in.text(), cut: 'depth' };
  }

  #inline(tag: number, depth: number, count: { leaves: number }): string {
    if (tag === 0x0a) return this.#tuple(depth, count);
    if (depth > 1 && (count.leaves += 1) > TUPLE_LEAVES_MAX) {
      throw this.#in.fail('an inline tuple is too large');
    }
    if (tag >= 0x40 && tag <= 0xbf) return String(tag - 0x60);
    switch (tag) {
      case 0x00:
        return 'None';
      case 0x01:
        return 'False';
      case 0x02:
        return 'True';
      case 0x03:
        return '...';
      case 0x05:
        return String(this.#in.sbig());
      case 0x06:
      case 0x08:
        return this.#in.text();
      case 0x07:
        return pythonFloat(this.#in.float());
      default:
        throw this.#in.fail(`a value of the unknown tag ${String(tag)}`);
    }
  }

  #tuple(depth: number, count: { leaves: number }): string {
    if (depth > TUPLE_DEPTH_MAX) throw this.#in.fail('an inline tuple is too deep');
    const items = Array.from({ length: this.#in.count() }, () =>
      this.#inline(this.#in.u8(), depth + 1, count),
    );
    return tupleText(items);
  }

  definition(): HeapDefinition {
    const found = record<unknown>();
    found['type'] = this.#in.text();
    const count = this.#in.count();
    let previous = 0;
    for (let index = 0; index < count; index += 1) {
      const tag = this.#in.u8();
      if (tag < previous || (tag === previous && tag !== 0x09)) {
        throw this.#in.fail('parts of a definition are out of order');
      }
      previous = tag;
      this.#part(tag, found);
    }
    return found as unknown as HeapDefinition;
  }

  #part(tag: number, found: Record<string, unknown>): void {
    switch (tag) {
      case 0x01:
        found['name'] = this.#in.text();
        return;
      case 0x02:
        found['repr'] = this.#in.text();
        return;
      case 0x03:
        found['value'] = this.value();
        return;
      case 0x04:
      case 0x05:
        if (found['items'] !== undefined) throw this.#in.fail('an object has items twice');
        found['items'] = this.values();
        return;
      case 0x06:
        found['entries'] = this.pairs();
        return;
      case 0x07:
        this.facts.cuts += 1;
        found['len'] = this.#in.uint();
        found['rest'] = this.#in.word();
        return;
      case 0x08:
        found['names'] = this.#in.texts();
        return;
      case 0x09:
        found[this.#linkName()] = this.value();
        return;
      case 0x0a:
        found['fields'] = this.named();
        return;
      default:
        throw this.#in.fail(`a part of the unknown tag ${String(tag)}`);
    }
  }

  #linkName(): string {
    const name = this.#in.text();
    if (!LINKS.has(name)) throw this.#in.fail('a link of an unknown name');
    return name;
  }

  pairs(): [TraceValue, TraceValue][] {
    return Array.from({ length: this.#in.count() }, () => [this.value(), this.value()]);
  }

  /** Names and values, in the order of the stream. With `last`, ints may stand as differences. */
  named(last: LastInts<string> | null = null): Record<string, TraceValue> {
    const found = record<TraceValue>();
    const count = this.#in.count();
    for (let index = 0; index < count; index += 1) {
      const name = this.#in.text();
      found[name] = last === null ? this.value() : this.#changed(name, last);
    }
    return found;
  }

  #changed(name: string, last: LastInts<string>): TraceValue {
    const tag = this.#in.u8();
    if (tag >= SMALL_DIFFERENCE_MIN) return last.moved(name, tag - SMALL_DIFFERENCE_ZERO);
    if (tag === TAG_DIFFERENCE) return last.moved(name, this.#in.signed());
    const value = this.value(tag);
    if (typeof value === 'string' && (tag === TAG_INT || tag >= SMALL_INT_MIN)) {
      last.take(name, value);
    } else last.forget(name);
    return value;
  }

  operations(): HeapOperation[] {
    const count = this.#in.count();
    if (count === 0) throw this.#in.fail('an object has no operations');
    return Array.from({ length: count }, () => this.#operation());
  }

  #operation(): HeapOperation {
    const code = this.#in.u8();
    const index = (): string => String(this.#in.uint());
    switch (code) {
      case 0x01:
        return ['append', this.value()];
      case 0x02:
        return ['setitem', index(), this.value()];
      case 0x03:
        return ['splice', index(), index(), ...this.values()];
      case 0x04:
        return ['delitem', this.value()];
      case 0x05:
        return ['setitem', this.value(), this.value()];
      case 0x06:
        return ['clear'];
      case 0x07:
        return ['replace', ...this.pairs().flat()];
      default:
        return this.#otherOperation(code);
    }
  }

  #otherOperation(code: number): HeapOperation {
    switch (code) {
      case 0x08:
        return ['discard', this.value()];
      case 0x09:
        return ['add', this.value()];
      case 0x0a:
        return ['delattr', this.#in.text()];
      case 0x0b:
        return ['setattr', this.#in.text(), this.value()];
      case 0x0c:
        return ['value', this.value()];
      case 0x0d:
        return ['rest', String(this.#in.uint()), this.#in.bool() ? this.#in.word() : ''];
      case 0x0e:
        return ['class', this.#in.text()];
      case 0x0f:
        return ['link', this.#linkName(), this.value()];
      default:
        throw this.#in.fail(`an operation of the unknown code ${String(code)}`);
    }
  }

  iterator(number: number): IteratorState {
    const flags = this.#in.u8();
    if (flags === 0 || flags > 0x3f || (flags & 0x22) === 0x22) {
      throw this.#in.fail('an iterator with unknown flags');
    }
    return {
      ...((flags & 0x01) === 0 ? {} : { over: this.value() }),
      ...((flags & 0x02) === 0 ? {} : { at: this.#position(number) }),
      ...((flags & 0x20) === 0 ? {} : { at: this.#movedPosition(number) }),
      ...((flags & 0x04) === 0 ? {} : { left: this.values() }),
      ...((flags & 0x08) === 0 ? {} : { state: this.#state() }),
      ...((flags & 0x10) === 0 ? {} : { line: this.#in.uint() }),
    };
  }

  #state(): (typeof STATES)[number] {
    const state = STATES[this.#in.u8()];
    if (state === undefined) throw this.#in.fail('an iterator in an unknown state');
    return state;
  }

  #position(iterator: number): number | string {
    const value = this.value();
    if (typeof value !== 'string' || !/^-?(\d+|0x[0-9a-f]+)$/.test(value)) {
      throw this.#in.fail('a position is no int');
    }
    if (value.includes('x')) {
      this.#positions.forget(iterator);
      return value;
    }
    this.#positions.take(iterator, value);
    return safeOrText(value);
  }

  #movedPosition(iterator: number): number | string {
    return safeOrText(this.#positions.moved(iterator, this.#in.signed()));
  }
}
