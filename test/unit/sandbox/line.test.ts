// A line of requests and what is held for it, when the sandbox is lost at the worst moment: no end is lost, invented or another's,
// and what did no harm is never faulted.
import { describe, expect, test } from 'vitest';
import { executeInvocation } from '../../../activities/execute-invocation.ts';
import type { InvocationRequest } from '../../../src/contract/execution.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import { canonicalBackstop, noEvents } from '../../../src/core/trace-row.ts';
import type { InvocationEnd } from '../../../src/core/trace-row.ts';
import { createLogger } from '../../../src/log/logger.ts';
import { Canary } from '../../../src/sandbox/canary.ts';
import type { ContainerSpec } from '../../../src/sandbox/container-spec.ts';
import type { Foundry } from '../../../src/sandbox/foundry.ts';
import { FRAME } from '../../../src/sandbox/frames.ts';
import { Gate } from '../../../src/sandbox/gate.ts';
import { childLimits } from '../../../src/sandbox/request.ts';
import { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { Slot } from '../../../src/sandbox/slot.ts';
import { invocation } from '../../support/invocations.ts';
import { answerTo, frame, scriptedEngine } from '../../support/scripted-harness.ts';
import type { Deed, Script } from '../../support/scripted-harness.ts';

const log = createLogger({ level: 'fatal', name: 'test' });
const { signal } = new AbortController();

interface Ended {
  readonly ends: ReadonlyMap<string, string>;
  /** How often each was begun, in both roles together. */
  readonly begun: ReadonlyMap<string, number>;
}

const textOf = (end: InvocationEnd): string =>
  end.kind === 'faulted' ? `faulted ${end.code}` : `returned ${String(end.ending.returnValue)}`;

/** Everything as an activity has it, but for the containers and the reading of streams. */
async function execute(sources: readonly string[], script: Script): Promise<Ended> {
  const begun = new Map<string, number>();
  const engine = scriptedEngine({
    ...script,
    begin: (source) => {
      begun.set(source, (begun.get(source) ?? 0) + 1);
      return script.begin(source);
    },
  });
  const start: Foundry['start'] = async () => {
    const sandbox = await Sandbox.start(engine, {} as ContainerSpec);
    return { sandbox, memoryBytes: Number.MAX_SAFE_INTEGER, bornAtMs: Date.now() };
  };
  const gate = new Gate();
  const parts = { gate, spare: () => [], onChange: () => undefined };
  const canary = new Canary(childLimits(DEFAULT_LIMITS, 1), DEFAULT_LIMITS);
  const slot = new Slot({ start } as unknown as Foundry, parts, { canary, log });
  const run = (request: InvocationRequest): Promise<InvocationEnd> =>
    executeInvocation(
      {
        ...{ slot, signal, log, confirm: 'all' },
        alone: (work) => gate.alone(work, signal),
        read: ({ stream }) => ({
          ending: {
            ...canonicalBackstop('returned', null),
            returnValue: Buffer.from(stream).toString('utf8'),
          },
          ...{ labels: [], trace: noEvents('p'), fuelSpent: 1 },
        }),
      },
      request,
    );
  const ends = await Promise.all(
    sources.map((source, at) => run(invocation(source, { invocationId: String(at) }))),
  );
  await slot.close();
  return { ends: new Map(sources.map((source, at) => [source, textOf(ends[at]!)])), begun };
}

const answers: Deed = { kind: 'answer' };

test('what was answered, but held when the next request killed the sandbox, runs again alone and ends as ever', async () => {
  const { ends, begun } = await execute(['good', 'kills', 'behind'], {
    begin: (source) => (source === 'kills' ? { kind: 'die' } : answers),
  });
  expect(Object.fromEntries(ends)).toEqual({
    good: 'returned good',
    kills: 'faulted sandbox-died',
    behind: 'returned behind',
  });
  // Lost once and run alone; then confirmed. The killer: not begun as its own loss once, then twice.
  expect(begun.get('good')).toBe(3);
  expect(begun.get('kills')).toBe(3);
});

/** A number from 0 to `below` - 1, by a xorshift. */
function chance(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** What a peer that is no harness may send at the worst moment: while answers of others are on their way. */
const MISDEEDS: Readonly<Record<string, (source: string) => Deed>> = {
  kills: () => ({ kind: 'die' }),
  cuts: (source) => ({ kind: 'die', after: answerTo(source).subarray(0, -3) }),
  unknown: () => ({ kind: 'send', bytes: frame(99, Buffer.from('x')) }),
  greets: () => ({ kind: 'send', bytes: frame(FRAME.hello, Buffer.from('{}')) }),
  miscounts: (source) => ({
    kind: 'send',
    bytes: Buffer.concat([frame(FRAME.stream, Buffer.from('x')), answerTo(source)]),
  }),
  short: () => ({ kind: 'send', bytes: frame(FRAME.result, Buffer.alloc(3)) }),
};

describe('whoever does no harm ends as ever beside what', () => {
  test.each(Object.keys(MISDEEDS).flatMap((name) => [1, 2, 3, 4].map((seed) => [name, seed])))(
    '%s, in order %d',
    async (name, seed) => {
      const misdeed = MISDEEDS[name]!;
      const draw = chance(Number(seed));
      const sources = Array.from({ length: 70 }, (_, at) =>
        draw(9) === 0 ? `bad ${String(at)}` : `good ${String(at)} ${'x'.repeat(draw(9_000))}`,
      );
      const { ends } = await execute(sources, {
        begin: (source) => {
          if (source.startsWith('bad')) return misdeed(source);
          return { kind: 'answer', unclean: source.startsWith('good') && draw(25) === 0 };
        },
        pieceBytes: () => 1 + draw(3_000),
      });
      for (const [source, end] of ends) {
        if (source.startsWith('bad'))
          expect(end).toMatch(/^faulted (sandbox-died|wire-violation)$/);
        else expect(end).toBe(`returned ${source}`);
      }
    },
  );
});
