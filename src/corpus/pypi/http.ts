// Requests to a package index: bounded in time and size, tried again where that may help, with credentials for the index
// alone.
import { setTimeout as sleep } from 'node:timers/promises';
import { retryAfterMs } from '../../core/retry-after.ts';
import { AppError } from '../../errors.ts';
import type { PackageIndex } from '../port.ts';

/** For the head of an answer; indexes answer in under a second. */
const HEAD_MS = 30_000;
/** Silence in a body; a busy mirror pauses for seconds. */
const SILENT_MS = 30_000;
const REDIRECTS_MAX = 5;
const TRIES = 5;
const FIRST_PAUSE_MS = 250;
/** What a server may ask for with Retry-After. */
const PAUSE_MS_MAX = 60_000;

/** An answer that says no, for good. */
export class HttpRefusal extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`HTTP ${String(status)}`);
    this.name = 'HttpRefusal';
    this.status = status;
  }
}

/** The answer or the line was bad in a way that may pass. */
class Passing extends Error {
  readonly pauseMs: number | null;

  constructor(message: string, pauseMs: number | null = null) {
    super(message);
    this.name = 'Passing';
    this.pauseMs = pauseMs;
  }
}

export interface HttpAnswer {
  /** After redirects. */
  readonly url: string;
  readonly contentType: string;
  readonly body: AsyncIterable<Uint8Array>;
}

function authorization({ username, password }: PackageIndex): string | null {
  if (username === null && password === null) return null;
  const pair = `${username ?? '__token__'}:${password ?? ''}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

/** Ends a body that falls silent. */
async function* awake(
  body: ReadableStream<Uint8Array>,
  stop: AbortController,
): AsyncGenerator<Uint8Array> {
  const fall = (): void => {
    stop.abort(new Passing('the answer stopped half-way'));
  };
  let timer = setTimeout(fall, SILENT_MS);
  try {
    for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      yield piece;
      timer = setTimeout(fall, SILENT_MS);
    }
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

export class IndexHttp {
  readonly #index: PackageIndex;
  readonly #origin: string;

  constructor(index: PackageIndex) {
    this.#index = index;
    this.#origin = new URL(index.url).origin;
  }

  /**
   * Gets a URL and gives what `use` makes of the answer; both are tried again where the line or the server failed.
   * Throws HttpRefusal, or AppError `index-unreachable`.
   */
  async get<T>(url: string, accept: string, use: (answer: HttpAnswer) => Promise<T>): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await use(await this.#follow(url, accept));
      } catch (error) {
        if (error instanceof HttpRefusal || error instanceof AppError) throw error;
        if (tried >= TRIES) throw this.#unreachable(error);
        const pause = error instanceof Passing ? error.pauseMs : null;
        await sleep(pause ?? FIRST_PAUSE_MS * 2 ** (tried - 1));
      }
    }
  }

  #unreachable(cause: unknown): AppError {
    const inner =
      cause instanceof Error ? (cause.cause as NodeJS.ErrnoException | undefined) : undefined;
    const why = inner?.code ?? (cause instanceof Error ? cause.message : String(cause));
    return new AppError(
      'index-unreachable',
      `the package index at ${this.#origin} cannot be reached (${why}); check TRACEMILL_PYPI_INDEX`,
      { retryable: true, cause },
    );
  }

  async #follow(url: string, accept: string): Promise<HttpAnswer> {
    let at = new URL(url);
    for (let step = 0; step <= REDIRECTS_MAX; step += 1) {
      const stop = new AbortController();
      const response = await this.#request(at, accept, stop);
      const { status, body } = response;
      if (status >= 300 && status < 400) {
        at = this.#next(at, response.headers.get('location'));
        stop.abort();
        continue;
      }
      if (status === 429 || status === 408 || status >= 500) {
        stop.abort();
        throw new Passing(
          `HTTP ${String(status)}`,
          retryAfterMs(response.headers.get('retry-after'), PAUSE_MS_MAX, Date.now()),
        );
      }
      if (status !== 200 || body === null) {
        stop.abort();
        throw new HttpRefusal(status);
      }
      const contentType = response.headers.get('content-type') ?? '';
      return { url: at.href, contentType, body: awake(body, stop) };
    }
    throw new HttpRefusal(310);
  }

  /** A redirect leads to another http address, and from https to https alone. */
  #next(from: URL, location: string | null): URL {
    if (location === null || !URL.canParse(location, from.href)) throw new HttpRefusal(310);
    const to = new URL(location, from.href);
    const isAllowed =
      to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:');
    if (!isAllowed) throw new HttpRefusal(310);
    return to;
  }

  async #request(url: URL, accept: string, stop: AbortController): Promise<Response> {
    const own = url.origin === this.#origin ? authorization(this.#index) : null;
    const timer = setTimeout(() => {
      stop.abort(new Passing('no answer in time'));
    }, HEAD_MS);
    try {
      return await fetch(url.href, {
        redirect: 'manual',
        signal: stop.signal,
        headers: { accept, ...(own === null ? {} : { authorization: own }) },
      });
    } finally {
      clearTimeout(timer);
    }
  }
}
