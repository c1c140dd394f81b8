// The port to corpora. Launch turns what a user names into one object of lines; workers cut that object into ranges and
// read records out of a range. Every kind differs in these two things only.
import type { RowFile } from '../contract/row-file.ts';
import type { CorpusKind, CorpusSource } from '../contract/spec.ts';
import type { RecordReading } from '../schema/corpus-record.ts';

/** What the corpus needs of the object store. */
export interface RangeReader {
  head(key: string): Promise<{ readonly bytes: number } | null>;
  /** Bytes `from` (inclusive) to `to` (exclusive). */
  getRange(key: string, from: number, to: number): Promise<Uint8Array>;
}

/** A bucket that a corpus is read from. */
export interface BucketReader extends Pick<RangeReader, 'getRange'> {
  /** Keys in UTF-8 order. */
  list(prefix: string): AsyncIterable<{ readonly key: string; readonly bytes: number }>;
}

/** Where packages are looked up; src/config has the variables. */
export interface PackageIndex {
  /** Root of the simple API, with a slash at its end. */
  readonly url: string;
  readonly username: string | null;
  readonly password: string | null;
  /** Folder that keeps fetched files by their digest. */
  readonly cache: string;
}

/** What launch lends to the readers: a folder for drafts, and the adapters of other layers. */
export interface LaunchTools {
  /** Folder of this launch, which the launch removes. */
  readonly spool: string;
  readonly packageIndex: PackageIndex;
  /** Throws AppError `object-damaged` where the file is no Parquet that can be read. */
  readonly openParquet: (path: string) => Promise<RowFile>;
  /** Throws AppError `store-*`. */
  readonly openBucket: (name: string) => Promise<BucketReader>;
}

/** What a user named, found on this machine: a glob has the folder that it begins in and the rest. */
export interface CorpusPlace {
  /** As written, for messages. */
  readonly shown: string;
  /** Absolute. */
  readonly path: string;
  /** Over paths relative to `path`, with slashes; null where `path` itself is meant. */
  readonly glob: string | null;
  /** Base name of what was named, used in labels; never a path of this machine. */
  readonly name: string;
  readonly commit: string | null;
  readonly map: Readonly<Record<string, string>>;
}

/** One corpus as launch found it: the object `corpora/<digest>`. */
export interface LocalCorpus {
  readonly kind: CorpusKind;
  readonly name: string;
  readonly digest: string;
  readonly bytes: number;
  /** Reads the object from its beginning, each time anew: it is never held whole. */
  open(): AsyncIterable<Uint8Array>;
}

export interface LineContext {
  readonly source: Pick<CorpusSource, 'name' | 'map'>;
  /** Line of the corpus object, from 0. */
  readonly index: number;
}

export interface CorpusReader {
  /**
   * Whole-corpus checks and the objects, in order. Throws AppError `corpus-missing`, `-unreadable` or `-empty`, and of
   * kind pypi `index-unreachable`.
   */
  readonly openLocal: (place: CorpusPlace, tools: LaunchTools) => Promise<readonly LocalCorpus[]>;
  /** Functions that a line may hold, for the cut; 1 unless a record may hold several. */
  readonly weigh: (line: Uint8Array) => number;
  /** What people call the record of a line that cannot be read further: `file.jsonl:17`. */
  readonly label: (context: LineContext) => string;
  /** The record of a JSON object; `text` is the line that it was read from. */
  readonly read: (
    context: LineContext,
    value: Readonly<Record<string, unknown>>,
    text: string,
  ) => RecordReading;
}
