// Rows of the sealed objects between passes (docs/data-set.md, "Sealed objects"). They are shared by jobs under
// content/<pass>/ and are never published; src/store/tables.ts freezes their columns.
import type { ErrorCode } from './error-code.ts';
import type { FunctionKind, InputOrigin, LlmOrigin, Provenance } from './function.ts';
import type { Label, OutcomeKind, Reason } from './outcome.ts';
import type { ConfirmFact } from './policy.ts';
import type { TraceRow } from './row.ts';
import type { Split } from './split.ts';

/**
 * One row of an ingest object: a record, a function found in it, or an input found for that function. Order: each
 * record in corpus order, followed by its functions in order of position, each followed by its inputs likewise.
 */
export interface IngestRow {
  readonly unit: 'record' | 'function' | 'input';
  /** Position of the record in its source, from 0; functions and inputs repeat the one of their record. */
  readonly record_index: number;
  /** Function: its place in the record. Input: its place in the function. From 0; a record has 0. */
  readonly position: number;
  /** Record: its label, unique in the corpus. Function: functionId. Input: inputId (of the verbatim text where it has no canonical form). */
  readonly id: string;
  /** Record: null. Function: the record's label. Input: its functionId. */
  readonly parent_id: string | null;
  /** Functions only, else null. Covers kind and entry as well as the tree: two entries of one text differ. */
  readonly ast_digest: string | null;
  /** Record: parsed or rejected. Function and input: found or rejected. */
  readonly outcome: 'parsed' | 'found' | 'rejected';
  /** Empty unless rejected. */
  readonly reasons: readonly Reason[];
  /** Of an input. */
  readonly origin: InputOrigin | null;
  /** JSON of FunctionPayload or InputPayload; null for records and for what was rejected before it had one. */
  readonly payload: string | null;
}

/** What the payload of a function row holds: the function but for its ids, with the provenance of this occurrence. */
export interface FunctionPayload {
  readonly kind: FunctionKind;
  readonly entry: string;
  readonly source: string;
  /** The module of the image that the text was extracted from, unchanged; what its slice is verified against. */
  readonly original: string | null;
  readonly provenance: Provenance;
  /** Only where benchmarks are looked for: names, layout and annotations taken away (tracer/analysis_skeleton.py). */
  readonly skeleton?: string;
  /** The same: positional parameters; null where their number is open. */
  readonly parameters?: number | null;
  /** Only where the job takes inputs of origin test, and the record has tests that name the function. */
  readonly tests?: TestProgram;
}

/** A text that is run as a program, and the function in it whose calls are recorded meanwhile. */
export interface TestProgram {
  readonly source: string;
  readonly entry: string;
}

/** What the payload of an input row holds: the input but for its id. */
export interface InputPayload {
  readonly setup: string;
  readonly call: string;
  readonly stdin: string;
  readonly origin: InputOrigin;
  readonly llmModel: string | null;
  /** Of the origin llm only. */
  readonly llm?: LlmOrigin;
  /** What the search saw of it; absent where none was made. */
  readonly probed?: ProbedFacts;
}

/** Of one input that was run in the search for inputs. */
export interface ProbedFacts {
  /** Of `input-type-error` and `stateful`. */
  readonly labels: readonly Label[];
  /** Whether the slice and the module that it was taken from end alike; null where there is no such module. */
  readonly sliceVerified: boolean | null;
  /**
   * Shares of the function's own lines, and of both ways of its branches, that its kept inputs reach together; null where
   * it has none.
   */
  readonly lineCoverage: number | null;
  readonly branchCoverage: number | null;
}

/**
 * One row of a probe object: what became of the inputs of one kept function. Rows are sorted by function_id; of one
 * function the function itself comes first, then its inputs in the order in which they were found.
 */
export interface ProbeRow {
  readonly function_id: string;
  readonly position: number;
  readonly unit: 'function' | 'input';
  /** The functionId or inputId. */
  readonly id: string;
  readonly decision: 'kept' | 'dropped';
  readonly reasons: readonly Reason[];
  readonly input_index: number | null;
  /** Of an input. */
  readonly origin: InputOrigin | null;
  /** JSON of InputPayload of a kept input; of a function, the counts of its search, and what a model is to be asked. */
  readonly payload: string | null;
}

/**
 * One row of a prompt object: a function that a language model was asked about, or would have been had the budget lasted.
 * Sorted by function_id.
 */
export interface PromptRow {
  readonly function_id: string;
  readonly status: PromptStatus;
  /** Digest of the request, which names the stored reply; null where none was made. */
  readonly request: string | null;
  /** Digest of the stored reply. */
  readonly reply: string | null;
  readonly prompt_tokens: number;
  readonly reply_tokens: number;
  /** JSON list of `{ setup, call }`, unchecked; null where there are none. */
  readonly inputs: string | null;
}

/** `refused`: by the model; `rejected`: the server took the request for a bad one, whatever its reason. */
export const PROMPT_STATUSES = [
  'answered',
  'refused',
  'truncated',
  'malformed',
  'rejected',
  'over-budget',
] as const;
export type PromptStatus = (typeof PROMPT_STATUSES)[number];

/**
 * One row of a near object: two functions that belong together, by their places among the function rows of all ingest
 * objects in order, and how similar their texts are: `shared` of `total` shingles. `a` is the smaller place.
 */
export interface NearRow {
  readonly a: number;
  readonly b: number;
  readonly shared: number;
  readonly total: number;
}

/**
 * One row of the decisions object: what became of a function or input row of ingest, in the order of the ingest
 * objects. Rows of one ingest batch are one contiguous range, whose bounds the object's metadata holds.
 */
export interface UniqueRow {
  readonly batch_index: number;
  /** 0-based row of the ingest object of that batch. */
  readonly ingest_row: number;
  readonly unit: 'function' | 'input';
  readonly id: string;
  readonly parent_id: string;
  readonly decision: 'kept' | 'duplicate' | 'contaminated' | 'rejected' | 'dropped';
  readonly reasons: readonly Reason[];
  /**
   * Duplicate function: the functionId kept instead (its own where equal texts merged). Contaminated function: the label of
   * the benchmark's record. Duplicate input: its inputId.
   */
  readonly keeper_id: string | null;
  /** Kept input: its place among the kept inputs of its function. */
  readonly input_index: number | null;
  /** Kept function: JSON array of [batch index, ingest row] of its kept inputs by input_index; else null. */
  readonly inputs: string | null;
  /** Of an input. */
  readonly origin: InputOrigin | null;
}

/** One row of a benchmark object: a function that a benchmark asks about, in the order of its file. */
export interface BenchmarkRow {
  /** The record's label. */
  readonly item: string;
  readonly skeleton: string;
  /** Positional parameters; null where their number is open. */
  readonly parameters: number | null;
  /** JSON: what it returns for inputs of the benchmark, `[{ args, value }]`; empty where that says nothing. */
  readonly outputs: string;
}

/**
 * `tree`: the skeletons are equal; `tokens`: the function holds most of the item's runs of tokens; `outputs`: it has most of
 * the item's words and returns the same for the benchmark's inputs.
 */
export const CONTAMINATION_RULES = ['tree', 'tokens', 'outputs'] as const;
export type ContaminationRule = (typeof CONTAMINATION_RULES)[number];

/** One row of a match object: a function of the ingest batch and an item that it is or holds, best first. */
export interface MatchRow {
  /** 0-based row of the ingest object. */
  readonly ingest_row: number;
  readonly item: string;
  readonly rule: ContaminationRule;
  /** Runs of tokens that both have, of those that the item has; of the rule outputs, inputs. */
  readonly shared: number;
  readonly total: number;
}

/** One row of an earlier object: a function that an earlier set holds, by file and row of the set. */
export interface EarlierRow {
  readonly function_id: string;
  /** Null for kind import, whose tree is that of a module of another image. */
  readonly ast_digest: string | null;
  readonly source_digest: string;
  /** Its own lines. */
  readonly text: string;
  readonly split: Split;
  readonly cluster_id: string | null;
  readonly repository: string | null;
}

/** One row of the object of the pass place: a kept function. Sorted by function_id. */
export interface PlaceRow {
  readonly function_id: string;
  /** Smallest functionId of its cluster; null where functions are not split. */
  readonly cluster_id: string | null;
  readonly split: Split;
  /** Rule and label of each item that it resembles; null where no benchmarks were named. */
  readonly contaminated_by: readonly string[] | null;
}

/** `faulted` stands where no outcome could be had; every fact that only an execution gives is then null or empty. */
export type SealedOutcome = OutcomeKind | 'faulted';

/**
 * One row of a trace object: a published row before its verdict, so without `reasons` and `row_digest`, which publish
 * adds. The writer sorts by function_id, then input_index.
 */
export interface SealedTraceRow extends Omit<TraceRow, 'outcome' | 'reasons' | 'row_digest'> {
  readonly outcome: SealedOutcome;
  readonly fault_code: ErrorCode | null;
  /** What the second execution ended differently in; null where it did not run. */
  readonly confirm_differs: readonly ConfirmFact[] | null;
}

/** One row of a refine object: the verdict on the row at the same place of the trace object. */
export interface RefineRow {
  readonly id: string;
  readonly function_id: string;
  readonly input_id: string;
  readonly input_index: number;
  readonly outcome: SealedOutcome;
  readonly fault_code: ErrorCode | null;
  readonly verdict: 'accepted' | 'rejected' | 'duplicate' | null;
  /** All reasons that applied; `duplicate-trace` for a duplicate. */
  readonly reasons: readonly Reason[];
  /** Row id of the trace that is kept instead. */
  readonly keeper_id: string | null;
}

/** One row of a render object: what a published trace offers as text, in the order of its published file. */
export interface RenderRow {
  readonly trace_id: string;
  readonly function_id: string;
  readonly repository: string | null;
  /** 1 where the call raised. */
  readonly raised: number;
  /** Equal for functions of one text. */
  readonly source_key: string;
  /** Keys of its examples, 16 characters each, in their order; those that its function offered before are left out. */
  readonly examples: string;
  /**
   * On the last trace of a function: for each distinct state of its traces 8 bytes of it and 4 of the state that follows,
   * as Base64. Else empty.
   */
  readonly steps: string;
}

/** The row of the object of the pass select for one file of text. */
export interface SelectRow {
  readonly part: number;
  /** Base64 of one bit for each example of the file's render object, in their order, the lowest bit first: 1 is taken. */
  readonly kept: string;
}
