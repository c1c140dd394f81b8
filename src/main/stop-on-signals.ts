// How a command in the foreground ends.

/** The usual code of a process that a second interrupt ended: 128 and the number of the signal. */
const FORCED_EXIT = 130;

/** The first interrupt or request to end aborts the signal, the second one ends the process. */
export function stopOnSignals(): { signal: AbortSignal; abort: () => void; release: () => void } {
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(FORCED_EXIT);
    stop.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: stop.signal,
    abort: () => {
      stop.abort();
    },
    release: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
