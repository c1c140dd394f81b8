// A signal that a deadline bounds. `AbortSignal.any` holds its sources weakly, and of Node 20 a timeout that nothing else
// holds goes with the next collection of garbage and never fires: a request then waits for ever.

/** Fires with `signal`, and after `ms` with a TimeoutError, whatever is collected meanwhile. */
export function deadlineSignal(signal: AbortSignal, ms: number): AbortSignal {
  const deadline = AbortSignal.timeout(ms);
  // With a listener it is held until it fires.
  deadline.addEventListener('abort', () => undefined, { once: true });
  return AbortSignal.any([signal, deadline]);
}
