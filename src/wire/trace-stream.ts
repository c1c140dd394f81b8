// The trace stream, version 3, as a value (docs/trace-format.md §9). The child that wrote it may be hostile: whatever
// no tracer writes is a `wire-violation`, and nothing is built that the bytes at hand do not pay for.
import type { Granularity } from '../contract/function.ts';
import type { DecodedTrace, EndRecord, TraceEvent } from '../contract/trace.ts';
import { ByteReader } from './byte-reader.ts';
import { isEndRecord } from './end-record.ts';
import { EventReader } from './trace-events.ts';
import { TraceText } from './trace-text.ts';

const MAGIC = Uint8Array.of(0x54, 0x4d, 0x54, 0x52, 0x03);
const GRANULARITIES: readonly (Granularity | null)[] = ['call', 'line', 'instruction', null];
const TAG_STDOUT = 0x20;
const TAG_STDERR = 0x21;
const TAG_FAULT = 0x7d;
const TAG_END = 0x7e;
const EVENT_TAG_MAX = 0x0a;
const TRACER_NAME_BYTES_MAX = 64;
const TEXT_CHARS_MAX = 2 ** 28;

export interface DecodeOptions {
  /** JSON characters at which the rest of the events is left out; 2^28 by default. */
  readonly textCharsMax?: number;
}

interface Header {
  readonly granularity: Granularity | null;
  readonly tracer: string;
}

function readHeader(input: ByteReader): Header {
  if (Buffer.compare(input.bytes(MAGIC.length), MAGIC) !== 0) {
    throw input.fail('it does not start as version 3 does');
  }
  const granularity = GRANULARITIES[input.u8()];
  if (granularity === undefined) throw input.fail('an unknown granularity');
  const length = input.uint();
  if (length > TRACER_NAME_BYTES_MAX) throw input.fail('the name of the tracer is too long');
  return { granularity, tracer: input.utf8(length) };
}

function readEnd(input: ByteReader): EndRecord {
  const text = input.utf8(input.uint());
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw input.fail('the end record is not JSON');
  }
  if (!isEndRecord(value)) throw input.fail('the end record has another shape');
  return value;
}

/** Reads one record after another until the end. */
class Stream {
  readonly #in: ByteReader;
  readonly #header: Header;
  readonly #events: EventReader;
  readonly #text: TraceText;
  end: EndRecord | null = null;
  fault: string | null = null;

  constructor(bytes: Uint8Array, textCharsMax: number) {
    this.#in = new ByteReader(bytes);
    this.#header = readHeader(this.#in);
    this.#events = new EventReader(this.#in, this.#header.granularity);
    this.#text = new TraceText(textCharsMax);
  }

  read(): DecodedTrace {
    while (!this.#in.isAtEnd && !this.#text.isCut) this.#record(this.#in.u8());
    const text = this.#text.finish();
    return {
      ...this.#header,
      ...text,
      nCutValues: this.#events.facts.cuts,
      end: this.end,
      fault: this.fault,
    };
  }

  #record(tag: number): void {
    if (this.end !== null || this.fault !== null) {
      throw this.#in.fail('something follows the last record');
    }
    if (tag >= 1 && tag <= EVENT_TAG_MAX) this.#text.event(this.#event(tag));
    else if (tag === TAG_STDOUT || tag === TAG_STDERR) {
      const bytes = this.#in.bytes(this.#in.uint());
      this.#text.output(tag === TAG_STDOUT ? 'stdout' : 'stderr', bytes);
    } else if (tag === TAG_END) this.end = readEnd(this.#in);
    else if (tag === TAG_FAULT) this.fault = this.#in.utf8(this.#in.uint());
    else throw this.#in.fail(`a record of the unknown tag ${String(tag)}`);
  }

  #event(tag: number): TraceEvent {
    if (this.#header.granularity === null) throw this.#in.fail('an event in a stream without');
    return this.#events.read(tag);
  }
}

/**
 * Decodes the committed bytes of one child. A stream without an end record is a valid prefix. Throws AppError
 * `wire-violation` where the bytes are not what a tracer writes.
 */
export function decodeTrace(bytes: Uint8Array, options: DecodeOptions = {}): DecodedTrace {
  return new Stream(bytes, options.textCharsMax ?? TEXT_CHARS_MAX).read();
}
