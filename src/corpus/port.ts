// The port to corpora. Launch turns what a user names into one object of lines; workers cut that object into ranges and
// read records out of a range. Every kind differs in these two things only.
import type { CorpusKind, CorpusSource } from '../contract/spec.ts';
import type { RecordReading } from '../schema/corpus-record.ts';

/** What the corpus needs of the object store. */
export interface RangeReader {
  head(key: string): Promise<{ readonly bytes: number } | null>;
  /** Bytes `from` (inclusive) to `to` (exclusive). */
  getRange(key: string, from: number, to: number): Promise<Uint8Array>;
}

/** One corpus as launch found it: a body that gives the object `corpora/<digest>`. */
export interface LocalCorpus {
  readonly kind: CorpusKind;
  /** Base name of what the user named. */
  readonly name: string;
  readonly digest: string;
  readonly bytes: number;
  /** Reads the object again, so that it need not be held until the upload. */
  body(): Promise<Uint8Array>;
}

export interface LineContext {
  readonly source: Pick<CorpusSource, 'name' | 'map'>;
  /** Line of the corpus object, from 0. */
  readonly index: number;
}

export interface CorpusReader {
  /** Whole-corpus checks and the object. Throws AppError `corpus-missing`, `-unreadable` or `-empty`. */
  readonly openLocal: (path: string) => Promise<LocalCorpus>;
  /** Functions that a line may hold, for the cut; 1 unless a record may hold several. */
  readonly weigh: (line: Uint8Array) => number;
  /** What people call the record of a line that cannot be read further: `file.jsonl:17`. */
  readonly label: (context: LineContext) => string;
  /** The record of a JSON object. */
  readonly read: (context: LineContext, value: Readonly<Record<string, unknown>>) => RecordReading;
}
