// The row of one invocation: facts in, row out. Digests and ids are made by the caller, who has the hash functions.
import { BACKSTOP_OUTCOMES, BUILD_OUTCOMES, LABELS } from '../contract/outcome.ts';
import type { ErrorCode } from '../contract/error-code.ts';
import type { FunctionPayload, InputPayload } from '../contract/sealed-rows.ts';
import type { FunctionId, InputId, RowId } from '../contract/ids.ts';
import type { Ending, Label, OutcomeKind } from '../contract/outcome.ts';
import type { ConfirmFact } from '../contract/policy.ts';
import type { SealedTraceRow } from '../contract/sealed-rows.ts';
import { TRACE_FORMAT_VERSION } from '../contract/trace.ts';
import type { DecodedTrace } from '../contract/trace.ts';

/** One invocation of a batch: a kept function and one of its kept inputs. */
export interface TraceItem {
  readonly functionId: FunctionId;
  readonly function: FunctionPayload;
  readonly inputId: InputId;
  readonly input: InputPayload;
  readonly inputIndex: number;
}

/** What all rows of a batch have in common. */
export interface RowContext {
  readonly environment: { readonly id: string; readonly python: string; readonly tracer: string };
  readonly granularity: string;
  readonly scope: string;
  /** Canonical JSON of the limits. */
  readonly limits: string;
}

/** What the row says of the events; the caller digests their path. */
export type TraceFacts = Pick<
  DecodedTrace,
  | 'eventsJson'
  | 'nEvents'
  | 'nLines'
  | 'nCalls'
  | 'depthMax'
  | 'nCutValues'
  | 'nOpaque'
  | 'opaqueCallees'
> & { readonly pathDigest: string };

/** How an invocation ended after all its executions. */
export type InvocationEnd =
  | {
      readonly kind: 'ended';
      readonly ending: Ending;
      readonly labels: readonly Label[];
      readonly trace: TraceFacts;
      /** Null where confirm did not run. */
      readonly confirmDiffers: readonly ConfirmFact[] | null;
    }
  /** No outcome could be had: a row of the ledger, never of the data. */
  | { readonly kind: 'faulted'; readonly code: ErrorCode };

const EVENTLESS: ReadonlySet<OutcomeKind> = new Set([...BUILD_OUTCOMES, ...BACKSTOP_OUTCOMES]);

/** False where the contract gives the row no events, whatever was recorded. */
export function hasEvents(outcome: OutcomeKind): boolean {
  return !EVENTLESS.has(outcome);
}

/**
 * The ending of what time or memory decided: only what does not depend on when that was. It is the same on fast and
 * slow machines that end the invocation so at all.
 */
export function canonicalBackstop(outcome: OutcomeKind, limitHit: string | null): Ending {
  return {
    outcome,
    limitHit,
    exceptionType: null,
    exceptionMessage: null,
    returnValue: null,
    returnType: null,
    returnIsLiteral: null,
    argsAfter: null,
    stdout: '',
    stderr: '',
  };
}

/** Each label once, in the order of the contract's list. */
export function canonicalLabels(labels: readonly Label[]): readonly Label[] {
  const given = new Set(labels);
  return LABELS.filter((label) => given.has(label));
}

const NO_ENDING = {
  outcome: 'faulted',
  limit_hit: null,
  exception_type: null,
  exception_message: null,
  return_value: null,
  return_type: null,
  stdout: '',
  stderr: '',
  return_is_literal: null,
  args_after: null,
} as const;

function endingColumns(end: InvocationEnd) {
  if (end.kind === 'faulted') return NO_ENDING;
  const { ending } = end;
  return {
    outcome: ending.outcome,
    limit_hit: ending.limitHit,
    exception_type: ending.exceptionType,
    exception_message: ending.exceptionMessage,
    return_value: ending.returnValue,
    return_type: ending.returnType,
    stdout: ending.stdout,
    stderr: ending.stderr,
    return_is_literal: ending.returnIsLiteral,
    args_after: ending.argsAfter,
  };
}

function traceColumns(facts: TraceFacts) {
  return {
    events: facts.eventsJson,
    // Event 0 is the state before the first step, and no step.
    n_events: Math.max(0, facts.nEvents - 1),
    n_lines: facts.nLines,
    n_calls: facts.nCalls,
    depth_max: facts.depthMax,
    n_cut_values: facts.nCutValues,
    n_opaque: facts.nOpaque,
    path_digest: facts.pathDigest,
    opaque_callees: facts.opaqueCallees,
  };
}

function provenanceColumns({ provenance }: FunctionPayload) {
  return {
    repository: provenance.repository,
    path: provenance.path,
    commit: provenance.commit,
    qualname: provenance.qualname,
    license: provenance.license,
    license_source: provenance.licenseSource,
    line_start: provenance.lineStart,
    line_end: provenance.lineEnd,
  };
}

/** What a row says of its function and input, and not of what they did. */
function itemColumns({ function: of, input, inputIndex }: TraceItem) {
  return {
    entry: of.entry,
    kind: of.kind,
    source: of.source,
    input_index: inputIndex,
    setup: input.setup,
    call: input.call,
    stdin: input.stdin,
    input_origin: input.origin,
    llm_model: input.llmModel,
    ...provenanceColumns(of),
  };
}

/** Columns of stages that did not run hold null; split is then `train`. */
const LATER_STAGES = {
  cluster_id: null,
  split: 'train',
  contaminated_by: null,
} as const;

/** What the search for inputs saw; null where none was made. */
function probedColumns({ probed }: InputPayload) {
  return {
    slice_verified: probed?.sliceVerified ?? null,
    line_coverage: probed?.lineCoverage ?? null,
    branch_coverage: probed?.branchCoverage ?? null,
  };
}

/** Randomness is another one for each invocation: what depends on it is not what depends on earlier calls. */
function labelsOf(
  { input }: TraceItem,
  end: { readonly labels: readonly Label[] },
): readonly Label[] {
  const labels = input.probed?.labels ?? [];
  return end.labels.includes('touches-random')
    ? labels.filter((label) => label !== 'stateful')
    : labels;
}

/** Labels that a search for inputs gives, and a run never does. */
const SEARCH_LABELS: ReadonlySet<Label> = new Set(['input-type-error', 'stateful']);

/**
 * An older row of the same id, as this item's: another corpus may have the function elsewhere and the input from another
 * origin, and another search may have seen other things of it. Null where the texts that ran differ, which ids do not tell
 * of an input's layout, or where there was no end.
 */
export function reusedRow(older: SealedTraceRow, item: TraceItem): SealedTraceRow | null {
  const now = itemColumns(item);
  const isSame =
    older.outcome !== 'faulted' &&
    older.source === now.source &&
    older.setup === now.setup &&
    older.call === now.call &&
    older.stdin === now.stdin;
  if (!isSame) return null;
  const labelsOfRun = LABELS.filter(
    (label) => older.labels.includes(label) && !SEARCH_LABELS.has(label),
  );
  const labels = canonicalLabels([...labelsOfRun, ...labelsOf(item, { labels: labelsOfRun })]);
  return { ...older, ...now, ...probedColumns(item.input), labels, ...LATER_STAGES };
}

/** Facts of a trace without an event, given the digest of the empty path. */
export function noEvents(pathDigest: string): TraceFacts {
  return {
    eventsJson: '[]',
    nEvents: 0,
    nLines: 0,
    nCalls: 0,
    depthMax: 0,
    nCutValues: 0,
    nOpaque: 0,
    opaqueCallees: [],
    pathDigest,
  };
}

/** The columns that an execution alone decides. */
export function executionColumns(
  end: Extract<InvocationEnd, { readonly kind: 'ended' }>,
  emptyPath: string,
) {
  const { outcome } = end.ending;
  const facts = hasEvents(outcome) ? end.trace : noEvents(emptyPath);
  return { ...endingColumns(end), outcome, ...traceColumns(facts) };
}

/** `emptyPath` is the digest of a path without events, for what has none. */
export function makeTraceRow(facts: {
  readonly id: RowId;
  readonly item: TraceItem;
  readonly context: RowContext;
  readonly end: InvocationEnd;
  readonly emptyPath: string;
}): SealedTraceRow {
  const { item, context, end } = facts;
  const isTraced = end.kind === 'ended' && hasEvents(end.ending.outcome);
  return {
    id: facts.id,
    function_id: item.functionId,
    input_id: item.inputId,
    environment: context.environment.id,
    format_version: TRACE_FORMAT_VERSION,
    ...itemColumns(item),
    python: context.environment.python,
    tracer: context.environment.tracer,
    granularity: context.granularity,
    scope: context.scope,
    limits: context.limits,
    ...endingColumns(end),
    ...traceColumns(isTraced ? end.trace : noEvents(facts.emptyPath)),
    ...probedColumns(item.input),
    labels: end.kind === 'ended' ? canonicalLabels([...end.labels, ...labelsOf(item, end)]) : [],
    ...LATER_STAGES,
    fault_code: end.kind === 'faulted' ? end.code : null,
    confirm_differs: end.kind === 'ended' ? end.confirmDiffers : null,
  };
}
