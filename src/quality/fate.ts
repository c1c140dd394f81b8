// The reasons against a traced invocation that no other row has a part in: those of the policy, or the code of its fault.
import type { Policy } from '../contract/policy.ts';
import type { SealedTraceRow } from '../contract/sealed-rows.ts';
import { judge, judgedColumns } from './policy.ts';
import type { JudgedColumn } from './policy.ts';

/** What has to be read of a row for `reasonsOf`. */
export function fateColumns(policy: Policy): readonly (JudgedColumn | 'fault_code')[] {
  return [...judgedColumns(policy), 'fault_code'];
}

/** Empty where the policy accepts it; whether it repeats another trace only refine knows. */
export function reasonsOf(
  row: Pick<SealedTraceRow, JudgedColumn | 'fault_code'>,
  policy: Policy,
): readonly string[] {
  const { outcome, fault_code } = row;
  if (outcome === 'faulted') return fault_code === null ? [] : [fault_code];
  return judge(policy, { ...row, outcome });
}
