// A few pieces of work at a time, their results in the order of the pieces.

/**
 * Starts the next piece as soon as fewer than `width` are running, gives the results in order. Throws what the first
 * piece in order throws, after all that were started have settled: nothing runs on after it.
 */
export async function* inOrder<T, R>(
  pieces: Iterable<T>,
  width: number,
  work: (piece: T) => Promise<R>,
): AsyncGenerator<R, void> {
  const running: Promise<R>[] = [];
  try {
    for (const piece of pieces) {
      const started = work(piece);
      // It is looked at when its turn comes; until then nobody listens.
      started.catch(() => undefined);
      running.push(started);
      if (running.length >= width) yield await takeFirst(running);
    }
    while (running.length > 0) yield await takeFirst(running);
  } finally {
    await Promise.allSettled(running);
  }
}

async function takeFirst<R>(running: Promise<R>[]): Promise<R> {
  const first = running.shift();
  if (first === undefined) throw new Error('invariant broken: nothing runs');
  return await first;
}
