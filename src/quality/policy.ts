// Judges a row by a policy: every rule is asked, so that all reasons are told. The grammar is in docs/policy.md.
import { LABELS } from '../contract/outcome.ts';
import type { OutcomeKind, PolicyReason, Reason } from '../contract/outcome.ts';
import type { Policy } from '../contract/policy.ts';
import type { SealedTraceRow } from '../contract/sealed-rows.ts';
import { isLicensed } from '../schema/license.ts';
import { activityOf } from './activity.ts';
import { holdsPersonalData } from './personal-data.ts';
import { holdsSecret } from './secrets.ts';

export const DEFAULT_1: Policy = {
  policyVersion: 1,
  name: 'default@1',
  outcomes: ['returned', 'raised', 'exited'],
  labels: ['tampered', 'threads', 'nondeterministic', 'borderline'],
  steps: { min: null, max: null },
  bytes: { events: null, output: null, returned: null },
  trivial: { lines: null, changes: null },
  coverage: { line: null, branch: null, unknown: 'accept' },
  values: { cut: null, opaque: null, literal: false },
  licenses: { allow: null, unknown: 'accept' },
  personalData: [],
  secrets: [],
  confirm: { required: false, refuse: [] },
  similar: { keep: null },
};

/** Written by people, or printed by the program: where a person's data or a secret would stand. */
const TEXTS = [
  'source',
  'setup',
  'call',
  'stdin',
  'stdout',
  'stderr',
  'exception_message',
  'return_value',
] as const;

/** Every column that some rule looks at, beside outcome and labels. */
type RuleColumn =
  | (typeof TEXTS)[number]
  | 'n_events'
  | 'events'
  | 'n_cut_values'
  | 'n_opaque'
  | 'return_is_literal'
  | 'line_coverage'
  | 'branch_coverage'
  | 'license'
  | 'confirm_differs';
export type JudgedColumn = RuleColumn | 'outcome' | 'labels';
export type RuleFacts = Pick<SealedTraceRow, RuleColumn>;

/** An execution that ended, as far as a policy looks at it. */
export interface JudgedFacts extends RuleFacts {
  readonly outcome: OutcomeKind;
  readonly labels: readonly string[];
}

/** All that decides; the name does not. */
type Rules = Omit<Policy, 'name'>;

interface Rule {
  readonly reason: PolicyReason;
  readonly columns: readonly RuleColumn[];
  /** False where the policy does not have the rule: then its columns need not be there. */
  readonly isOn: (policy: Rules) => boolean;
  readonly rejects: (policy: Rules, row: RuleFacts) => boolean;
}

const above = (value: number, max: number | null): boolean => max !== null && value > max;
const below = (value: number | null, min: number | null): boolean =>
  min !== null && value !== null && value < min;
const bytesOf = (...texts: readonly (string | null)[]): number =>
  texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? '', 'utf8'), 0);

/** In the order of POLICY_REASONS, but for the rule that compares rows with each other. */
const RULES: readonly Rule[] = [
  {
    reason: 'too-few-steps',
    columns: ['n_events'],
    isOn: ({ steps }) => steps.min !== null,
    rejects: ({ steps }, { n_events }) => below(n_events, steps.min),
  },
  {
    reason: 'too-many-steps',
    columns: ['n_events'],
    isOn: ({ steps }) => steps.max !== null,
    rejects: ({ steps }, { n_events }) => above(n_events, steps.max),
  },
  {
    reason: 'events-too-large',
    columns: ['events'],
    isOn: ({ bytes }) => bytes.events !== null,
    rejects: ({ bytes }, { events }) => above(bytesOf(events), bytes.events),
  },
  {
    reason: 'output-too-large',
    columns: ['stdout', 'stderr'],
    isOn: ({ bytes }) => bytes.output !== null,
    rejects: ({ bytes }, { stdout, stderr }) => above(bytesOf(stdout, stderr), bytes.output),
  },
  {
    reason: 'return-too-large',
    columns: ['return_value'],
    isOn: ({ bytes }) => bytes.returned !== null,
    rejects: ({ bytes }, { return_value }) => above(bytesOf(return_value), bytes.returned),
  },
  {
    reason: 'trivial',
    columns: ['events'],
    isOn: ({ trivial }) => trivial.lines !== null || trivial.changes !== null,
    rejects: ({ trivial }, { events }) => {
      const { lines, changes } = activityOf(events);
      return below(lines, trivial.lines) || below(changes, trivial.changes);
    },
  },
  {
    reason: 'line-coverage-low',
    columns: ['line_coverage'],
    isOn: ({ coverage }) => coverage.line !== null,
    rejects: ({ coverage }, { line_coverage }) => below(line_coverage, coverage.line),
  },
  {
    reason: 'branch-coverage-low',
    columns: ['branch_coverage'],
    isOn: ({ coverage }) => coverage.branch !== null,
    rejects: ({ coverage }, { branch_coverage }) => below(branch_coverage, coverage.branch),
  },
  {
    // A function without branches has none to cover, so only its lines tell whether anybody measured.
    reason: 'coverage-unknown',
    columns: ['line_coverage'],
    isOn: ({ coverage }) => coverage.unknown === 'reject',
    rejects: (_policy, { line_coverage }) => line_coverage === null,
  },
  {
    reason: 'values-cut',
    columns: ['n_cut_values'],
    isOn: ({ values }) => values.cut !== null,
    rejects: ({ values }, { n_cut_values }) => above(n_cut_values, values.cut),
  },
  {
    reason: 'opaque-steps',
    columns: ['n_opaque'],
    isOn: ({ values }) => values.opaque !== null,
    rejects: ({ values }, { n_opaque }) => above(n_opaque, values.opaque),
  },
  {
    reason: 'return-not-literal',
    columns: ['return_is_literal'],
    isOn: ({ values }) => values.literal,
    rejects: (_policy, { return_is_literal }) => return_is_literal === false,
  },
  {
    reason: 'license-refused',
    columns: ['license'],
    isOn: ({ licenses }) => licenses.allow !== null,
    rejects: ({ licenses }, { license }) =>
      license !== null && !isLicensed(license, new Set(licenses.allow)),
  },
  {
    reason: 'license-unknown',
    columns: ['license'],
    isOn: ({ licenses }) => licenses.unknown === 'reject',
    rejects: (_policy, { license }) => license === null,
  },
  {
    reason: 'personal-data',
    columns: TEXTS,
    isOn: ({ personalData }) => personalData.length > 0,
    rejects: ({ personalData }, row) =>
      TEXTS.some((name) => holdsPersonalData(row[name] ?? '', personalData)),
  },
  {
    reason: 'secret',
    columns: TEXTS,
    isOn: ({ secrets }) => secrets.length > 0,
    rejects: ({ secrets }, row) => TEXTS.some((name) => holdsSecret(row[name] ?? '', secrets)),
  },
  {
    reason: 'not-confirmed',
    columns: ['confirm_differs'],
    isOn: ({ confirm }) => confirm.required,
    rejects: (_policy, { confirm_differs }) => confirm_differs === null,
  },
  {
    reason: 'confirm-differs',
    columns: ['confirm_differs'],
    isOn: ({ confirm }) => confirm.refuse.length > 0,
    rejects: ({ confirm }, { confirm_differs }) =>
      confirm.refuse.some((fact) => confirm_differs?.includes(fact) === true),
  },
];

/** The columns that `judge` looks at for this policy: others may be left out of the row. */
export function judgedColumns(policy: Rules): readonly JudgedColumn[] {
  const asked = RULES.filter((rule) => rule.isOn(policy)).flatMap(({ columns }) => columns);
  return [...new Set<JudgedColumn>(['outcome', 'labels', ...asked])];
}

/**
 * All reasons to reject: the outcome, then labels in the order of docs/concepts.md, then the rules in theirs; empty
 * accepts, as far as the row alone tells.
 */
export function judge(policy: Rules, row: JudgedFacts): readonly Reason[] {
  const outcome = policy.outcomes.includes(row.outcome) ? [] : [row.outcome];
  const labels = LABELS.filter(
    (label) => policy.labels.includes(label) && row.labels.includes(label),
  );
  const rules = RULES.filter((rule) => rule.isOn(policy) && rule.rejects(policy, row));
  return [...outcome, ...labels, ...rules.map(({ reason }) => reason)];
}
