// Events of the trace stream (docs/trace-format.md §9.2): each with what it must hold, in the key order of the row.
import type { Granularity } from '../contract/function.ts';
import { EVENT_KINDS } from '../contract/trace.ts';
import type { EventKind, HeapEntry, IteratorState, TraceEvent } from '../contract/trace.ts';
import type { ByteReader } from './byte-reader.ts';
import { LastInts } from './last-ints.ts';
import { record, ValueReader } from './trace-values.ts';
import type { ValueFacts } from './trace-values.ts';

const PLACE = 0x01;
const NAMES = 0x02;
const GLOBALS = 0x04;
const HEAP = 0x08;
const STACK = 0x10;
const ITERS = 0x20;
const OPAQUE = 0x40;
const THREAD = 0x80;

/** The globals among the tables of names, which otherwise have the numbers of frames. */
const GLOBAL_TABLE = 0;

/** A line event whose place in the line is not the first one. */
const TAG_LINE_AT = 0x0a;
const START_MAX = 65_535;

const FORM_DEFINITION = 1;
const FORM_OPERATIONS = 2;
const FORM_BOTH = 3;

type Fields = Record<string, unknown>;

export class EventReader {
  readonly #in: ByteReader;
  readonly #values: ValueReader;
  readonly #granularity: Granularity | null;
  readonly #stacks = new Map<number, readonly unknown[]>();
  /** By table. */
  readonly #ints = new Map<number, LastInts<string>>();
  #frame = 0;
  #depth = 0;
  #line = 0;
  #objects = 0;

  constructor(input: ByteReader, granularity: Granularity | null) {
    this.#in = input;
    this.#values = new ValueReader(input);
    this.#granularity = granularity;
  }

  get facts(): ValueFacts {
    return this.#values.facts;
  }

  /** The event that starts with this tag, without its output. */
  read(tag: number): TraceEvent {
    const kind = tag === TAG_LINE_AT ? 'line' : EVENT_KINDS[tag - 1];
    if (kind === undefined || !this.#isAllowed(kind)) {
      throw this.#in.fail('an event of a kind that this granularity has not');
    }
    const flags = this.#in.u8();
    if ((flags & PLACE) !== 0) {
      this.#frame = this.#in.step(this.#frame);
      this.#depth = this.#in.step(this.#depth);
    }
    this.#line = this.#in.step(this.#line);
    if (this.#frame < 1 || this.#depth < 1) throw this.#in.fail('an event without a frame');
    const thread = (flags & THREAD) === 0 ? 1 : this.#in.uint();
    if ((flags & THREAD) !== 0 && thread < 2) throw this.#in.fail('a thread of a wrong number');
    const event: Fields = { kind, frame: this.#frame, depth: this.#depth, line: this.#line };
    if (tag === TAG_LINE_AT) event['start'] = this.#start();
    this.#specific(kind, event);
    this.#sections(flags, event);
    if (this.facts.numberMax > this.#objects) throw this.#in.fail('an object is not defined');
    if (thread !== 1) event['thread'] = thread;
    return event as unknown as TraceEvent;
  }

  #start(): number {
    const start = this.#in.uint();
    if (start >= 1 && start <= START_MAX) return start;
    throw this.#in.fail('a line at a wrong place');
  }

  #isAllowed(kind: EventKind): boolean {
    if (kind === 'line') return this.#granularity !== 'call';
    return kind !== 'instruction' || this.#granularity === 'instruction';
  }

  #specific(kind: EventKind, event: Fields): void {
    if (kind === 'call') {
      event['name'] = this.#in.text();
      const caller = this.#in.uint();
      if (caller !== 0) event['caller'] = caller;
    } else if (kind === 'instruction') {
      event['op'] = this.#in.text();
      if (this.#in.bool()) event['arg'] = this.#in.text();
    } else if (kind === 'resume') {
      if (this.#in.bool()) event['name'] = this.#in.text();
    } else if (kind !== 'line') {
      event['value'] = this.#values.value();
    }
  }

  #sections(flags: number, event: Fields): void {
    if ((flags & NAMES) !== 0) this.#names(event, this.#frame);
    if ((flags & GLOBALS) !== 0) this.#names(event, GLOBAL_TABLE);
    if ((flags & HEAP) !== 0) event['heap'] = this.#heap();
    if ((flags & STACK) !== 0) event['stack'] = this.#stack();
    if ((flags & ITERS) !== 0) event['iters'] = this.#iterators();
    if ((flags & OPAQUE) !== 0) event['opaque'] = this.#in.texts();
  }

  #names(event: Fields, table: number): void {
    const [setKey, unsetKey] =
      table === GLOBAL_TABLE ? ['globals', 'unsetGlobals'] : ['set', 'unset'];
    const last = this.#ints.get(table) ?? new LastInts(this.#in);
    this.#ints.set(table, last);
    const set = this.#values.named(last);
    const unset = this.#in.texts();
    for (const name of unset) last.forget(name);
    if (Object.keys(set).length > 0) event[setKey] = set;
    if (unset.length > 0) event[unsetKey] = unset;
  }

  #heap(): Record<string, HeapEntry> {
    const heap = record<HeapEntry>();
    const count = this.#in.count();
    let number = 0;
    for (let index = 0; index < count; index += 1) {
      const step = this.#in.uint();
      if (step === 0) throw this.#in.fail('objects are out of order');
      number += step;
      heap[String(number)] = this.#heapEntry(number);
    }
    return heap;
  }

  #heapEntry(number: number): HeapEntry {
    const form = this.#in.u8();
    if (form === FORM_OPERATIONS) {
      if (number > this.#objects) throw this.#in.fail('an unknown object changes');
      return this.#values.operations();
    }
    if (form !== FORM_DEFINITION && form !== FORM_BOTH) throw this.#in.fail('an unknown form');
    if (number !== this.#objects + 1) throw this.#in.fail('a new object of a wrong number');
    this.#objects = number;
    const definition = this.#values.definition();
    if (form === FORM_DEFINITION) return definition;
    return Object.assign(definition, { ops: this.#values.operations() });
  }

  #stack(): unknown[] {
    const before = this.#stacks.get(this.#frame) ?? [];
    const kept = this.#in.uint();
    if (kept > before.length) throw this.#in.fail('a stack keeps more than it had');
    const stack = [...before.slice(0, kept), ...this.#values.values()];
    this.#stacks.set(this.#frame, stack);
    return stack;
  }

  #iterators(): Record<string, IteratorState> {
    const found = record<IteratorState>();
    const count = this.#in.count();
    let previous = 0;
    for (let index = 0; index < count; index += 1) {
      const number = this.#in.uint();
      if (number <= previous || number > this.#objects) {
        throw this.#in.fail('an iterator of a wrong number');
      }
      previous = number;
      found[`@${String(number)}`] = this.#values.iterator(number);
    }
    return found;
  }
}
