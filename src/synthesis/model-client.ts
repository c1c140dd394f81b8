// The client of an OpenAI-compatible endpoint: the only importer of openai and p-queue, and the only holder of the key.
// Words of a server reach no log and no error: they may repeat the key.
import { setTimeout as sleep } from 'node:timers/promises';
import type * as Sdk from 'openai';
import type OpenAI from 'openai';
import PQueue from 'p-queue';
import { retryAfterMs } from '../core/retry-after.ts';
import { AppError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { boundedFetch } from './bounded-fetch.ts';
import type { ModelAnswer, ModelPort, ModelRequest } from './port.ts';
import { CONTENT_CHARACTERS_MAX, INPUTS_JSON_SCHEMA, TOKENS_MAX } from '../schema/reply.ts';
import { deadlineSignal } from '../core/deadline-signal.ts';

export interface ModelEndpoint {
  readonly baseUrl: string;
  /** Null where the server asks for none. */
  readonly key: string | null;
  readonly concurrency: number;
  /** Null where the server sets no rate. */
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  /** For one answer, its body included. */
  readonly timeoutMs: number;
  /** The field of a request that bounds the reply: newer models of some vendors know the second one only. */
  readonly limitField: 'max_tokens' | 'max_completion_tokens';
  /** The first pause after a failure; each next one is twice as long. */
  readonly firstPauseMs?: number;
}

/** 1 + 2 + 4 + 8 + 16 s of pauses; a server that is away longer is for Temporal to wait for. */
const TRIES = 6;
const FIRST_PAUSE_MS = 1_000;
/** What a server may ask for with Retry-After. */
const PAUSE_MS_MAX = 120_000;
const MINUTE_MS = 60_000;
const DENIED: ReadonlySet<number> = new Set([401, 402, 403, 404]);
const REJECTED: ReadonlySet<number> = new Set([400, 413, 414, 415, 422]);

type Params = OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming;

/** Loaded with the first request: nothing else of the program needs it. */
async function connect(endpoint: ModelEndpoint): Promise<{ sdk: typeof Sdk; client: OpenAI }> {
  const sdk = await import('openai');
  const { baseUrl, key, timeoutMs } = endpoint;
  const client = new sdk.default({
    baseURL: baseUrl,
    apiKey: key ?? 'none',
    ...(key === null ? { defaultHeaders: { Authorization: null } } : {}),
    // Variables of other programs are not for this one.
    ...{ organization: null, project: null, webhookSecret: null },
    ...{ maxRetries: 0, timeout: timeoutMs, logLevel: 'off', fetch: boundedFetch },
  });
  return { sdk, client };
}

function formatOf({ llm }: ModelRequest): Pick<Params, 'response_format'> {
  switch (llm.format) {
    case 'json-schema':
      return {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'inputs', strict: true, schema: INPUTS_JSON_SCHEMA },
        },
      };
    case 'json-object':
      return { response_format: { type: 'json_object' } };
    case 'text':
      return {};
  }
}

function paramsOf(request: ModelRequest, { limitField }: ModelEndpoint): Params {
  const { llm, messages } = request;
  const { model, temperature, seed, outputTokens } = llm;
  const sampling = { temperature, seed, [limitField]: outputTokens };
  return {
    ...{ model, messages: messages.map((message) => ({ ...message })) },
    ...sampling,
    ...formatOf(request),
  };
}

/** What a server says of tokens is a stranger's number. */
function countOf(value: unknown): number | null {
  const isCount = typeof value === 'number' && Number.isInteger(value);
  return isCount && value >= 0 && value <= TOKENS_MAX ? value : null;
}

/** Null where it is no answer of this interface; then it is asked for again. */
function answerOf(completion: unknown): ModelAnswer | null {
  const { choices, usage } = (completion ?? {}) as Partial<OpenAI.Chat.Completions.ChatCompletion>;
  const choice = Array.isArray(choices) ? (choices[0] as Partial<(typeof choices)[0]>) : undefined;
  const message: unknown = choice?.message;
  if (typeof message !== 'object' || message === null) return null;
  const { content, refusal } = message as { content?: unknown; refusal?: unknown };
  const promptTokens = countOf(usage?.prompt_tokens);
  const replyTokens = countOf(usage?.completion_tokens);
  const finish: unknown = choice?.finish_reason;
  return {
    kind: 'reply',
    finish: typeof finish === 'string' ? finish.slice(0, 40) : null,
    refusal: typeof refusal === 'string' && refusal !== '',
    content: typeof content === 'string' ? content.slice(0, CONTENT_CHARACTERS_MAX) : null,
    usage: promptTokens === null || replyTokens === null ? null : { promptTokens, replyTokens },
  };
}

type Failure =
  | { readonly kind: 'rejected' }
  | { readonly kind: 'denied'; readonly status: number }
  | { readonly kind: 'passing'; readonly what: string; readonly pauseMs: number | null };

function failureOf(error: unknown, { APIError }: typeof Sdk): Failure {
  const status: unknown = error instanceof APIError ? error.status : undefined;
  if (typeof status !== 'number') return { kind: 'passing', what: 'no answer', pauseMs: null };
  if (DENIED.has(status)) return { kind: 'denied', status };
  if (REJECTED.has(status)) return { kind: 'rejected' };
  const headers = (error as { readonly headers?: Headers }).headers;
  const pauseMs = retryAfterMs(headers?.get('retry-after'), PAUSE_MS_MAX, Date.now());
  return { kind: 'passing', what: `HTTP ${String(status)}`, pauseMs };
}

/** Spreads tokens over time: each request moves the moment at which the next one may begin. */
class TokenPace {
  readonly #perMs: number | null;
  #freeAtMs = 0;

  constructor(perMinute: number | null) {
    this.#perMs = perMinute === null ? null : perMinute / MINUTE_MS;
  }

  async take(tokens: number, signal: AbortSignal): Promise<void> {
    if (this.#perMs === null) return;
    const now = Date.now();
    const startMs = Math.max(now, this.#freeAtMs);
    this.#freeAtMs = startMs + tokens / this.#perMs;
    if (startMs > now) await sleep(startMs - now, undefined, { signal });
  }
}

export function createModelClient(endpoint: ModelEndpoint, log: Logger): ModelPort {
  const { concurrency, requestsPerMinute, timeoutMs, firstPauseMs = FIRST_PAUSE_MS } = endpoint;
  // One request each so many milliseconds, not a minute's worth at once: servers count in shorter windows.
  const rate =
    requestsPerMinute === null
      ? {}
      : { interval: Math.ceil(MINUTE_MS / requestsPerMinute), intervalCap: 1 };
  const queue = new PQueue({ concurrency, ...rate });
  const pace = new TokenPace(endpoint.tokensPerMinute);
  let connected: ReturnType<typeof connect> | null = null;
  let quietUntilMs = 0;

  const once = async (request: ModelRequest, signal: AbortSignal): Promise<unknown> => {
    const { client } = await (connected ??= connect(endpoint));
    await pace.take(request.tokensMax, signal);
    const bound = deadlineSignal(signal, timeoutMs);
    return await client.chat.completions.create(paramsOf(request, endpoint), { signal: bound });
  };

  /** All wait where the server asked one to. */
  const quiet = async (signal: AbortSignal): Promise<void> => {
    for (let left = quietUntilMs - Date.now(); left > 0; left = quietUntilMs - Date.now()) {
      await sleep(left, undefined, { signal });
    }
  };

  const attempt = async (
    request: ModelRequest,
    signal: AbortSignal,
  ): Promise<ModelAnswer | Failure> => {
    await quiet(signal);
    try {
      const answer = answerOf(await once(request, signal));
      return answer ?? { kind: 'passing', what: 'an answer of another form', pauseMs: null };
    } catch (error) {
      signal.throwIfAborted();
      return failureOf(error, (await (connected ??= connect(endpoint))).sdk);
    }
  };

  const ask = async (request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer> => {
    let what = '';
    for (let tried = 0; tried < TRIES; tried += 1) {
      const got = await attempt(request, signal);
      if (got.kind === 'reply' || got.kind === 'rejected') return got;
      if (got.kind === 'denied') throw denied(got.status);
      what = got.what;
      const pauseMs = got.pauseMs ?? firstPauseMs * 2 ** tried;
      if (got.pauseMs !== null) quietUntilMs = Math.max(quietUntilMs, Date.now() + pauseMs);
      log.debug({ what, pauseMs, tried }, 'language model will be asked again');
      if (tried < TRIES - 1) await sleep(pauseMs, undefined, { signal });
    }
    throw new AppError(
      'llm-unreachable',
      `the language model gave no answer in ${String(TRIES)} tries (${what}); check TRACEMILL_LLM_ENDPOINT and the server`,
      { retryable: true, context: { what } },
    );
  };

  return {
    ask: (request, signal) => queue.add(() => ask(request, signal), { signal }),
  };
}

function denied(status: number): AppError {
  return new AppError(
    'llm-denied',
    `the language model's server answered HTTP ${String(status)}: check TRACEMILL_LLM_ENDPOINT, the key in ` +
      'TRACEMILL_LLM_API_KEY_FILE, and inputs.llm.model of the spec',
    { context: { status } },
  );
}
