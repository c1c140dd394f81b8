// What crosses Temporal history: ids, ordinals, keys, digests and counts. Nothing else (docs/architecture.md).

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
  /** The queues are this and `job`, `trace` or `refine`. */
  readonly queuePrefix: string;
  /** Continues as new at this many history events even where the server does not suggest it; null asks the server only. */
  readonly historyEventsMax: number | null;
  readonly progress: JobProgress | null;
  readonly cursor: JobCursor | null;
}

/** Carried through continue-as-new: the pass that runs and the position in its dispatch order. */
export interface JobCursor {
  readonly pass: PassName;
  /** Batches of `pass`. */
  readonly batchCount: number;
  readonly next: number;
  readonly environment: string;
  /** Digest of the job's plan. */
  readonly planDigest: string;
  /** Batches that the plan cuts the corpus into. */
  readonly planBatchCount: number;
  readonly paused: boolean;
}

/** The address of a job's own objects: what each activity is told. */
export interface JobAddress {
  readonly v: 1;
  readonly jobId: string;
  readonly revision: number;
  readonly bucket: string;
  readonly specKey: string;
  readonly batchSize: number;
}

/** For activities that serve the whole job: planPublish and commitJob. */
export interface StepInput extends JobAddress {
  readonly environment: string;
  readonly planDigest: string;
  /** Batches that the plan cuts the corpus into: the batches of ingest, trace and refine. */
  readonly planBatchCount: number;
}

/** What probeEnvironment found; the whole fingerprint lies at `environmentKey`. */
export interface EnvironmentProbe {
  readonly v: 1;
  readonly environment: string;
  readonly python: string;
  readonly tracer: string;
}

/** What planCorpus and planPublish answer. */
export interface PlanSummary {
  readonly v: 1;
  readonly batchCount: number;
  /** Digest of the plan document; empty where the plan needs none. */
  readonly planDigest: string;
}

export interface CommitInput extends StepInput {
  readonly publishBatchCount: number;
  /** Milliseconds since the epoch, for the manifest only. */
  readonly startedAtMs: number;
}

/** What commitJob and the workflow answer. */
export interface JobResult {
  readonly v: 1;
  readonly revision: number;
  /** Key of the set's manifest. */
  readonly manifestKey: string;
  readonly counts: BatchCounts;
}

/** For recordEnd: the marker of a revision that ended without a data set. */
export interface JobEnd {
  readonly v: 1;
  readonly jobId: string;
  readonly revision: number;
  readonly bucket: string;
  readonly end: 'cancelled' | 'failed';
  readonly code: string | null;
  readonly message: string | null;
}

export interface BatchInput extends StepInput {
  readonly pass: PassName;
  readonly batchIndex: number;
}

/** Small by contract: names of counts are free, values are non-negative integers. */
export type BatchCounts = Readonly<Record<string, number>>;

export interface BatchResult {
  readonly v: 1;
  readonly batchIndex: number;
  /**
   * `reused`: the sealed object was found by its content key and nothing ran. `yielded`: the worker drains; what was
   * done is durable as parts, and the workflow gives the batch out again.
   */
  readonly how: 'sealed' | 'reused' | 'yielded';
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
  readonly paused: boolean;
  /** Batches that may be in flight at once. */
  readonly window: number;
  readonly passes: readonly PassProgress[];
  readonly environment: string | null;
  /** `code: message` of the fault that ended the job; null where none did. */
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
