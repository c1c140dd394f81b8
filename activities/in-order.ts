// A few pieces of work at a time, their results in the order of the pieces.

/** So many times the width may be done before the first of them is: one slow piece keeps nothing else from running. */
const AHEAD = 2;

interface Started<R> {
  readonly result: Promise<R>;
  isSettled: boolean;
}

/**
 * Starts the next piece as soon as fewer than `width` are running, gives the results in order. `width` may change from
 * piece to piece. Throws what the first piece in order throws, after all that were started have settled: nothing runs on
 * after it, and after a piece that failed none is started.
 */
export async function* inOrder<T, R>(
  pieces: Iterable<T>,
  width: () => number,
  work: (piece: T) => Promise<R>,
): AsyncGenerator<R, void> {
  const waiting: Started<R>[] = [];
  const failed: T[] = [];
  let running = 0;
  let wake = (): void => undefined;
  const start = (piece: T): void => {
    running += 1;
    const started = { result: work(piece), isSettled: false };
    const settle = (): void => {
      started.isSettled = true;
      running -= 1;
      wake();
    };
    // A failure is looked at when its turn comes; until then nobody listens.
    started.result.then(settle, () => {
      failed.push(piece);
      settle();
    });
    waiting.push(started);
  };
  const isFull = (): boolean => running >= width() || waiting.length >= AHEAD * width();
  const nextSettled = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  try {
    for (const piece of pieces) {
      if (failed.length > 0) break;
      start(piece);
      while (waiting[0]?.isSettled === true || isFull()) {
        if (waiting[0]?.isSettled === true) yield await takeFirst(waiting);
        else await nextSettled();
      }
    }
    while (waiting.length > 0) yield await takeFirst(waiting);
  } finally {
    await Promise.allSettled(waiting.map(({ result }) => result));
  }
}

async function takeFirst<R>(waiting: Started<R>[]): Promise<R> {
  const first = waiting.shift();
  if (first === undefined) throw new Error('invariant broken: nothing runs');
  return await first.result;
}
