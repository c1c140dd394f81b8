// A quality policy: which traced invocations go into a data set (docs/policy.md). A published one never changes; another
// rule is another version.
import type { Label, OutcomeKind } from './outcome.ts';

export const PERSONAL_DATA = ['email', 'phone', 'ip-address', 'credit-card', 'iban'] as const;
export type PersonalDataKind = (typeof PERSONAL_DATA)[number];

export const SECRETS = ['private-key', 'access-key', 'token', 'password'] as const;
export type SecretKind = (typeof SECRETS)[number];

/** What the second execution can differ in, in the order in which it is told. */
export const CONFIRM_FACTS = [
  'outcome',
  'value',
  'exception',
  'args-after',
  'stdout',
  'stderr',
] as const;
export type ConfirmFact = (typeof CONFIRM_FACTS)[number];

/** A checked document with all defaults; null and empty lists are rules that reject nothing. */
export interface Policy {
  readonly policyVersion: 1;
  /** `name@version`. */
  readonly name: string;
  /** Any other outcome is a reason to reject. */
  readonly outcomes: readonly OutcomeKind[];
  /** Each of these labels is a reason to reject. */
  readonly labels: readonly Label[];
  /** Events after the first. */
  readonly steps: { readonly min: number | null; readonly max: number | null };
  /** Bytes of UTF-8 at most; `output` is of stdout and stderr together. */
  readonly bytes: {
    readonly events: number | null;
    readonly output: number | null;
    readonly returned: number | null;
  };
  /** Least number of distinct lines that ran, and of events that changed a variable or an object. */
  readonly trivial: { readonly lines: number | null; readonly changes: number | null };
  /** Least shares of the function, from 0 to 1; `unknown` is about rows for which nobody measured them. */
  readonly coverage: {
    readonly line: number | null;
    readonly branch: number | null;
    readonly unknown: 'accept' | 'reject';
  };
  /** Most values that a cap cut, and most events that saw calls of untraced code. */
  readonly values: {
    readonly cut: number | null;
    readonly opaque: number | null;
    readonly literal: boolean;
  };
  /** SPDX ids; null accepts every licence. `unknown` is about rows without one. */
  readonly licenses: {
    readonly allow: readonly string[] | null;
    readonly unknown: 'accept' | 'reject';
  };
  readonly personalData: readonly PersonalDataKind[];
  readonly secrets: readonly SecretKind[];
  /** `required`: the second execution must have run. `refuse`: what it must not have differed in. */
  readonly confirm: { readonly required: boolean; readonly refuse: readonly ConfirmFact[] };
  /** Most accepted traces of one function with one path and states of one shape; null keeps all. */
  readonly similar: { readonly keep: number | null };
}

/** How a resolved spec names its policy: one that every version of the program knows, or a document of the job's own. */
export type PolicyRef = 'default@1' | { readonly name: string; readonly digest: string };
