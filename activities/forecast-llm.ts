// What asking a language model would cost: of every function that a job keeps, before any search has said which of them need
// it. So it is the most that can be asked for, cut where the budget ends.
import type { StepInput } from '../src/contract/job.ts';
import type { LlmSpec } from '../src/contract/spec.ts';
import {
  addSpent,
  allowanceOf,
  fits,
  likelyCostOf,
  NOTHING_SPENT,
  usdOf,
} from '../src/core/llm-budget.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { promptOf, textOf } from '../src/synthesis/prompt.ts';
import { readFoundFunctions } from './found-functions.ts';
import type { FoundFunction } from './found-functions.ts';

export interface LlmForecast {
  readonly model: string;
  readonly budgetUsd: number;
  /** Functions that the budget reaches; null where they are not known yet, as are the costs. */
  readonly functions: number | null;
  /** Of these, what is set aside, and what their replies are likely to cost. */
  readonly atMostUsd: number | null;
  readonly likelyUsd: number | null;
}

/** Where no function is known. */
export function budgetAlone({ model, budgetUsd }: LlmSpec): LlmForecast {
  return { model, budgetUsd, functions: null, atMostUsd: null, likelyUsd: null };
}

/** As if no input reached any line of it. */
function textFor({ function: payload, found }: FoundFunction, llm: LlmSpec): string {
  const { lineStart, lineEnd } = payload.provenance;
  const first = lineStart ?? 1;
  const lines = lineEnd === null ? 0 : Math.max(0, lineEnd - first);
  const missed = Array.from({ length: lines }, (_, at) => first + 1 + at);
  const kept = found.map(({ input }) => input);
  return textOf(promptOf(payload, { missed, half: [], returns: true, kept }, llm));
}

/** Reads what ingest and unique have left; throws AppError `store-*` and `object-*`. */
export async function forecastLlm(
  store: ObjectStore,
  step: StepInput,
  llm: LlmSpec,
): Promise<LlmForecast> {
  let set = NOTHING_SPENT;
  let likely = NOTHING_SPENT;
  let functions = 0;
  for (let batchIndex = 0; batchIndex < step.planBatchCount; batchIndex += 1) {
    const found = await readFoundFunctions(store, { ...step, pass: 'prompt', batchIndex });
    const inOrder = [...found].sort((a, b) => a.order - b.order);
    for (const each of inOrder.filter(({ function: { kind } }) => kind !== 'program')) {
      const text = textFor(each, llm);
      const next = addSpent(set, allowanceOf(text, llm));
      if (!fits(next, llm)) return told(llm, { functions, set, likely });
      set = next;
      likely = addSpent(likely, likelyCostOf(text, llm));
      functions += 1;
    }
  }
  return told(llm, { functions, set, likely });
}

function told(
  { model, budgetUsd }: LlmSpec,
  found: {
    readonly functions: number;
    readonly set: typeof NOTHING_SPENT;
    readonly likely: typeof NOTHING_SPENT;
  },
): LlmForecast {
  const { functions, set, likely } = found;
  return {
    ...{ model, budgetUsd, functions },
    ...{ atMostUsd: usdOf(set.nanoUsd), likelyUsd: usdOf(likely.nanoUsd) },
  };
}
