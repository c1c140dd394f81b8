// The reasons against a traced invocation that no other row has a part in: those of the policy, or the code of its fault.
import type { SealedTraceRow } from '../contract/sealed-rows.ts';
import { judge } from './policy.ts';
import type { Policy } from './policy.ts';

/** Empty where the policy accepts it; whether it repeats another trace only refine knows. */
export function reasonsOf(
  row: Pick<SealedTraceRow, 'outcome' | 'labels' | 'fault_code'>,
  policy: Policy,
): readonly string[] {
  const { outcome, labels, fault_code } = row;
  if (outcome === 'faulted') return fault_code === null ? [] : [fault_code];
  return judge(policy, { outcome, labels });
}
