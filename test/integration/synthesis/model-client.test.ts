// The client against a server that fails in every way that servers do: one answer for each request, or a fault with a code.
import { afterEach, expect, it } from 'vitest';
import type { LlmSpec } from '../../../src/contract/spec.ts';
import { createModelClient } from '../../../src/synthesis/model-client.ts';
import type { ModelEndpoint } from '../../../src/synthesis/model-client.ts';
import type { ModelPort } from '../../../src/synthesis/port.ts';
import { serveModel } from '../../support/model-server.ts';
import type { RunningModel, Script, Step } from '../../support/model-server.ts';
import { testLog } from '../../support/services.ts';

const KEY = 'sk-canary-7d1f';
const LLM: LlmSpec = {
  ...{ endpoint: 'env', model: 'scripted-1', budgetUsd: 1, budgetTokens: null },
  ...{ prices: { input: 0.15, output: 0.6 }, inputs: 4, outputTokens: 256 },
  ...{ temperature: 0, seed: 1, format: 'json-schema' },
};
const { signal } = new AbortController();

let server: RunningModel | null = null;
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = null;
});

async function clientOf(script: Script, change: Partial<ModelEndpoint> = {}): Promise<ModelPort> {
  server = await serveModel(script);
  const pace = { concurrency: 4, requestsPerMinute: null, tokensPerMinute: null };
  const endpoint = { baseUrl: server.url, key: KEY, limitField: 'max_tokens' as const };
  return createModelClient(
    { ...endpoint, ...pace, timeoutMs: 60_000, firstPauseMs: 5, ...change },
    testLog(),
  );
}

const ask = (client: ModelPort, name = 'f', llm = LLM) =>
  client.ask(
    {
      messages: [{ role: 'user', content: `Write 4 inputs for \`${name}\`.` }],
      llm,
      tokensMax: 300,
    },
    signal,
  );

const GOOD: Step = { inputs: [{ call: 'f(1)' }] };
/** For a server that hangs on purpose; one that answers does so sooner on a busy machine too. */
const HASTY = { timeoutMs: 2_000 };
const hangs = (step: Step): boolean => 'broken' in step && step.broken.startsWith('hang');
/** Timers may be early by a millisecond, clocks count whole ones. */
const CLOCK_MS = 5;

/** Fails first as told, then answers. */
const after =
  (...steps: readonly Step[]): Script =>
  (_, tried) =>
    steps[tried] ?? GOOD;

it('a reply is told with its tokens, and the request says what the spec says', async () => {
  const client = await clientOf(() => GOOD);
  expect(await ask(client)).toEqual({
    kind: 'reply',
    finish: 'stop',
    refusal: false,
    content: '{"inputs":[{"setup":"","call":"f(1)"}]}',
    usage: { promptTokens: 6, replyTokens: 10 },
  });
  const [sent] = server?.requests ?? [];
  expect(sent).toMatchObject({
    key: `Bearer ${KEY}`,
    request: { model: 'scripted-1', temperature: 0, seed: 1, max_tokens: 256 },
  });
  expect(sent?.request.response_format?.type).toBe('json_schema');
});

it('a server without a key gets none, and another field bounds the reply where it is named', async () => {
  const client = await clientOf(() => GOOD, { key: null, limitField: 'max_completion_tokens' });
  await ask(client, 'f', { ...LLM, format: 'text' });
  const [sent] = server?.requests ?? [];
  expect(sent?.key).toBeNull();
  expect(sent?.request).toMatchObject({ max_completion_tokens: 256 });
  expect(sent?.request).not.toHaveProperty('response_format');
});

it.each<[string, Step]>([
  ['HTTP 500', { status: 500 }],
  ['HTTP 503 with a page', { status: 503, body: '<html>' }],
  ['no answer', { broken: 'hang' }],
  ['a head that stands still', { broken: 'hang-in-head' }],
  ['an answer that stands still', { broken: 'hang-in-body' }],
  ['a head that is cut', { broken: 'cut-in-head' }],
  ['an answer that is cut', { broken: 'cut' }],
  ['an answer without an end', { broken: 'endless' }],
  ['an answer that is no JSON', { broken: 'no-json' }],
  ['an answer of another type', { broken: 'page' }],
  ['an answer without a choice', { broken: 'no-choices' }],
])('%s is asked again, and the next answer counts', async (_, step) => {
  const client = await clientOf(after(step, step), hangs(step) ? HASTY : {});
  expect(await ask(client)).toMatchObject({ kind: 'reply', finish: 'stop' });
  expect(server?.requests).toHaveLength(3);
});

it.each([
  ['seconds', () => '0.3', 300],
  // A date has whole seconds: of two seconds at least one is left.
  ['a date', () => new Date(Date.now() + 2_000).toUTCString(), 1_000],
])('all requests wait as long as the server asks for in %s', async (_, retryAfter, ms) => {
  const client = await clientOf((asked, tried) =>
    asked === 'slow' && tried === 0 ? { status: 429, retryAfter: retryAfter() } : GOOD,
  );
  await ask(client, 'slow');
  const [first, second] = server?.requests ?? [];
  expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(ms - CLOCK_MS);
});

it.each([401, 403, 404])(
  'HTTP %i ends the pass, and no word of the server is told',
  async (status) => {
    const client = await clientOf(() => ({ status }));
    const error: unknown = await ask(client).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'llm-denied', retryable: false });
    expect(JSON.stringify(error) + String(error) + String((error as Error).stack)).not.toContain(
      KEY,
    );
    expect((error as Error).cause).toBeUndefined();
  },
);

it.each([400, 413, 422])('HTTP %i is about this request alone', async (status) => {
  const client = await clientOf((asked) => (asked === 'bad' ? { status } : GOOD));
  expect(await ask(client, 'bad')).toEqual({ kind: 'rejected' });
  expect(await ask(client, 'good')).toMatchObject({ kind: 'reply' });
  expect(server?.requests).toHaveLength(2);
});

it('a server that never answers is a fault that may heal', async () => {
  const client = await clientOf(() => ({ status: 500 }));
  await expect(ask(client)).rejects.toMatchObject({ code: 'llm-unreachable', retryable: true });
  expect(server?.requests).toHaveLength(6);
});

it('a redirect is not followed: it would lead the key elsewhere', async () => {
  await using elsewhere = await serveModel(() => GOOD);
  const location = `${elsewhere.url}/chat/completions`;
  const client = await clientOf(() => ({ status: 307, location, body: '' }));
  await expect(ask(client)).rejects.toMatchObject({ code: 'llm-unreachable' });
  expect(elsewhere.requests).toEqual([]);
});

it('so many requests are out at once, and a cancellation ends those that wait', async () => {
  const client = await clientOf((asked) => (asked === 'hang' ? { broken: 'hang' } : GOOD), {
    concurrency: 2,
  });
  await Promise.all(Array.from({ length: 9 }, (_, at) => ask(client, `f${String(at)}`)));
  expect(server?.atOnceMax()).toBeLessThanOrEqual(2);
  const stop = new AbortController();
  const waiting = client.ask(
    { messages: [{ role: 'user', content: 'inputs for `hang`' }], llm: LLM, tokensMax: 1 },
    stop.signal,
  );
  const ended = expect(waiting).rejects.toThrow('cancelled');
  await expect.poll(() => server?.requests.length).toBe(10);
  stop.abort(new Error('cancelled'));
  await ended;
});

it('tokens a minute space requests out', async () => {
  const client = await clientOf(() => GOOD, { tokensPerMinute: 60_000 });
  const beganAtMs = Date.now();
  await Promise.all([ask(client, 'a'), ask(client, 'b'), ask(client, 'c')]);
  const times = (server?.requests ?? []).map(({ atMs }) => atMs - beganAtMs);
  // 300 tokens each at one a millisecond; how long a request is under way until the server sees it is not the client's doing.
  expect(times).toHaveLength(3);
  for (const [nth, ms] of times.sort((a, b) => a - b).entries()) {
    expect(ms).toBeGreaterThanOrEqual(300 * nth - CLOCK_MS);
  }
});
