import { describe, expect, test } from 'vitest';
import { inOrder } from '../../../activities/in-order.ts';

interface Job {
  readonly started: number[];
  readonly finish: Map<number, (error?: Error) => void>;
  readonly run: (piece: number) => Promise<number>;
}

function job(): Job {
  const started: number[] = [];
  const finish = new Map<number, (error?: Error) => void>();
  return {
    started,
    finish,
    run: (piece) =>
      new Promise((resolve, reject) => {
        started.push(piece);
        finish.set(piece, (error) => {
          if (error === undefined) resolve(piece * 10);
          else reject(error);
        });
      }),
  };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

describe('a few pieces of work at a time', () => {
  test('no more run than asked for, the slow first keeps nobody waiting, and results keep the order', async () => {
    const { started, finish, run } = job();
    const results: number[] = [];
    const all = (async () => {
      for await (const result of inOrder([1, 2, 3], () => 2, run)) results.push(result);
    })();
    await turns();
    expect(started).toEqual([1, 2]);
    finish.get(2)?.();
    await turns();
    expect([started, results]).toEqual([[1, 2, 3], []]);
    finish.get(1)?.();
    await turns();
    expect([started, results]).toEqual([
      [1, 2, 3],
      [10, 20],
    ]);
    finish.get(3)?.();
    await all;
    expect(results).toEqual([10, 20, 30]);
  });

  test('what is done before the first is bounded', async () => {
    const { started, finish, run } = job();
    const pieces = Array.from({ length: 20 }, (_, piece) => piece);
    const all = (async () => {
      for await (const _ of inOrder(pieces, () => 2, run));
    })();
    for (const piece of pieces.slice(1)) {
      await turns();
      finish.get(piece)?.();
    }
    await turns();
    expect(started).toEqual(pieces.slice(0, 4));
    finish.get(0)?.();
    for (const piece of pieces) {
      await turns();
      finish.get(piece)?.();
    }
    await all;
    expect(started).toEqual(pieces);
  });

  test('it goes by the width that holds now', async () => {
    const { started, finish, run } = job();
    let width = 1;
    const all = (async () => {
      for await (const _ of inOrder([1, 2, 3, 4, 5], () => width, run));
    })();
    await turns();
    expect(started).toEqual([1]);
    width = 3;
    finish.get(1)?.();
    await turns();
    expect(started).toEqual([1, 2, 3, 4]);
    for (const piece of [2, 3, 4, 5]) {
      finish.get(piece)?.();
      await turns();
    }
    await all;
  });

  test('a failure is thrown in its turn, after what ran beside it has settled', async () => {
    const { started, finish, run } = job();
    const results: number[] = [];
    let thrown: unknown = null;
    const all = (async () => {
      for await (const result of inOrder([1, 2, 3, 4], () => 2, run)) results.push(result);
    })().catch((error: unknown) => (thrown = error));
    await turns();
    finish.get(1)?.();
    await turns();
    finish.get(2)?.(new Error('lost'));
    await turns();
    expect([started, results, thrown]).toEqual([[1, 2, 3], [10], null]);
    finish.get(3)?.();
    await all;
    expect(thrown).toEqual(new Error('lost'));
    expect(started).toEqual([1, 2, 3]);
  });
});
