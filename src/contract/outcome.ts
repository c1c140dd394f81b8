// What a user's function did (outcome, labels) and what we think of it (verdict, reasons). Facts and judgements are
// data; a fault of our own machinery is never one of these (see error-code.ts).

/** Ended as the program decided; the row has events. */
export const PROGRAM_OUTCOMES = ['returned', 'raised', 'exited'] as const;
/** Module text or input building raised; no events. */
export const BUILD_OUTCOMES = ['load-failed', 'input-failed'] as const;
/** A counted budget was spent; the row has the events up to it. */
export const BUDGET_OUTCOMES = [
  'events-exceeded',
  'fuel-exceeded',
  'bytes-exceeded',
  'output-exceeded',
] as const;
/** The child ended without a result; the row has the prefix. */
export const LOST_OUTCOMES = ['vanished', 'crashed'] as const;
/** Time or memory decided, confirmed alone under four times the limit; canonical record without events. */
export const BACKSTOP_OUTCOMES = ['cpu-exceeded', 'wall-exceeded', 'memory-exceeded'] as const;

export const OUTCOMES = [
  ...PROGRAM_OUTCOMES,
  ...BUILD_OUTCOMES,
  ...BUDGET_OUTCOMES,
  ...LOST_OUTCOMES,
  ...BACKSTOP_OUTCOMES,
] as const;
export type OutcomeKind = (typeof OUTCOMES)[number];

export const LABELS = [
  'tampered',
  'threads',
  'processes',
  'nondeterministic',
  'identity-order',
  'hash-order',
  'identity',
  'stateful',
  'borderline',
  'touches-clock',
  'touches-random',
  'touches-environment',
  'touches-files',
  'touches-network',
  'input-type-error',
  'opaque',
] as const;
export type Label = (typeof LABELS)[number];

/** A reason is an outcome, a label, or one of these. docs/concepts.md lists all of them. */
export const RECORD_REASONS = [
  'not-utf8',
  'not-json',
  'not-an-object',
  'field-missing',
  'field-wrong-type',
  'syntax-error',
  'source-too-long',
  'entry-missing',
  'entry-not-function',
  'module-missing',
  'no-functions',
  'archive-refused',
  'license-not-selected',
] as const;
export const FUNCTION_REASONS = [
  'duplicate-source',
  'duplicate-ast',
  'duplicate-near',
  'earlier-source',
  'earlier-ast',
  'earlier-near',
  'contaminated-tree',
  'contaminated-tokens',
  'contaminated-outputs',
  'no-inputs',
  'kind-not-selected',
  'size-not-selected',
  'loops-not-selected',
] as const;
/** Why a function that a file defines is no record of its own. */
export const EXTRACTION_REASONS = [
  'abstract-method',
  'defined-again',
  'empty-body',
  'name-rebound',
  'name-unbound',
  'needs-package',
  'nested-closure',
  'overload-stub',
  'slice-too-long',
] as const;
export const INPUT_REASONS = [
  'input-syntax-error',
  'input-form-not-allowed',
  'input-unsafe',
  'duplicate-input',
  'over-keep',
  'adds-nothing',
  'function-dropped',
] as const;
export type InputReason = (typeof INPUT_REASONS)[number];
/** Of rows: what a policy rejects beside outcomes and labels, in the order in which its rules are asked. */
export const POLICY_REASONS = [
  'too-few-steps',
  'too-many-steps',
  'events-too-large',
  'output-too-large',
  'return-too-large',
  'trivial',
  'line-coverage-low',
  'branch-coverage-low',
  'coverage-unknown',
  'values-cut',
  'opaque-steps',
  'return-not-literal',
  'license-refused',
  'license-unknown',
  'personal-data',
  'secret',
  'not-confirmed',
  'confirm-differs',
  'similar-trace',
] as const;
export type PolicyReason = (typeof POLICY_REASONS)[number];
export const ROW_REASONS = ['duplicate-trace'] as const;

export type Reason =
  | OutcomeKind
  | Label
  | (typeof RECORD_REASONS)[number]
  | (typeof FUNCTION_REASONS)[number]
  | (typeof EXTRACTION_REASONS)[number]
  | (typeof INPUT_REASONS)[number]
  | PolicyReason
  | (typeof ROW_REASONS)[number];

export type Verdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'rejected'; readonly reasons: readonly Reason[] }
  | { readonly kind: 'duplicate'; readonly keeper: string };

/** The end of one invocation as the published row tells it. Absent facts are null, never guessed. */
export interface Ending {
  readonly outcome: OutcomeKind;
  /** The limit that ended it, for example `fuel=10000000`; null where the program decided. */
  readonly limitHit: string | null;
  readonly exceptionType: string | null;
  readonly exceptionMessage: string | null;
  readonly returnValue: string | null;
  readonly returnType: string | null;
  readonly returnIsLiteral: boolean | null;
  /** JSON text: the arguments after the call, in the value grammar of docs/trace-format.md. */
  readonly argsAfter: string | null;
  readonly stdout: string;
  readonly stderr: string;
}
