// The budget of language-model inputs bounds what they cost, whatever a server says of its tokens and however a job is cut.
import { expect, it } from 'vitest';
import type { FoundFunction } from '../../../activities/found-functions.ts';
import { askingsOf, promptCounts, promptRow, wishOf } from '../../../activities/prompt-rows.ts';
import type { Asking } from '../../../activities/prompt-rows.ts';
import type { FunctionPayload, ProbeRow } from '../../../src/contract/sealed-rows.ts';
import type { LlmSpec } from '../../../src/contract/spec.ts';
import { addSpent, NOTHING_SPENT } from '../../../src/core/llm-budget.ts';
import { functionIdOf, sha256 } from '../../../src/identity/digest.ts';
import type { ProbeAnswer } from '../../../src/schema/probe.ts';
import { storedReplySchema, TOKENS_MAX } from '../../../src/schema/reply.ts';
import type { StoredReply } from '../../../src/schema/reply.ts';

/** A number from 0 to 1 that its name decides. */
const draw = (name: string): number => Number.parseInt(sha256(name).slice(0, 8), 16) / 2 ** 32;
const upTo = (most: number, name: string): number => Math.floor(draw(name) * most);

function functionOf(at: number, run: string): FoundFunction {
  // Words that take few tokens and many: a byte of anything but ASCII may be one.
  const word = ['value', '\u00e4\u6f22\u{1F600}', '+'][upTo(3, `${run} word ${String(at)}`)] ?? '';
  const body = `    # ${word.repeat(1 + upTo(200, `${run} size ${String(at)}`))}\n`;
  const source = `def f${String(at)}(x):\n${body}    return x\n`;
  const provenance = {
    ...{ label: `${String(at)}.py`, repository: null, path: null, commit: null },
    ...{ qualname: null, license: null, licenseSource: null, lineStart: 1, lineEnd: 3 },
  };
  const payload: FunctionPayload = {
    ...{ kind: 'source', entry: `f${String(at)}`, source, original: null, provenance },
  };
  const functionId = functionIdOf('source', source, payload.entry);
  return { functionId, function: payload, order: at, found: [] };
}

function probedRow({ functionId, function: payload }: FoundFunction, llm: LlmSpec): ProbeRow {
  const missed = { lines: [3], half: [], returns: false };
  const prompt = wishOf(
    { function: payload },
    { answer: { missed } as unknown as ProbeAnswer, kept: [] },
    llm,
  );
  return {
    ...{ function_id: functionId, position: 0, unit: 'function', id: functionId },
    ...{ decision: 'kept', reasons: ['no-inputs'], input_index: null, origin: null },
    payload: JSON.stringify({ prompt }),
  };
}

/** What servers say: nothing, too little, what is right, more than was asked for, or as much as can be said. */
function told(asking: Asking, run: string): number {
  const most = asking.set.tokens;
  const said = [0, 1, upTo(most, `${run} some`), most, most + 1, 1_000 * most, TOKENS_MAX];
  return said[upTo(said.length, `${run} told ${asking.functionId}`)] ?? 0;
}

function replyOf(asking: Asking, run: string): StoredReply {
  const content = ['{"inputs":[{"call":"f(1)"}]}', '{"inputs":[', null, '0'.repeat(1_000)];
  return storedReplySchema.parse({
    ...{ v: 1, request: 'a'.repeat(64), model: 'm', promptVersion: 1, kind: 'reply' },
    ...{ finish: 'stop', refusal: false, counted: true },
    content: content[upTo(content.length, `${run} content ${asking.functionId}`)] ?? null,
    promptTokens: told(asking, `${run} prompt`),
    replyTokens: told(asking, `${run} reply`),
  });
}

/** All that a job of these functions costs, in batches of a size. */
function costOfJob(llm: LlmSpec, { run, batch }: { run: string; batch: number }) {
  const functions = Array.from({ length: 40 }, (_, at) => functionOf(at, run));
  let before = NOTHING_SPENT;
  let spent = NOTHING_SPENT;
  const asked: string[] = [];
  for (let start = 0; start < functions.length; start += batch) {
    const part = functions.slice(start, start + batch);
    const rows = part.map((each) => probedRow(each, llm));
    const askings = askingsOf(part, { rows, before, llm });
    for (const { set } of askings) before = addSpent(before, set);
    const made = askings.map((asking) => {
      if (asking.isAsked) asked.push(asking.functionId);
      const kept = { reply: replyOf(asking, run), digest: 'd'.repeat(64) };
      return promptRow(asking, asking.isAsked ? kept : null, llm);
    });
    const { costNanoUsd = 0, promptTokens = 0, replyTokens = 0 } = promptCounts(made, llm);
    spent = addSpent(spent, { nanoUsd: costNanoUsd, tokens: promptTokens + replyTokens });
  }
  return { spent, asked, wanted: before };
}

it('never costs more than its budget in dollars and in tokens, and spends what replies are worth', () => {
  let overBudget = 0;
  for (let at = 0; at < 60; at += 1) {
    const run = String(at);
    const llm: LlmSpec = {
      ...{ endpoint: 'env', model: 'm', budgetUsd: draw(`${run} usd`) },
      budgetTokens: at % 3 === 0 ? null : upTo(90_000, `${run} tokens`),
      prices: {
        input: upTo(5_000, `${run} in`) / 1_000,
        output: upTo(9_000, `${run} out`) / 1_000,
      },
      ...{ inputs: 3, outputTokens: 1 + upTo(400, `${run} most`), temperature: 0, seed: 1 },
      format: 'json-schema',
    };
    const whole = costOfJob(llm, { run, batch: 40 });
    expect(whole.spent.nanoUsd).toBeLessThanOrEqual(Math.round(llm.budgetUsd * 1e9));
    if (llm.budgetTokens !== null) {
      expect(whole.spent.tokens).toBeLessThanOrEqual(llm.budgetTokens);
    }
    // The same functions are asked, and the same is spent, in batches of another size.
    const cut = costOfJob(llm, { run, batch: 1 + upTo(9, `${run} batch`) });
    expect(cut).toEqual(whole);
    overBudget += whole.asked.length < 40 ? 1 : 0;
  }
  // The budgets bind, or nothing was shown.
  expect(overBudget).toBeGreaterThan(20);
  expect(overBudget).toBeLessThan(60);
});
