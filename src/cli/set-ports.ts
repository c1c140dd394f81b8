// What the commands need of published sets.
import type { Counts, Equation } from '../contract/balance.ts';
import type { LedgerRow, TraceRow } from '../contract/row.ts';
import type { Verification } from '../contract/verification.ts';
import type { RowChange } from '../core/row-change.ts';

export interface PublishedSet {
  readonly set: string;
  readonly bucket: string;
  /** `s3://bucket/sets/name/version/`. */
  readonly url: string;
  /** Folder of this machine whose files are the objects, where the S3 server is ours. */
  readonly folder: string | null;
  readonly objects: number;
  readonly bytes: number;
  readonly counts: Counts;
  readonly balance: readonly Equation[];
}

export interface FoundRow {
  readonly row: TraceRow;
  /** Relative to the set. */
  readonly file: string;
  /** 0-based. */
  readonly index: number;
}

export interface WhyChain {
  /** From the record down to the invocations, in canonical order. */
  readonly links: readonly LedgerRow[];
  /** True where more links exist than were read. */
  readonly cut: boolean;
}

/** Which rows of a set are drawn: those with a reason, or accepted ones where it is null. */
export interface SampleAsk {
  readonly bucket: string;
  readonly set: string;
  readonly reason: string | null;
  readonly rows: number;
  readonly seed: number;
}

export interface Sample {
  /** How many there are. */
  readonly found: number;
  readonly rows: readonly {
    readonly link: LedgerRow;
    /** Null where nothing of it is published. */
    readonly row: TraceRow | null;
  }[];
}

/** One published row that is not the same in both versions, and why. */
export interface DiffRow extends RowChange {
  readonly functionId: string;
  readonly inputId: string;
  readonly name: string;
  /** Row ids. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface ExportAsk {
  readonly bucket: string;
  readonly set: string;
  /** A folder, or `s3://bucket/prefix`. */
  readonly to: string;
  readonly format: 'parquet' | 'jsonl';
}

export interface ExportedFile {
  readonly name: string;
  readonly bytes: number;
  readonly digest: string;
  readonly how: 'written' | 'there';
}

export interface ReplayAsk {
  readonly bucket: string;
  readonly set: string;
  /** As it was written: `1%` or `0.01`. */
  readonly share: string;
  readonly seed: number;
}

export interface ReplayAnswer {
  readonly share: number;
  readonly seed: number;
  /** Rows that were drawn; each agreed, disagreed, or was skipped. */
  readonly drawn: number;
  readonly agreed: number;
  readonly disagreed: number;
  readonly skipped: number;
  readonly disagreements: readonly {
    readonly id: string;
    readonly file: string;
    readonly row: number;
    /** Names of columns. */
    readonly differs: readonly string[];
  }[];
  /** Key of the record. */
  readonly record: string;
}

/** Of two versions of a set what is no row that differs. */
export interface DiffTotals {
  /** Rows that are the same. */
  readonly same: number;
  readonly texts: {
    /** Examples by format; null where the version has none. */
    readonly before: Readonly<Record<string, number>> | null;
    readonly after: Readonly<Record<string, number>> | null;
    /** Whether all files of texts have the same bytes. */
    readonly same: boolean;
  };
}

export interface DiffAsk {
  readonly bucket: string;
  readonly before: string;
  readonly after: string;
}

/** Finished sets on S3. Every method throws AppError `store-*`, and `object-missing` where there is no such set. */
export interface SetsPort {
  published(bucket: string, set: string): Promise<PublishedSet>;
  verify(bucket: string, set: string): Promise<Verification>;
  /** `thing`: prefix of a row id, or `path::qualname#k`; null picks a short accepted one. AppError `row-not-found`. */
  find(at: { bucket: string; set: string; thing: string | null }): Promise<FoundRow>;
  /** `thing`: also `file.jsonl:17`, a function id or an input id. AppError `row-not-found`. */
  why(at: { bucket: string; set: string; thing: string }): Promise<WhyChain>;
  sample(ask: SampleAsk): Promise<Sample>;
  /** Throws AppError `usage` where the place cannot be written, `export-conflict` where it holds other bytes. */
  export(ask: ExportAsk): Promise<readonly ExportedFile[]>;
  /** Calls back for each row that is not the same. */
  diff(ask: DiffAsk, onRow: (row: DiffRow) => void | Promise<void>): Promise<DiffTotals>;
}
