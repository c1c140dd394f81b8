// What crosses Temporal history: ids, ordinals, keys, digests and counts. Nothing else (docs/architecture.md).

/** Version of the activity inputs and results below. */
export const MESSAGE_VERSION = 1;

export type PassName = 'ingest' | 'unique' | 'trace' | 'refine' | 'publish';
export type QueueName = 'job' | 'trace' | 'refine';

export interface JobInput {
  readonly v: 1;
  readonly jobId: string;
  /** From 1; a cancelled or failed job continues as its next revision. */
  readonly revision: number;
  readonly bucket: string;
  /** Key of the resolved spec, `jobs/<job>/spec.json`. */
  readonly specKey: string;
  /** How the job is cut and run; no part of the spec, changes no data byte. */
  readonly batchSize: number;
  readonly window: number;
  /** Null dispatches in order. */
  readonly dispatchSeed: number | null;
  readonly progress: JobProgress | null;
  readonly cursor: JobCursor | null;
}

/** Carried through continue-as-new: the pass that runs and the position in its dispatch order. */
export interface JobCursor {
  readonly pass: PassName;
  readonly batchCount: number;
  readonly next: number;
  readonly environment: string;
  /** Digest of the pass's plan where it has one, else empty. */
  readonly planDigest: string;
}

export interface BatchInput {
  readonly v: 1;
  readonly jobId: string;
  readonly revision: number;
  readonly bucket: string;
  readonly specKey: string;
  readonly pass: PassName;
  readonly batchIndex: number;
  readonly batchSize: number;
  readonly environment: string;
  readonly planDigest: string;
}

/** Small by contract: names of counts are free, values are non-negative integers. */
export type BatchCounts = Readonly<Record<string, number>>;

export interface BatchResult {
  readonly v: 1;
  readonly batchIndex: number;
  /** `reused`: the sealed object was found by its content key and nothing ran. */
  readonly how: 'sealed' | 'reused';
  readonly counts: BatchCounts;
}

export interface PassProgress {
  readonly pass: PassName;
  readonly batchesDone: number;
  readonly batchesTotal: number;
  readonly counts: BatchCounts;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
}

export interface JobProgress {
  readonly state: 'running' | 'published' | 'failed' | 'cancelled';
  readonly passes: readonly PassProgress[];
  readonly environment: string | null;
  readonly lastFault: string | null;
}

/** One line of the ledger of a pass: `jobs/<job>/ledger-pages/<pass>/<batchIndex>.json`, create-if-absent. */
export interface LedgerPage {
  readonly v: 1;
  readonly pass: PassName;
  readonly batchIndex: number;
  /** Key of the sealed object. */
  readonly key: string;
  readonly digest: string;
  readonly rows: number;
  readonly counts: BatchCounts;
}
