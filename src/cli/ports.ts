// What the commands need from the rest of the program, as small interfaces. src/main/cli.ts adapts the real parts to
// them and loads each only when a command asks for it, so that `--help` loads none.
import type { PublishAnswer, PublishAsk, RenderAnswer, RenderAsk } from './publish-ports.ts';
import type { InFlightReport } from '../contract/in-flight.ts';
import type { FleetPort } from './fleet-port.ts';
import type { FleetCost } from '../fleet/cost.ts';
import type { ImagePort } from './image-port.ts';
import type { CauseReport, JobProgress, QueueName } from '../contract/job.ts';
import type { RetrySelection } from '../contract/spec.ts';
import type { PilotEstimates } from '../core/pilot-estimate.ts';
import type { ReplayAnswer, ReplayAsk, SetsPort } from './set-ports.ts';
import type { VerdictReport } from '../contract/judge.ts';

export type * from './set-ports.ts';

export type JobState = 'running' | 'paused' | 'published' | 'failed' | 'cancelled';

export interface JobEntry {
  readonly jobId: string;
  /** The readable id that Temporal's own UI shows. */
  readonly workflowId: string;
  readonly name: string;
  readonly revision: number;
  readonly state: JobState;
  readonly bucket: string;
  /** `name@version`. */
  readonly set: string;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
}

export interface JobReport {
  readonly entry: JobEntry;
  /** Null where neither a worker answers nor an end is recorded. */
  readonly progress: JobProgress | null;
  /** What is under way; null where the job does not run. */
  readonly inFlight: InFlightReport | null;
  /** Why a failed job failed, as one sentence. */
  readonly failure: string | null;
  /** Where the job failed over what its invocations did: the most frequent causes. */
  readonly causes: CauseReport | null;
  /** Of a job that has ended; null while it runs. */
  readonly cost: JobCost | null;
}

/** What a job took of machines. */
export interface JobCost {
  /** Hours that slots, one core each, worked on its batches; null where Temporal has forgotten them. */
  readonly coreHours: number | null;
  /** Its part of the machines of each fleet that served it, by their own records; null where these cannot be read. */
  readonly fleets: readonly FleetPart[] | null;
}

export interface FleetPart {
  /** Of the fleet. */
  readonly name: string;
  readonly vmHours: number;
  /** By the prices that the fleet's document had meanwhile, in their unit. */
  readonly money: number;
}

export interface LaunchRequest {
  /** Path of a job spec, or null with `corpora`. */
  readonly specPath: string | null;
  /** `KIND:WHERE` each; empty with `specPath`. */
  readonly corpora: readonly string[];
  /** Overrides the name that the spec or the corpus gives. */
  readonly name: string | null;
}

/** Which records a pilot takes: so many, by this seed. */
export interface PilotAsk {
  readonly records: number;
  readonly seed: number;
  /** Path of a fleet's document, to say what its machines would cost; null without one. */
  readonly fleet: string | null;
}

/** What the whole corpora would give and cost, as a pilot's sample tells. */
export interface PilotReport extends PilotEstimates {
  /** Records of the pilot, and of the corpora. */
  readonly sampled: number;
  readonly records: number;
  readonly seed: number;
  readonly slots: number;
  /** With --fleet; null without, or where times are not known. */
  readonly fleet: FleetCost | null;
}

export interface PilotEstimateAsk extends PilotAsk {
  readonly request: LaunchRequest;
  /** The pilot's job. */
  readonly entry: JobEntry;
  readonly pricePerCoreHour: number | null;
}

/** What a launch would do; nothing was started or written. */
export interface LaunchPlan {
  readonly jobId: string;
  readonly workflowId: string;
  readonly how: LaunchHow;
  readonly revision: number;
  readonly set: string;
  readonly isSetFree: boolean;
  /** Of the corpora that the store does not have. */
  readonly uploadBytes: number;
  /** Null where the library is left to be listed: only a sandbox can. */
  readonly records: number | null;
  readonly batches: number | null;
  /** Of the newest job, whose workers' it is taken to be; null where none is known. */
  readonly environment: string | null;
  /** Batches whose records were read before. */
  readonly ingestSealed: number;
  /** Null where records are left to be read: what they hold only a sandbox can tell. */
  readonly trace: {
    readonly batchesSealed: number;
    readonly invocations: number;
    readonly toRun: number;
  } | null;
  /** What asking a language model would cost; null where none is asked. */
  readonly llm: {
    readonly model: string;
    readonly budgetUsd: number;
    /** Functions that the budget reaches; null where they are not known yet, as are the costs. */
    readonly functions: number | null;
    readonly atMostUsd: number | null;
    readonly likelyUsd: number | null;
  } | null;
  /** With --fleet; null without, or where nobody knows how long its batches take. */
  readonly fleet: PlannedCost | null;
}

/** What a fleet would cost, by the rate of a job that ran before or of the fleet's document. */
export interface PlannedCost extends FleetCost {
  /** The job whose batches were measured, or `batchSeconds` of the document. */
  readonly rateOf: string;
  readonly slotMsPerRecord: number;
}

/** `found`: the same spec on the same corpus runs or ran already; `continued`: the next revision of a stopped job. */
export type LaunchHow = 'started' | 'found' | 'continued';

export interface LaunchResult {
  readonly how: LaunchHow;
  readonly entry: JobEntry;
}

export interface SteerResult {
  readonly jobId: string;
  readonly state: JobState;
}

/** Jobs on Temporal. Every method throws AppError `temporal-unreachable` where no server answers. */
export interface JobsPort {
  /** Newest first, at most `limit`; Temporal lists a state, and a job that has just begun, a moment after they are so. */
  list(limit: number): Promise<readonly JobEntry[]>;
  /** As it is at this moment. Throws AppError `job-not-found`. */
  current(entry: JobEntry): Promise<JobEntry>;
  /** `isServed`: a worker answered a moment ago, so one is waited for after the end of the job too; default false. */
  report(entry: JobEntry, isServed?: boolean): Promise<JobReport>;
  /**
   * The most frequent causes among invocations of a running job, from a few of its sealed batches; null before the first
   * is sealed, and where nothing can be read.
   */
  causes(entry: JobEntry): Promise<CauseReport | null>;
  cancel(entry: JobEntry): Promise<void>;
  pause(entry: JobEntry): Promise<void>;
  resume(entry: JobEntry): Promise<void>;
  /** Batches in flight for so many slots, in effect at once; resolves to their number. */
  scale(entry: JobEntry, slots: number): Promise<number>;
  /** What waits on each queue, and which workers ask for it. */
  fleet(): Promise<readonly QueueReport[]>;
}

/** A task queue as Temporal counts it: approximately. */
export interface QueueReport {
  readonly queue: QueueName;
  /** Activities that wait for a slot, of all jobs. */
  readonly backlog: number;
  /** Milliseconds that the oldest of them has waited. */
  readonly oldestMs: number;
  /** True where a rate limit of the server holds the queue back. */
  readonly isHeldBack: boolean;
  readonly workers: readonly {
    readonly identity: string;
    /** Null where the worker does not say so. */
    readonly slots: number | null;
    /** Milliseconds since the epoch. */
    readonly polledAtMs: number;
  }[];
}

/** What `retry` takes up again: whatever fits any of the three. */
export interface RetryAsk {
  readonly entry: JobEntry;
  readonly selection: RetrySelection;
  /** `NAME=VALUE` each. */
  readonly limits: readonly string[];
  readonly dryRun: boolean;
}

export interface RetryAnswer {
  /** The revision that begins, or would. */
  readonly revision: number;
  /** The revision whose other rows stay. */
  readonly from: number;
  readonly set: string;
  readonly invocations: number;
  readonly functions: number;
  readonly batches: number;
  readonly byOutcome: Readonly<Record<string, number>>;
}

/** How a finished job would be judged by another policy. */
export interface JudgeAsk {
  readonly entry: JobEntry;
  /** A policy's name, or a file. */
  readonly policy: string;
  /** False keeps the policy for the next `publish`. */
  readonly dryRun: boolean;
}

export interface JudgeAnswer extends VerdictReport {
  /** The revision that was judged. */
  readonly revision: number;
  /** The policy's own name and version. */
  readonly policy: string;
}

/** Objects and bytes that were removed, or would be. */
export interface RemovedObjects {
  readonly objects: number;
  readonly bytes: number;
}

export interface DeleteAnswer {
  /** Published sets of the job. */
  readonly sets: readonly string[];
  readonly removed: RemovedObjects;
  /** False where another job runs: what only the deleted job used is then left to a later sweep. */
  readonly collected: boolean;
}

export interface SweepAnswer {
  readonly parts: RemovedObjects;
  readonly content: RemovedObjects;
  /** False where a job runs: sealed objects are then left alone. */
  readonly contentWasSwept: boolean;
}

/** Removal. Every method throws AppError `temporal-unreachable` and `store-*`. */
export interface UpkeepPort {
  delete(entry: JobEntry, how: { readonly withSets: boolean }): Promise<DeleteAnswer>;
  sweep(how: { readonly graceMs: number; readonly dryRun: boolean }): Promise<SweepAnswer>;
}

export type ServiceState = 'found' | 'made' | 'stopped' | 'can-be-made' | 'missing' | 'not-needed';

export interface ServiceReport {
  readonly service: string;
  readonly state: ServiceState;
  /** Where it is, or what is wrong; one sentence. */
  readonly detail: string;
  /** What to do where something is missing. */
  readonly todo: string | null;
}

export type Announce = (line: string) => void;

/** The embedded default: services of this machine. */
export interface ServicesPort {
  /** All services, and then a worker of every role. */
  up(announce: Announce): Promise<readonly ServiceReport[]>;
  down(): Promise<readonly ServiceReport[]>;
  diagnose(): Promise<readonly ServiceReport[]>;
  /** Temporal's own page of a job; null where the server has none. */
  pageOf(entry: JobEntry): Promise<string | null>;
}

export interface WorkerOptions {
  readonly roles: readonly QueueName[];
  /** Null takes the configured number. */
  readonly slots: number | null;
}

export interface Gateway {
  services(): Promise<ServicesPort>;
  jobs(): Promise<JobsPort>;
  sets(): Promise<SetsPort>;
  /** Checks the spec and the corpora, uploads what is missing, starts or finds the job. */
  launch(request: LaunchRequest, announce: Announce): Promise<LaunchResult>;
  /** The same for a sample of the corpora, as a job of its own. */
  launchPilot(request: LaunchRequest & PilotAsk, announce: Announce): Promise<LaunchResult>;
  /** What a published pilot tells of the whole. */
  estimate(ask: PilotEstimateAsk): Promise<PilotReport>;
  /** What a launch would do and find. Starts nothing, and writes nothing. */
  planLaunch(request: LaunchRequest, fleet: string | null): Promise<LaunchPlan>;
  /** Plans the next revision of a finished job and, but for a dry run, starts it. AppError `usage`, `spec-invalid`. */
  retry(ask: RetryAsk, announce: Announce): Promise<RetryAnswer>;
  /** Reads, and but for a dry run keeps the policy for the next `publish`. AppError `usage`, `policy-invalid`. */
  judge(ask: JudgeAsk, announce: Announce): Promise<JudgeAnswer>;
  /** Starts the revision that publishes a finished job anew. AppError `usage`, `policy-invalid`, `set-exists`. */
  publish(ask: PublishAsk, announce: Announce): Promise<PublishAnswer>;
  /** Starts the revision that publishes the same traces with other texts. AppError `usage`, `spec-invalid`, `set-exists`. */
  render(ask: RenderAsk, announce: Announce): Promise<RenderAnswer>;
  /** Runs a share of a set's rows again by the reference tracer. AppError `usage`, `environment-mismatch`. */
  replay(ask: ReplayAsk, announce: Announce): Promise<ReplayAnswer>;
  upkeep(): Promise<UpkeepPort>;
  fleet(): Promise<FleetPort>;
  images(): Promise<ImagePort>;
  /** Returns when the worker was told to stop and has drained. */
  runWorker(options: WorkerOptions): Promise<void>;
  /** Bucket where a command names a set and no job. */
  bucket(): string;
}
