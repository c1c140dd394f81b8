// Replay: rows of a published set are executed once more, by the reference tracer in another sandbox, and compared.

/** What a replay is of, and which rows it takes. */
export interface ReplayAddress {
  readonly v: 1;
  readonly bucket: string;
  /** `name@version`. */
  readonly set: string;
  /** The job and the revision that published it: the record of a replay lies beside its manifest. */
  readonly jobId: string;
  readonly revision: number;
  /** What its rows were made in; sandboxes must be the same. */
  readonly environment: string;
  /** From 0 to 1. */
  readonly share: number;
  readonly seed: number;
  /** Number of this replay among those of the revision, from 1. */
  readonly number: number;
}

export interface ReplayInput extends ReplayAddress {
  /** Files of traces and of rejected rows, in the order of the manifest's names. */
  readonly files: number;
  /** Files in flight at once. */
  readonly window: number;
  readonly queuePrefix: string;
}

export interface ReplayFileInput extends ReplayAddress {
  readonly fileIndex: number;
}

export interface ReplayCounts {
  /** Rows that were drawn. */
  readonly drawn: number;
  readonly agreed: number;
  readonly disagreed: number;
  /** Of kinds that the reference does not follow, or that time or memory decided (docs/data-set.md). */
  readonly skipped: number;
}

/** A row that the reference tracer tells otherwise. */
export interface Disagreement {
  readonly id: string;
  /** Relative to the set, and 0-based. */
  readonly file: string;
  readonly row: number;
  /** Names of columns. */
  readonly differs: readonly string[];
}

/** What became of one published file: `verifications/<n>/<file>.json`. */
export interface ReplayedFile extends ReplayCounts {
  readonly v: 1;
  readonly file: string;
  /** At most a hundred of them; `disagreed` counts all. */
  readonly disagreements: readonly Disagreement[];
}

/** The whole: `verifications/<n>.json`, written last. */
export interface ReplayReport extends ReplayCounts {
  readonly v: 1;
  readonly set: string;
  readonly tracer: 'reference';
  readonly share: number;
  readonly seed: number;
  readonly files: readonly (ReplayCounts & { readonly file: string })[];
  /** The first hundred, in the order of the files. */
  readonly disagreements: readonly Disagreement[];
}
