import { expect, test } from 'vitest';
import { createLogger } from '../../../src/log/logger.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import { Canary, Lane } from '../../../src/sandbox/lane.ts';
import type { Made } from '../../../src/sandbox/lane.ts';
import { COMMAND, childLimits } from '../../../src/sandbox/request.ts';
import type { ChildRequest } from '../../../src/sandbox/request.ts';
import type { ChildAnswer, Sandbox } from '../../../src/sandbox/sandbox.ts';

const limits = childLimits(DEFAULT_LIMITS, 1);
const log = createLogger({ level: 'fatal', name: 'test' });
const { signal } = new AbortController();
const turns = () => new Promise((resolve) => setImmediate(resolve));

const request = (seed: string): ChildRequest => ({
  ...{ command: COMMAND.trace, limits, seed, document: {}, stdin: '' },
});

interface Running {
  readonly seed: string;
  readonly answer: (answer: ChildAnswer) => void;
  readonly lose: (error: Error) => void;
}

/** Answers when the test says so; a second request before that is what a real sandbox refuses. */
function slowSandbox(running: Running[]): Sandbox {
  const box = {
    id: 'f'.repeat(64),
    requestCount: 0,
    isUsable: true,
    run: ({ seed }: ChildRequest) => {
      box.requestCount += 1;
      return new Promise<ChildAnswer>((resolve, reject) => {
        running.push({
          seed,
          answer: resolve,
          lose: (error) => {
            box.isUsable = false;
            reject(error);
          },
        });
      });
    },
    close: () => Promise.resolve(),
  };
  return box as unknown as Sandbox;
}

const answerOf = (killedBy: 'memory' | null): ChildAnswer =>
  ({ result: { refused: false, unclean: false, exit: { killedBy } } }) as unknown as ChildAnswer;
const fine = answerOf(null);

function openLane() {
  const running: Running[] = [];
  let started = 0;
  const start = (memoryBytes: number): Promise<Made> => {
    started += 1;
    return Promise.resolve({ sandbox: slowSandbox(running), memoryBytes, bornAtMs: Date.now() });
  };
  const lane = new Lane({
    ...{ variant: 'trace', start, log },
    canary: new Canary(limits, DEFAULT_LIMITS),
  });
  return { lane, running, started: () => started };
}

test('children that are asked for at the same time run one after the other', async () => {
  const { lane, running, started } = openLane();
  const all = Promise.all(['a', 'b', 'c'].map((seed) => lane.run(request(seed), signal)));
  for (const seed of ['a', 'b', 'c']) {
    await turns();
    expect(running.map((one) => one.seed).at(-1)).toBe(seed);
    running.at(-1)?.answer(fine);
  }
  await all;
  expect([running.length, started()]).toEqual([3, 1]);
});

test('the next child gets a new sandbox where the one before lost its own, and is not lost with it', async () => {
  const { lane, running, started } = openLane();
  const first = lane.run(request('a'), signal).catch((error: unknown) => error);
  const second = lane.run(request('b'), signal);
  await turns();
  running[0]?.lose(new Error('died'));
  expect(await first).toEqual(new Error('died'));
  await turns();
  running[1]?.answer(fine);
  expect(await second).toBe(fine);
  expect(started()).toBe(2);
});

test('what the kernel ended for memory runs again in a new sandbox; another child takes the old one', async () => {
  const { lane, running, started } = openLane();
  const short = answerOf('memory');
  for (const [index, seed] of ['a', 'b', 'b', 'c'].entries()) {
    const ended = lane.run(request(seed), signal);
    await turns();
    running[index]?.answer(seed === 'c' ? fine : short);
    await ended;
    expect(started()).toBe(index < 2 ? 1 : 2);
  }
});
