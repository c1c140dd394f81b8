// Quality policies as versioned documents. A published policy never changes; another rule is another version.
import { LABELS } from '../contract/outcome.ts';
import type { Label, OutcomeKind, Reason } from '../contract/outcome.ts';

export interface Policy {
  readonly name: string;
  /** Any other outcome is a reason to reject. */
  readonly accepts: readonly OutcomeKind[];
  /** Each of these labels is a reason to reject. */
  readonly refuses: readonly Label[];
}

export const DEFAULT_1: Policy = {
  name: 'default@1',
  accepts: ['returned', 'raised', 'exited'],
  refuses: ['nondeterministic', 'borderline', 'tampered', 'threads'],
};

const POLICIES = { 'default@1': DEFAULT_1 } as const;
export type PolicyName = keyof typeof POLICIES;

export function policyOf(name: PolicyName): Policy {
  return POLICIES[name];
}

/** All reasons to reject, the outcome first, then labels in the order of docs/concepts.md; empty accepts. */
export function judge(
  policy: Policy,
  row: { readonly outcome: OutcomeKind; readonly labels: readonly string[] },
): readonly Reason[] {
  const outcome = policy.accepts.includes(row.outcome) ? [] : [row.outcome];
  const labels = LABELS.filter(
    (label) => policy.refuses.includes(label) && row.labels.includes(label),
  );
  return [...outcome, ...labels];
}
