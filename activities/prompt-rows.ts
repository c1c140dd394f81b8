// What a batch of the pass prompt asks about, and the rows of its object: pure. Order is the corpus's own, so that a budget
// reaches the same functions however the job is cut.
import type { BatchCounts } from '../src/contract/job.ts';
import type { InputPayload, ProbeRow, PromptRow } from '../src/contract/sealed-rows.ts';
import type { LlmSpec } from '../src/contract/spec.ts';
import { addSpent, allowanceOf, costOf, fits, withinAllowance } from '../src/core/llm-budget.ts';
import type { Spent } from '../src/core/llm-budget.ts';
import { canonicalJson } from '../src/identity/digest.ts';
import { isWanted, promptOf, textOf } from '../src/synthesis/prompt.ts';
import type { Message, PromptFacts } from '../src/synthesis/prompt.ts';
import { readReply } from '../src/schema/reply.ts';
import type { KeptReply } from '../src/store/replies.ts';
import type { FoundFunction } from './found-functions.ts';
import type { ProbeAnswer } from '../src/schema/probe.ts';

/** In the payload of a function's row of the pass probe: what is to be asked, and what is set aside for it. */
export interface PromptWish extends Spent, Omit<PromptFacts, 'kept'> {}

/** Null where the function has all that can be asked for. */
export function wishOf(
  { function: payload }: Pick<FoundFunction, 'function'>,
  from: { readonly answer: ProbeAnswer; readonly kept: readonly InputPayload[] },
  llm: LlmSpec,
): PromptWish | null {
  const { missed } = from.answer;
  if (missed === null) return null;
  const facts = { missed: missed.lines, half: missed.half, returns: missed.returns };
  if (!isWanted(facts)) return null;
  const messages = promptOf(payload, { ...facts, kept: from.kept }, llm);
  return { ...facts, ...allowanceOf(textOf(messages), llm) };
}

/** One function and its request. */
export interface Asking {
  readonly functionId: string;
  readonly messages: readonly Message[];
  readonly set: Spent;
  /** False where the budget does not reach it. */
  readonly isAsked: boolean;
}

interface Searched {
  readonly wish: PromptWish;
  readonly kept: readonly InputPayload[];
}

function searchedOf(rows: readonly ProbeRow[]): Map<string, Searched> {
  const found = new Map<string, Searched>();
  const kept = new Map<string, InputPayload[]>();
  for (const { function_id, unit, payload } of rows) {
    if (unit !== 'input' || payload === null) continue;
    const inputs = kept.get(function_id) ?? [];
    inputs.push(JSON.parse(payload) as InputPayload);
    kept.set(function_id, inputs);
  }
  for (const { function_id, unit, payload } of rows) {
    if (unit !== 'function' || payload === null) continue;
    const { prompt } = JSON.parse(payload) as { readonly prompt?: PromptWish };
    if (prompt !== undefined) {
      found.set(function_id, { wish: prompt, kept: kept.get(function_id) ?? [] });
    }
  }
  return found;
}

/** In canonical order; `before` is what was set aside for the functions of all batches before. */
export function askingsOf(
  functions: readonly FoundFunction[],
  given: {
    readonly rows: readonly ProbeRow[];
    readonly before: Spent;
    readonly llm: LlmSpec;
  },
): readonly Asking[] {
  const searched = searchedOf(given.rows);
  let sum = given.before;
  const ordered = [...functions].sort((a, b) => a.order - b.order);
  return ordered.flatMap((each) => {
    const found = searched.get(each.functionId);
    if (found === undefined) return [];
    const { wish, kept } = found;
    const { nanoUsd, tokens, ...facts } = wish;
    const set = { nanoUsd, tokens };
    sum = addSpent(sum, set);
    const messages = promptOf(each.function, { ...facts, kept }, given.llm);
    return [{ functionId: each.functionId, messages, set, isAsked: fits(sum, given.llm) }];
  });
}

/** The stored reply keeps what the server told of tokens; what counts is never more than was set aside. */
export function promptRow(
  { functionId, messages }: Pick<Asking, 'functionId' | 'messages'>,
  kept: KeptReply | null,
  llm: LlmSpec,
): PromptRow {
  if (kept === null) {
    return {
      ...{ function_id: functionId, status: 'over-budget', request: null, reply: null },
      ...{ prompt_tokens: 0, reply_tokens: 0, inputs: null },
    };
  }
  const { reply, digest } = kept;
  const { status, inputs } = readReply(reply, llm.inputs);
  const { promptTokens, replyTokens } = withinAllowance(reply, textOf(messages), llm);
  return {
    function_id: functionId,
    status,
    request: reply.request,
    reply: digest,
    prompt_tokens: promptTokens,
    reply_tokens: replyTokens,
    inputs: inputs.length === 0 ? null : canonicalJson(inputs),
  };
}

/** What the batch came to; `costNanoUsd` is exact, over what counts of the stored replies. */
export function promptCounts(rows: readonly PromptRow[], llm: LlmSpec): BatchCounts {
  const counts: Record<string, number> = {
    ...{ functionsAsked: 0, inputsOffered: 0, promptTokens: 0, replyTokens: 0, costNanoUsd: 0 },
  };
  const add = (name: string, by: number): void => {
    counts[name] = (counts[name] ?? 0) + by;
  };
  for (const { status, prompt_tokens, reply_tokens, inputs } of rows) {
    add(`replies.${status}`, 1);
    if (status === 'over-budget') continue;
    add('functionsAsked', 1);
    add('inputsOffered', inputs === null ? 0 : (JSON.parse(inputs) as unknown[]).length);
    add('promptTokens', prompt_tokens);
    add('replyTokens', reply_tokens);
    const usage = { promptTokens: prompt_tokens, replyTokens: reply_tokens };
    add('costNanoUsd', costOf(usage, llm).nanoUsd);
  }
  return counts;
}
