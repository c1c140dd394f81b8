// What asking a language model costs, in whole nano-dollars, so that sums are exact. Pure.
import type { LlmSpec } from '../contract/spec.ts';

/** A dollar for a million tokens is a thousandth of a nano-dollar times a million for each. */
const NANO_USD_PER_TOKEN = 1_000;
const NANO_USD = 1_000_000_000;

/** What one reply, or many, cost. */
export interface Spent {
  readonly nanoUsd: number;
  readonly tokens: number;
}

export interface Usage {
  readonly promptTokens: number;
  readonly replyTokens: number;
}

export const NOTHING_SPENT: Spent = { nanoUsd: 0, tokens: 0 };

export function addSpent(a: Spent, b: Spent): Spent {
  return { nanoUsd: a.nanoUsd + b.nanoUsd, tokens: a.tokens + b.tokens };
}

/** Prices have three decimals at most, so a token costs a whole number of nano-dollars. */
export function costOf({ promptTokens, replyTokens }: Usage, { prices }: LlmSpec): Spent {
  const input = Math.round(prices.input * NANO_USD_PER_TOKEN);
  const output = Math.round(prices.output * NANO_USD_PER_TOKEN);
  return {
    nanoUsd: promptTokens * input + replyTokens * output,
    tokens: promptTokens + replyTokens,
  };
}

/** The frame that a server puts around messages. */
const FRAME_TOKENS = 32;

/**
 * More tokens than a prompt has: vocabularies in use make one of two ASCII characters of code on their worst lines and of
 * three to four on the mean, and of every byte of anything else.
 */
export function promptTokensMax(text: string): number {
  const bytes = new TextEncoder().encode(text).length;
  let ascii = 0;
  for (const character of text) if (character < '\u0080') ascii += 1;
  return FRAME_TOKENS + Math.ceil(ascii / 2) + (bytes - ascii);
}

/** What is set aside for a function before it is asked about: its reply costs no more. */
export function allowanceOf(text: string, llm: LlmSpec): Spent {
  return costOf({ promptTokens: promptTokensMax(text), replyTokens: llm.outputTokens }, llm);
}

/**
 * What counts of the tokens that a server told: no more than was set aside, since it was asked for no more. A server that
 * tells more counts otherwise, or does not keep to the bound of a reply; either way the budget is what was agreed to.
 */
export function withinAllowance(told: Usage, text: string, llm: LlmSpec): Usage {
  return {
    promptTokens: Math.min(told.promptTokens, promptTokensMax(text)),
    replyTokens: Math.min(told.replyTokens, llm.outputTokens),
  };
}

/** What a reply is likely to cost: a token for four bytes, and half of what it may have. */
export function likelyCostOf(text: string, llm: LlmSpec): Spent {
  const promptTokens = FRAME_TOKENS + Math.ceil(text.length / 4);
  return costOf({ promptTokens, replyTokens: Math.ceil(llm.outputTokens / 2) }, llm);
}

/** Whether what is set aside up to a function, itself included, is within the budget. */
export function fits({ nanoUsd, tokens }: Spent, llm: LlmSpec): boolean {
  const isPaid = nanoUsd <= Math.round(llm.budgetUsd * NANO_USD);
  return isPaid && (llm.budgetTokens === null || tokens <= llm.budgetTokens);
}

/** Dollars, for people. */
export function usdOf(nanoUsd: number): number {
  return nanoUsd / NANO_USD;
}
