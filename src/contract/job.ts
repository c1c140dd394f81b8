// What crosses Temporal history: ids, ordinals, keys, digests and counts. Nothing else (docs/architecture.md).
import type { LanesCursor } from './lane.ts';
import type { ObjectEntry } from './row.ts';

export type PassName =
  | 'ingest'
  | 'benchmark'
  | 'match'
  | 'earlier'
  | 'near'
  | 'unique'
  | 'cluster'
  | 'place'
  | 'probe'
  | 'prompt'
  | 'reprobe'
  | 'trace'
  | 'refine'
  | 'gather'
  | 'publish'
  | 'render'
  | 'select'
  | 'text';
export type QueueName = 'job' | 'trace' | 'llm' | 'refine';

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
  /** The queues are this and `job`, `trace`, `llm` or `refine`. */
  readonly queuePrefix: string;
  /** Continues as new at this many history events even where the server does not suggest it; null asks the server only. */
  readonly historyEventsMax: number | null;
  /** Batches of a pass above which it runs in lanes; absent: 5,000. */
  readonly laneBatches?: number;
  /** True where functions are split: then the pass cluster follows unique. */
  readonly split?: boolean;
  /** Files of benchmarks: then the passes benchmark and match follow ingest. Absent where there are none. */
  readonly benchmarks?: number;
  /** Earlier sets: then the pass earlier follows ingest. Absent where there are none. */
  readonly earlier?: number;
  /** True where rows hold what all functions together say: then the pass place follows. */
  readonly place?: boolean;
  /** True where inputs are looked for: then the pass probe runs after unique. */
  readonly synthesize?: boolean;
  /** True where a language model is asked for inputs: then the passes prompt and reprobe follow probe. */
  readonly prompts?: boolean;
  /** True where texts are published: then the passes render, select and text run after publish. */
  readonly render?: boolean;
  /** When the job stops before its end; null never does. */
  readonly budget: JobBudget | null;
  /** Whether near duplicates are looked for; absent in jobs of older versions, which do not. */
  readonly near?: boolean;
  /** What must be found to be as it was, where this revision retries another; else null. */
  readonly retry: RetryBasis | null;
  /** Share of the published rows that the reference tracer runs again at the end; absent where none. */
  readonly replay?: number;
  /** Where an older revision's traces are judged and published anew: then nothing before refine runs. */
  readonly adopt?: AdoptedRevision;
  /** True where an address lies under `noticeAddressKey` that is told of the end. Absent in jobs of older versions. */
  readonly notify?: boolean;
  readonly progress: JobProgress | null;
  readonly cursor: JobCursor | null;
}

/** What `require:` of the spec and its policy say, for the workflow that counts along. Shares are from 0 to 1. */
export interface JobBudget {
  readonly acceptedMin: number | null;
  readonly faultsMax: number | null;
  /** Any other outcome is rejected whatever else is known of it. */
  readonly outcomesAccepted: readonly string[];
}

/** A retry replaces single rows, so all others must come from the same cut and the same environment. */
export interface RetryBasis {
  readonly environment: string;
  readonly planDigest: string;
}

/** The revision whose traces another one publishes. */
export interface AdoptedRevision extends RetryBasis {
  readonly revision: number;
  /** Batches of its plan. */
  readonly batches: number;
}

/** Why invocations were not accepted: a reason or the code of a fault, how often, and a few of them. */
export interface Cause {
  readonly cause: string;
  readonly count: number;
  /** `path::qualname#k`, or the function's id where the corpus tells no path. */
  readonly examples: readonly string[];
}

/** The most frequent causes first, among the invocations that were looked at. */
export interface CauseReport {
  readonly v: 1;
  readonly invocations: number;
  readonly causes: readonly Cause[];
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
  /** Batches of gather and publish; absent before refine has ended. */
  readonly publishing?: PublishCounts;
  /** Of a pass that runs in lanes; `next` then tells nothing. */
  readonly lanes?: LanesCursor;
  readonly paused: boolean;
}

/** How many batches the end of a job has. */
export interface PublishCounts {
  readonly gather: number;
  readonly publish: number;
  /** Of render and of text each; absent in jobs of older versions. */
  readonly text?: number;
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

/** For adoptPages: `from` is the revision whose pages are taken over. */
export interface AdoptInput extends StepInput {
  readonly from: number;
}

/** What probeEnvironment found; the whole fingerprint lies at `environmentKey`. */
export interface EnvironmentProbe {
  readonly v: 1;
  readonly environment: string;
  readonly python: string;
  readonly tracer: string;
}

export interface PlanInput extends JobAddress {
  /** What the listings that a plan may need were made in. */
  readonly environment: string;
}

/** What planCorpus and planPublish answer. */
export interface PlanSummary {
  readonly v: 1;
  readonly batchCount: number;
  /** Of planPublish: batches of the pass gather before those of publish; absent where there are none. */
  readonly gatherCount?: number;
  /** Of planPublish: files of training texts; absent where none are published. */
  readonly textCount?: number;
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
  /** Files of rows, where the spec has some of them replayed. */
  readonly rowFiles?: number;
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
  /** What the job had planned when it ended; null where it ended before. */
  readonly plan: JobPlanned | null;
  /** Null where its end is not about what invocations did. */
  readonly causes: CauseReport | null;
}

/** How a revision ended, for the address that is told of it. The same for every try to tell it. */
export interface EndNotice extends Pick<
  JobEnd,
  'v' | 'jobId' | 'revision' | 'bucket' | 'code' | 'message' | 'causes'
> {
  /** The readable id, as Temporal shows it. */
  readonly job: string;
  readonly specKey: string;
  readonly state: 'published' | 'failed' | 'cancelled';
  /** Null where nothing was published. */
  readonly result: JobResult | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** Names the ledger pages of a revision. */
export interface JobPlanned {
  readonly environment: string;
  readonly digest: string;
  readonly batches: number;
}

/** For findResults: which results of the pass are there already. */
export interface FindInput extends StepInput {
  readonly pass: 'probe' | 'trace';
}

export interface BatchInput extends StepInput {
  readonly pass: PassName;
  readonly batchIndex: number;
  /** Of the pass trace only: a range of the batch's functions is made durable as parts, and nothing is sealed. */
  readonly isolate?: Isolate;
}

/** Functions `from` (inclusive) to `to` (exclusive) of a batch, in its order. */
export interface Isolate {
  readonly from: number;
  readonly to: number;
  /** True: they are recorded as faulted with `worker-lost`, and nothing runs. */
  readonly giveUp: boolean;
}

/** Small by contract: names of counts are free, values are non-negative integers. */
export type BatchCounts = Readonly<Record<string, number>>;

export interface BatchResult {
  readonly v: 1;
  readonly batchIndex: number;
  /**
   * `reused`: the sealed object was found by its content key and nothing ran. `yielded`: the worker drains; what was
   * done is durable as parts, and the workflow gives the batch out again. `parted`: the range asked for is durable; the
   * counts say how many `functions` the batch has and how many, from the first, are `durable`.
   */
  readonly how: 'sealed' | 'reused' | 'yielded' | 'parted';
  readonly counts: BatchCounts;
}

export interface PassProgress {
  readonly pass: PassName;
  readonly batchesDone: number;
  readonly batchesTotal: number;
  readonly counts: BatchCounts;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /**
   * How far the pass was at some moments of the last minutes, oldest first; what its pace is taken from. Absent where an
   * older version of the workflow began the pass.
   */
  readonly marks?: readonly PaceMark[];
}

/** Totals of a pass at the end of one of its batches. */
export interface PaceMark {
  readonly atMs: number;
  readonly batches: number;
  readonly functions: number;
  readonly invocations: number;
}

/** What a batch tells with its heartbeat: for people, never for where it resumes. */
export interface BatchBeat {
  readonly v: 1;
  /** Functions done, and functions of the batch; both 0 where the pass does not count functions. */
  readonly done: number;
  readonly total: number;
  /** Functions whose rows are durable. */
  readonly durable: number;
  /** Invocations of the functions done, by outcome or `faulted`. Absent in beats of older workers. */
  readonly outcomes?: BatchCounts;
  /** The first of each kind of failure that the batch met, at most three kinds. */
  readonly failures?: readonly { readonly cause: string; readonly example: string }[];
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

/** What one publish batch knows for the documents of the set; src/store/card has the shapes. */
export interface CardPart {
  readonly statistics: object | null;
  readonly examples: readonly object[];
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
  /** Of the passes publish and text only: the files that the batch wrote, as the manifest lists them; `key` is the first one. */
  readonly files?: readonly ObjectEntry[];
  /** Of the pass publish only: what the rows of its table are like, or twenty of each reason of its ledger. */
  readonly card?: CardPart;
}
