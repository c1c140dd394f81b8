// What a model is asked, what its reply is worth, and what both cost.
import { describe, expect, it } from 'vitest';
import type { FunctionPayload } from '../../../src/contract/sealed-rows.ts';
import type { LlmSpec } from '../../../src/contract/spec.ts';
import {
  addSpent,
  allowanceOf,
  costOf,
  fits,
  promptTokensMax,
} from '../../../src/core/llm-budget.ts';
import { readReply, storedReplySchema } from '../../../src/schema/reply.ts';
import type { StoredReply } from '../../../src/schema/reply.ts';
import { isWanted, promptOf, requestDigestOf, textOf } from '../../../src/synthesis/prompt.ts';

const LLM: LlmSpec = {
  ...{ endpoint: 'env', model: 'm-1', budgetUsd: 0.001, budgetTokens: 1_000 },
  ...{ prices: { input: 0.15, output: 0.6 }, inputs: 3, outputTokens: 100 },
  ...{ temperature: 0, seed: 1, format: 'json-schema' },
};
const SOURCE = 'def f(x):\n    if x > 3:\n        return 1\n    return 2\n';

function payload(change: Partial<FunctionPayload> = {}): FunctionPayload {
  const provenance = {
    ...{ label: 'a.py', repository: null, path: null, commit: null, qualname: 'f' },
    ...{ license: null, licenseSource: null, lineStart: 1, lineEnd: 4 },
  };
  return { kind: 'source', entry: 'f', source: SOURCE, original: null, provenance, ...change };
}
const FACTS = { missed: [3], half: [2], returns: true, kept: [{ setup: '', call: 'f(1)' }] };

describe('a prompt', () => {
  it('shows the text, what is known, and the lines that no input reaches', () => {
    const text = textOf(promptOf(payload(), FACTS, LLM));
    expect(text).toContain(SOURCE);
    expect(text).toContain('f(1)');
    expect(text).toContain('No input reaches these lines:\n  3: return 1');
    expect(text).toContain('These lines always go on the same way:\n  2: if x > 3:');
    expect(text).toContain('Write 3 inputs for `f`.');
    expect(text).not.toContain('No input has made it return');
  });

  it('shows of an imported module the function alone, by its name', () => {
    const source = `${'x = 1\n'.repeat(9_000)}def f(x):\n    return x\n`;
    const provenance = { ...payload().provenance, lineStart: 9_001, lineEnd: 9_002 };
    const text = textOf(
      promptOf(payload({ kind: 'import', entry: 'a.b:f', source, provenance }), FACTS, LLM),
    );
    expect(text.length).toBeLessThan(2_500);
    expect(text).toContain('from its line 8996');
    expect(text).toContain('inputs for `f`.');
  });

  it('has a bound, whatever the function is', () => {
    const source = `def f(x):\n    return ${'1 + '.repeat(200_000)}1\n`;
    const kept = Array.from({ length: 50 }, () => ({ setup: '', call: `f(${'9'.repeat(9_000)})` }));
    const all = { ...FACTS, missed: Array.from({ length: 200 }, (_, at) => at + 1), kept };
    expect(textOf(promptOf(payload({ source }), all, LLM)).length).toBeLessThan(45_000);
  });

  it('is one request wherever the model is, and another one for another model or seed', () => {
    const messages = promptOf(payload(), FACTS, LLM);
    const digest = requestDigestOf(messages, LLM);
    expect(requestDigestOf(promptOf(payload(), FACTS, LLM), { ...LLM, budgetUsd: 9 })).toBe(digest);
    for (const change of [{ model: 'm-2' }, { seed: 2 }, { temperature: 1 }, { inputs: 4 }]) {
      expect(requestDigestOf(messages, { ...LLM, ...change })).not.toBe(digest);
    }
  });

  it('is not made for a function of which everything is reached', () => {
    expect(isWanted({ missed: [], half: [], returns: true })).toBe(false);
    expect(isWanted({ missed: [], half: [], returns: false })).toBe(true);
    expect(isWanted({ missed: [], half: [7], returns: true })).toBe(true);
  });
});

describe('what it costs', () => {
  it('is whole nano-dollars, and what is set aside is never less', () => {
    expect(costOf({ promptTokens: 1_000, replyTokens: 100 }, LLM)).toEqual({
      nanoUsd: 210_000,
      tokens: 1_100,
    });
    expect(promptTokensMax('ab')).toBe(32 + 1);
    expect(promptTokensMax('\u4e2d')).toBe(32 + 3);
    const text = textOf(promptOf(payload(), FACTS, LLM));
    const set = allowanceOf(text, LLM);
    const usual = costOf({ promptTokens: Math.ceil(text.length / 3), replyTokens: 100 }, LLM);
    expect(set.nanoUsd).toBeGreaterThan(usual.nanoUsd);
  });

  it('fits up to the last nano-dollar and the last token, whichever comes first', () => {
    expect(fits({ nanoUsd: 1_000_000, tokens: 1_000 }, LLM)).toBe(true);
    expect(fits({ nanoUsd: 1_000_001, tokens: 1 }, LLM)).toBe(false);
    expect(fits({ nanoUsd: 1, tokens: 1_001 }, LLM)).toBe(false);
    expect(fits({ nanoUsd: 1, tokens: 1e12 }, { ...LLM, budgetTokens: null })).toBe(true);
    expect(addSpent({ nanoUsd: 1, tokens: 2 }, { nanoUsd: 3, tokens: 4 })).toEqual({
      nanoUsd: 4,
      tokens: 6,
    });
  });
});

function reply(change: Partial<StoredReply>): StoredReply {
  return {
    ...{ v: 1, request: 'a'.repeat(64), model: 'm-1', promptVersion: 1, kind: 'reply' },
    ...{ finish: 'stop', refusal: false, content: null, promptTokens: 1, replyTokens: 1 },
    counted: true,
    ...change,
  };
}

describe('a reply', () => {
  const inputs = [
    { call: 'f(1)' },
    { setup: null, call: 'f(2)' },
    { setup: 'x = 3', call: 'f(x)' },
  ];
  const content = JSON.stringify({ inputs: [...inputs, { call: 'f(4)' }], thought: 'none' });

  it('gives as many inputs as were asked for, in its order, fenced or not', () => {
    const read = {
      status: 'answered',
      inputs: [
        { setup: '', call: 'f(1)' },
        { setup: '', call: 'f(2)' },
        { setup: 'x = 3', call: 'f(x)' },
      ],
    };
    expect(readReply(reply({ content }), 3)).toEqual(read);
    expect(readReply(reply({ content: `\`\`\`json\n${content}\n\`\`\`` }), 3)).toEqual(read);
  });

  it.each([
    ['refused', { refusal: true }],
    ['refused', { finish: 'content_filter', content }],
    ['truncated', { finish: 'length', content }],
    ['rejected', { kind: 'rejected' as const }],
    ['malformed', { content: '{"inputs": [' }],
    ['malformed', { content: '{"inputs": "f(1)"}' }],
    ['malformed', { content: '{"inputs": [{"call": 3}]}' }],
    ['malformed', { content: '[]' }],
    ['malformed', { content: null }],
    ['malformed', { content: JSON.stringify({ inputs: [{ call: 'x'.repeat(20_001) }] }) }],
  ])('that is %s gives none', (status, change) => {
    expect(readReply(reply(change), 3)).toEqual({ status, inputs: [] });
  });

  it('loses what no text of Python can be', () => {
    const bad = JSON.stringify({ inputs: [{ call: 'f("\ud800")' }, { call: 'f("\0")' }] });
    expect(readReply(reply({ content: bad }), 3)).toEqual({ status: 'answered', inputs: [] });
  });

  it('is stored in one form', () => {
    expect(storedReplySchema.safeParse(reply({ content })).success).toBe(true);
    expect(storedReplySchema.safeParse({ ...reply({}), key: 'k' }).success).toBe(false);
  });
});
