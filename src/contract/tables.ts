// Columns of every table, sealed or published, in schema order (docs/data-set.md). Key order is schema order; the types
// below keep each list equal to its row type, and test/unit/store/schema.test.ts freezes what is published.
import type { LedgerRow, TraceRow } from './row.ts';
import type { LossSpan, TextRow } from './text.ts';
import type {
  BenchmarkRow,
  EarlierRow,
  IngestRow,
  MatchRow,
  NearRow,
  PlaceRow,
  ProbeRow,
  PromptRow,
  RefineRow,
  RenderRow,
  SealedTraceRow,
  SelectRow,
  UniqueRow,
} from './sealed-rows.ts';

/** `strings` is list<string>, `spans` list<struct<start int32, end int32>>; a question mark allows null. */
export type ColumnType =
  | 'string'
  | 'string?'
  | 'int32'
  | 'int32?'
  | 'bool?'
  | 'float32?'
  | 'strings'
  | 'strings?'
  | 'spans';

type BaseType<Value> = [Value] extends [readonly string[]]
  ? 'strings'
  : [Value] extends [readonly LossSpan[]]
    ? 'spans'
    : [Value] extends [string]
      ? 'string'
      : [Value] extends [boolean]
        ? 'bool'
        : 'int32' | 'float32';
type TypeOf<Value> = null extends Value ? `${BaseType<NonNullable<Value>>}?` : BaseType<Value>;
export type Columns<Row> = { readonly [Name in keyof Row]-?: ColumnType & TypeOf<Row[Name]> };

export const TRACE_COLUMNS = {
  id: 'string',
  function_id: 'string',
  input_id: 'string',
  cluster_id: 'string?',
  environment: 'string',
  split: 'string',
  entry: 'string',
  kind: 'string',
  format_version: 'int32',
  input_index: 'int32',
  source: 'string',
  setup: 'string',
  call: 'string',
  stdin: 'string',
  input_origin: 'string',
  llm_model: 'string?',
  python: 'string',
  tracer: 'string',
  granularity: 'string',
  scope: 'string',
  limits: 'string',
  outcome: 'string',
  limit_hit: 'string?',
  exception_type: 'string?',
  exception_message: 'string?',
  return_value: 'string?',
  return_type: 'string?',
  stdout: 'string',
  stderr: 'string',
  return_is_literal: 'bool?',
  slice_verified: 'bool?',
  args_after: 'string?',
  events: 'string',
  n_events: 'int32',
  n_lines: 'int32',
  n_calls: 'int32',
  depth_max: 'int32',
  n_cut_values: 'int32',
  n_opaque: 'int32',
  path_digest: 'string',
  row_digest: 'string',
  opaque_callees: 'strings',
  labels: 'strings',
  reasons: 'strings',
  contaminated_by: 'strings?',
  line_coverage: 'float32?',
  branch_coverage: 'float32?',
  repository: 'string?',
  path: 'string?',
  commit: 'string?',
  qualname: 'string?',
  license: 'string?',
  license_source: 'string?',
  line_start: 'int32?',
  line_end: 'int32?',
} as const satisfies Columns<TraceRow>;

export const LEDGER_COLUMNS = {
  unit: 'string',
  id: 'string',
  parent_id: 'string?',
  stage: 'string',
  outcome: 'string',
  verdict: 'string?',
  reasons: 'strings',
  keeper_id: 'string?',
  file: 'string?',
  row: 'int32?',
  origin: 'string?',
} as const satisfies Columns<LedgerRow>;

export const TEXT_COLUMNS = {
  id: 'string',
  text: 'string',
  format: 'string',
  function_id: 'string',
  trace_id: 'string',
  split: 'string',
  loss_spans: 'spans',
  step_from: 'int32',
  step_to: 'int32',
  ahead: 'int32',
  tokens: 'int32',
} as const satisfies Columns<TextRow>;

export const INGEST_COLUMNS = {
  unit: 'string',
  record_index: 'int32',
  position: 'int32',
  id: 'string',
  parent_id: 'string?',
  ast_digest: 'string?',
  outcome: 'string',
  reasons: 'strings',
  origin: 'string?',
  payload: 'string?',
} as const satisfies Columns<IngestRow>;

export const NEAR_COLUMNS = {
  a: 'int32',
  b: 'int32',
  shared: 'int32',
  total: 'int32',
} as const satisfies Columns<NearRow>;

export const UNIQUE_COLUMNS = {
  batch_index: 'int32',
  ingest_row: 'int32',
  unit: 'string',
  id: 'string',
  parent_id: 'string',
  decision: 'string',
  reasons: 'strings',
  keeper_id: 'string?',
  input_index: 'int32?',
  inputs: 'string?',
  origin: 'string?',
} as const satisfies Columns<UniqueRow>;

export const EARLIER_COLUMNS = {
  function_id: 'string',
  ast_digest: 'string?',
  source_digest: 'string',
  text: 'string',
  split: 'string',
  cluster_id: 'string?',
  repository: 'string?',
} as const satisfies Columns<EarlierRow>;

export const BENCHMARK_COLUMNS = {
  item: 'string',
  skeleton: 'string',
  parameters: 'int32?',
  outputs: 'string',
} as const satisfies Columns<BenchmarkRow>;

export const MATCH_COLUMNS = {
  ingest_row: 'int32',
  item: 'string',
  rule: 'string',
  shared: 'int32',
  total: 'int32',
} as const satisfies Columns<MatchRow>;

export const PLACE_COLUMNS = {
  function_id: 'string',
  cluster_id: 'string?',
  split: 'string',
  contaminated_by: 'strings?',
} as const satisfies Columns<PlaceRow>;

export const PROBE_COLUMNS = {
  function_id: 'string',
  position: 'int32',
  unit: 'string',
  id: 'string',
  decision: 'string',
  reasons: 'strings',
  input_index: 'int32?',
  origin: 'string?',
  payload: 'string?',
} as const satisfies Columns<ProbeRow>;

export const PROMPT_COLUMNS = {
  function_id: 'string',
  status: 'string',
  request: 'string?',
  reply: 'string?',
  prompt_tokens: 'int32',
  reply_tokens: 'int32',
  inputs: 'string?',
} as const satisfies Columns<PromptRow>;

const { reasons: _reasons, row_digest: _rowDigest, ...UNJUDGED_COLUMNS } = TRACE_COLUMNS;
export const SEALED_TRACE_COLUMNS = {
  ...UNJUDGED_COLUMNS,
  fault_code: 'string?',
  confirm_differs: 'strings?',
} as const satisfies Columns<SealedTraceRow>;

export const REFINE_COLUMNS = {
  id: 'string',
  function_id: 'string',
  input_id: 'string',
  input_index: 'int32',
  outcome: 'string',
  fault_code: 'string?',
  verdict: 'string?',
  reasons: 'strings',
  keeper_id: 'string?',
} as const satisfies Columns<RefineRow>;

export const RENDER_COLUMNS = {
  trace_id: 'string',
  function_id: 'string',
  repository: 'string?',
  raised: 'int32',
  source_key: 'string',
  examples: 'string',
  steps: 'string',
} as const satisfies Columns<RenderRow>;

export const SELECT_COLUMNS = {
  part: 'int32',
  kept: 'string',
} as const satisfies Columns<SelectRow>;
