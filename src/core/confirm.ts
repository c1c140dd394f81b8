// Compares how the traced execution ended with how its second one ended (docs/concepts.md, "Confirm").
import { BACKSTOP_OUTCOMES, BUDGET_OUTCOMES } from '../contract/outcome.ts';
import type { Ending, Label } from '../contract/outcome.ts';
import { CONFIRM_FACTS } from '../contract/policy.ts';
import type { ConfirmFact } from '../contract/policy.ts';

const isIn = (list: readonly string[], outcome: string): boolean => list.includes(outcome);

/** One of two outputs is the beginning of the other: the two cuts need not fall on the same byte. */
function agreesUpToCut(a: string, b: string): boolean {
  return a.length <= b.length ? b.startsWith(a) : a.startsWith(b);
}

const DIFFERS: Readonly<Record<ConfirmFact, (a: Ending, b: Ending) => boolean>> = {
  outcome: (a, b) => a.outcome !== b.outcome,
  value: (a, b) => a.returnValue !== b.returnValue || a.returnType !== b.returnType,
  exception: (a, b) =>
    a.exceptionType !== b.exceptionType || a.exceptionMessage !== b.exceptionMessage,
  'args-after': (a, b) => a.argsAfter !== b.argsAfter,
  stdout: (a, b) => a.stdout !== b.stdout,
  stderr: (a, b) => a.stderr !== b.stderr,
};

/**
 * The facts in which two executions of one invocation differ. Where a budget cut the traced one, only the output up to
 * the cut counts, since the second one is cut by fuel alone. Where time or memory decided, nothing is compared: such
 * an end is confirmed alone under four times the limit instead.
 */
export function confirmDiffers(traced: Ending, confirmed: Ending): readonly ConfirmFact[] {
  if (isIn(BACKSTOP_OUTCOMES, traced.outcome)) return [];
  if (isIn(BUDGET_OUTCOMES, traced.outcome)) {
    return (['stdout', 'stderr'] as const).filter(
      (fact) => !agreesUpToCut(traced[fact], confirmed[fact]),
    );
  }
  return CONFIRM_FACTS.filter((fact) => DIFFERS[fact](traced, confirmed));
}

/** The labels that a comparison earns. */
export function confirmLabels(differs: readonly ConfirmFact[]): readonly Label[] {
  return differs.length > 0 ? ['nondeterministic'] : [];
}
