// Lines of a corpus object. Every corpus object is JSON Lines: a record is a line that is not blank, its index is the
// line's, and ranges begin and end between lines.
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { CorpusRange, PlanSource } from '../contract/plan.ts';
import { corpusKey } from '../core/keys.ts';
import { AppError } from '../errors.ts';
import type { CorpusReader, RangeReader } from './port.ts';

/** A longer line is no record: eight times the largest source that a spec may allow, which JSON may escape sixfold. */
export const LINE_BYTES_MAX = 8 * 1024 * 1024;
/** Bytes of a batch at most, so that a worker holds a few of them: four lines of the largest size. */
export const BATCH_BYTES_MAX = 4 * LINE_BYTES_MAX;
/** One request to the store; large enough that a corpus of 1 GiB takes 256 of them. */
const PIECE_BYTES = 4 * 1024 * 1024;

const LF = 0x0a;
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d, LF]);

export interface Line {
  /** From 0. */
  readonly index: number;
  /** Position in what was scanned; `toByte` is after the line feed. */
  readonly fromByte: number;
  readonly toByte: number;
  /** Without the line feed; null where the line is longer than LINE_BYTES_MAX. */
  readonly bytes: Uint8Array | null;
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => BLANKS.has(byte));
}

/** Splits pieces into lines, holding one line and one piece at most. Blank lines count but are not given. */
export class LineScanner {
  #index = 0;
  #from = 0;
  #seen = 0;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #isLong = false;

  *feed(piece: Uint8Array): Generator<Line> {
    let start = 0;
    for (let end = piece.indexOf(LF); end !== -1; end = piece.indexOf(LF, start)) {
      this.#hold(piece.subarray(start, end));
      this.#seen += end + 1 - start;
      start = end + 1;
      yield* this.#take();
    }
    this.#hold(piece.subarray(start));
    this.#seen += piece.length - start;
  }

  /** The last line, where no line feed ends it. */
  *end(): Generator<Line> {
    if (this.#seen > this.#from) yield* this.#take();
  }

  #hold(bytes: Uint8Array): void {
    if (this.#isLong || this.#heldBytes + bytes.length > LINE_BYTES_MAX) {
      this.#isLong = true;
      this.#held = [];
    } else if (bytes.length > 0) {
      this.#held.push(bytes);
      this.#heldBytes += bytes.length;
    }
  }

  *#take(): Generator<Line> {
    const [first] = this.#held;
    const whole =
      this.#held.length === 1 && first !== undefined ? first : Buffer.concat(this.#held);
    const bytes = this.#isLong ? null : whole;
    const line = { index: this.#index, fromByte: this.#from, toByte: this.#seen, bytes };
    this.#index += 1;
    this.#from = this.#seen;
    this.#held = [];
    this.#heldBytes = 0;
    this.#isLong = false;
    if (bytes === null || !isBlank(bytes)) yield line;
  }
}

/** The lines of a range that is in memory; `firstRecord` is the index of its first line. */
export function* linesOf(range: Uint8Array, firstRecord: number): Generator<Line> {
  const scanner = new LineScanner();
  for (const line of [...scanner.feed(range), ...scanner.end()]) {
    yield { ...line, index: line.index + firstRecord };
  }
}

/** A line that is too long is known by its place alone: nobody reads the rest of it. */
function hashLine(hash: Hash, { index, bytes }: Line): void {
  hash.update(`${String(index)} ${bytes === null ? 'long' : String(bytes.length)}\n`);
  if (bytes !== null) hash.update(bytes);
}

/** What `CorpusRange.digest` says of a range that is in memory. */
export function digestOfRange(range: Uint8Array, firstRecord: number): string {
  const hash = createHash('sha256');
  for (const line of linesOf(range, firstRecord)) hashLine(hash, line);
  return hash.digest('hex');
}

/** Gathers lines to ranges of about `batchSize` functions. */
class Cutter {
  readonly ranges: CorpusRange[] = [];
  #hash = createHash('sha256');
  readonly #batchSize: number;
  readonly #weigh: CorpusReader['weigh'];
  #open: Omit<CorpusRange, 'digest'> | null = null;
  #weight = 0;

  constructor(batchSize: number, weigh: CorpusReader['weigh']) {
    this.#batchSize = batchSize;
    this.#weigh = weigh;
  }

  add(line: Line): void {
    const weight = line.bytes === null ? 1 : this.#weigh(line.bytes);
    // What does not fit into memory is not read: one byte more than allowed shows that the line is too long.
    const toByte = line.bytes === null ? line.fromByte + LINE_BYTES_MAX + 1 : line.toByte;
    const open = this.#open;
    const isFull =
      open !== null &&
      (this.#weight + weight > this.#batchSize || toByte - open.fromByte > BATCH_BYTES_MAX);
    if (isFull) this.close();
    const { fromByte, firstRecord, records } = this.#open ?? {
      fromByte: line.fromByte,
      firstRecord: line.index,
      records: 0,
    };
    this.#open = { fromByte, toByte, firstRecord, records: records + 1 };
    this.#weight += weight;
    hashLine(this.#hash, line);
    if (line.bytes === null) this.close();
  }

  close(): void {
    if (this.#open !== null) this.ranges.push({ ...this.#open, digest: this.#hash.digest('hex') });
    this.#open = null;
    this.#hash = createHash('sha256');
    this.#weight = 0;
  }
}

/** The object that holds a source's lines. */
export function sourceKey({ key, digest }: Pick<PlanSource, 'digest' | 'key'>): string {
  return key ?? corpusKey(digest);
}

/**
 * Cuts one corpus object into ranges of about `batchSize` functions, reading it once, piece by piece. Throws AppError
 * `object-missing`, `object-damaged` where its bytes are not those of its digest, or what the store throws.
 */
export async function cutCorpus(
  store: RangeReader,
  source: Pick<PlanSource, 'digest' | 'key'>,
  options: { readonly batchSize: number; readonly weigh: CorpusReader['weigh'] },
): Promise<CorpusRange[]> {
  const key = sourceKey(source);
  const head = await store.head(key);
  if (head === null) {
    throw new AppError('object-missing', `corpus ${JSON.stringify(key)} is not in the store`, {
      context: { key },
    });
  }
  const hash = createHash('sha256');
  const scanner = new LineScanner();
  const cutter = new Cutter(options.batchSize, options.weigh);
  for (let from = 0; from < head.bytes; from += PIECE_BYTES) {
    const piece = await store.getRange(key, from, Math.min(from + PIECE_BYTES, head.bytes));
    hash.update(piece);
    for (const line of scanner.feed(piece)) cutter.add(line);
  }
  for (const line of scanner.end()) cutter.add(line);
  cutter.close();
  if (hash.digest('hex') !== source.digest) {
    throw new AppError(
      'object-damaged',
      `corpus ${JSON.stringify(key)} is not what its name says`,
      // The line to the store may have done it: read again before anybody is called.
      { retryable: true, context: { key } },
    );
  }
  return cutter.ranges;
}
