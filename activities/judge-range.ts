// A range of a finished revision's batches judged by another policy, beside the verdicts that it has.
import type { JudgeRangeInput, VerdictReport } from '../src/contract/judge.ts';
import { judgeBatches } from '../src/store/judge-batches.ts';
import type { ActivityDeps } from './deps.ts';

/** Reads only. Throws AppError `object-missing`, `object-damaged`, `store-*`. */
export async function judgeRange(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: JudgeRangeInput,
): Promise<VerdictReport> {
  return await judgeBatches(deps.storeOf(input.bucket), input);
}
