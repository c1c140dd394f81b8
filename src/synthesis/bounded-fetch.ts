// fetch for a server that is not trusted: no redirects, and answers of bounded size.

/** A reply has some thousand tokens; an answer beyond this is none. */
const BODY_BYTES_MAX = 2 * 1024 * 1024;

function bounded(signal: AbortSignal | null): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    start(controller) {
      // fetch itself forgets the signal of a body once its response, which nobody holds any more, is collected.
      const end = (): void => {
        controller.error(signal?.reason);
      };
      signal?.addEventListener('abort', end, { once: true });
    },
    transform(piece, controller) {
      bytes += piece.length;
      if (bytes > BODY_BYTES_MAX) controller.error(new Error('the answer is too long'));
      else controller.enqueue(piece);
    },
  });
}

/** A redirect fails: it would lead the key, or the text of a corpus, to a place that nobody configured. */
export const boundedFetch: typeof fetch = async (address, init) => {
  const response = await fetch(address, { ...init, redirect: 'error' });
  const { status, statusText, headers } = response;
  const body = response.body?.pipeThrough(bounded(init?.signal ?? null)) ?? null;
  return new Response(body, { status, statusText, headers });
};
