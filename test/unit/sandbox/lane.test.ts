import { expect, test } from 'vitest';
import { createLogger } from '../../../src/log/logger.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import { Canary } from '../../../src/sandbox/canary.ts';
import { LINE_MAX, Lane } from '../../../src/sandbox/lane.ts';
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

/** Answers when the test says so. What stands behind a lost one is not begun. */
function slowSandbox(running: Running[]): Sandbox {
  const line: ((answer: null) => void)[] = [];
  const box = {
    id: 'f'.repeat(64),
    requestCount: 0,
    isUsable: true,
    run: ({ seed }: ChildRequest) => {
      box.requestCount += 1;
      return new Promise<ChildAnswer | null>((resolve, reject) => {
        line.push(resolve);
        running.push({
          seed,
          answer: (answer) => {
            line.shift();
            resolve(answer);
          },
          lose: (error) => {
            box.isUsable = false;
            reject(error);
            for (const leave of line.splice(0)) leave(null);
          },
        });
      });
    },
    close: () => Promise.resolve(),
  };
  return box as unknown as Sandbox;
}

const bytes = Buffer.alloc(0);
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

const seedsOf = (running: readonly Running[]) => running.map(({ seed }) => seed);

test('a sandbox has a line of requests, in the order in which they were asked for', async () => {
  const { lane, running, started } = openLane();
  const seeds = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const all = Promise.all(seeds.map((seed) => lane.run(request(seed), signal)));
  await turns();
  expect(LINE_MAX).toBe(seeds.length - 1);
  expect(seedsOf(running)).toEqual(seeds.slice(0, LINE_MAX));
  running[0]?.answer(fine);
  await turns();
  expect(seedsOf(running)).toEqual(seeds);
  for (const each of running) each.answer(fine);
  await all;
  expect(started()).toBe(1);
});

test('what stood in line behind a lost one is begun in a new sandbox, and is not lost with it', async () => {
  const { lane, running, started } = openLane();
  const first = lane.run(request('a'), signal).catch((error: unknown) => error);
  const second = lane.run(request('b'), signal);
  await turns();
  expect(seedsOf(running)).toEqual(['a', 'b']);
  running[0]?.lose(new Error('died'));
  expect(await first).toEqual(new Error('died'));
  await turns();
  expect(seedsOf(running)).toEqual(['a', 'b', 'b']);
  running[2]?.answer(fine);
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

test('nothing stands in line while the canary is due', async () => {
  const { lane, running } = openLane();
  for (let at = 0; at < 49; at += 1) {
    const work = lane.run(request('x'), signal);
    await turns();
    running.at(-1)?.answer(fine);
    await work;
  }
  const all = Promise.all(['a', 'b'].map((seed) => lane.run(request(seed), signal)));
  await turns();
  expect(seedsOf(running.slice(49))).toEqual(['a']);
  running[49]?.answer(fine);
  await turns();
  expect(seedsOf(running.slice(49))).toEqual(['a', 'canary']);
  running[50]?.answer({ ...fine, stream: bytes, out: bytes, err: bytes });
  await turns();
  expect(seedsOf(running.slice(49))).toEqual(['a', 'canary', 'b']);
  running[51]?.answer(fine);
  await all;
});

test('a lane that was closed begins nothing', async () => {
  const { lane, running } = openLane();
  await lane.close();
  await expect(lane.run(request('a'), signal)).rejects.toMatchObject({ code: 'sandbox-died' });
  expect(running).toEqual([]);
});
