// The published rows, column by column in schema order (docs/data-set.md). Field names are the column names.
// Columns of stages that did not run hold null; split is then `train`.
import type { InputOrigin } from './function.ts';
import type { Digest, RowId } from './ids.ts';
import type { OutcomeKind, Verdict } from './outcome.ts';

/** A row of `traces` and `rejected`. int32 columns are JavaScript integers, `list<string>` are arrays. */
export interface TraceRow {
  readonly id: RowId;
  readonly function_id: string;
  readonly input_id: string;
  readonly cluster_id: string | null;
  readonly environment: string;
  readonly split: string;
  readonly entry: string;
  readonly kind: string;
  readonly format_version: number;
  readonly input_index: number;
  readonly source: string;
  readonly setup: string;
  readonly call: string;
  readonly stdin: string;
  readonly input_origin: string;
  readonly llm_model: string | null;
  /** CPython version, for example `3.13.5`. */
  readonly python: string;
  /** Backend and version, for example `core/1`. */
  readonly tracer: string;
  readonly granularity: string;
  readonly scope: string;
  /** Canonical JSON of the limits. */
  readonly limits: string;
  readonly outcome: OutcomeKind;
  readonly limit_hit: string | null;
  readonly exception_type: string | null;
  readonly exception_message: string | null;
  readonly return_value: string | null;
  readonly return_type: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly return_is_literal: boolean | null;
  readonly slice_verified: boolean | null;
  readonly args_after: string | null;
  /** One JSON text, an array of events; `[]` where the outcome has none. */
  readonly events: string;
  readonly n_events: number;
  readonly n_lines: number;
  readonly n_calls: number;
  readonly depth_max: number;
  readonly n_cut_values: number;
  readonly n_opaque: number;
  readonly path_digest: string;
  readonly row_digest: string;
  readonly opaque_callees: readonly string[];
  readonly labels: readonly string[];
  readonly reasons: readonly string[];
  readonly contaminated_by: readonly string[] | null;
  readonly line_coverage: number | null;
  readonly branch_coverage: number | null;
  readonly repository: string | null;
  readonly path: string | null;
  readonly commit: string | null;
  readonly qualname: string | null;
  readonly license: string | null;
  readonly license_source: string | null;
  readonly line_start: number | null;
  readonly line_end: number | null;
}

/** One row of `ledger`: what became of a record, function, input or invocation. */
export interface LedgerRow {
  readonly unit: 'record' | 'function' | 'input' | 'invocation';
  /** Record: its label. Function: functionId. Input: `functionId/inputId`. Invocation: row id. */
  readonly id: string;
  readonly parent_id: string | null;
  /** The last stage that touched it. */
  readonly stage: 'ingest' | 'unique' | 'synthesize' | 'trace' | 'refine' | 'publish';
  /** Record: parsed or rejected. Function, input: kept or dropped. Invocation: its outcome, or `faulted`. */
  readonly outcome: string;
  readonly verdict: Verdict['kind'] | null;
  /** Reasons, and for what is faulted its code. */
  readonly reasons: readonly string[];
  readonly keeper_id: string | null;
  /** Published file (relative to the set) and 0-based row in it; null where there is none. */
  readonly file: string | null;
  readonly row: number | null;
  /** Where an input comes from; null of everything else. */
  readonly origin: InputOrigin | null;
}

/** One object as manifests list it. `digest` is over its bytes, `rowsDigest` over its decoded rows in order. */
export interface ObjectEntry {
  readonly key: string;
  readonly bytes: number;
  readonly rows: number;
  readonly digest: Digest;
  readonly rowsDigest: Digest | null;
}
