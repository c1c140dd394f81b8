// What networks, servers and other writers do to the requests of a job: all of it heals, but for another writer's bytes
// under one of the job's own keys, which stop it.
import { beforeAll, test } from 'vitest';
import type { FaultRule } from '../support/fault-proxy.ts';
import { openRig } from './rig.ts';
import type { Rig } from './rig.ts';
import { READS, WRITES, answer, each, reads, readsTrace, writesTrace } from './rules.ts';
import { stopsAtForeignBytes, survivesWeather } from './scenes.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});

interface Weather {
  readonly name: string;
  readonly title: string;
  readonly rules: readonly FaultRule[];
}

const WEATHERS: readonly Weather[] = [
  {
    name: '500',
    title: 'answers 500 twice to each kind of request',
    rules: each([...WRITES, ...READS], answer(500, 'InternalError'), 2),
  },
  {
    name: '503',
    title: 'asks to slow down for longer than one call tries',
    rules: each([writesTrace, readsTrace], answer(503, 'SlowDown'), 8),
  },
  {
    name: 'reset',
    title: 'resets connections, before and in the middle of a body',
    rules: [
      ...each([...WRITES, ...READS], { kind: 'lose-request' }),
      ...each(WRITES, { kind: 'cut-request' }),
      ...each(READS, { kind: 'cut-answer' }),
    ],
  },
  {
    name: 'lost-answer',
    title: 'does every kind of request and loses its answer',
    rules: each([...WRITES, ...READS], { kind: 'lose-answer' }),
  },
  {
    name: 'hang',
    title: 'hangs on a write and on a read',
    rules: each([writesTrace, readsTrace], { kind: 'hang' }),
  },
  {
    name: 'slow',
    title: 'moves 10 kB in a second',
    rules: each([() => true], { kind: 'slow', bytesPerSecond: 10_000 }, Infinity),
  },
  {
    name: 'flipped',
    title: 'is reached through a line that flips bits',
    rules: [
      ...each(WRITES, { kind: 'flip-request' }),
      // Of a corpus the first reads are the plan's and the later ones those of batches.
      ...each([reads('corpora/')], { kind: 'flip-answer' }, 3),
      ...each([reads('content/ingest/'), readsTrace], { kind: 'flip-answer' }),
    ],
  },
  {
    name: '409',
    title: 'answers 409 to each kind of write',
    rules: each(WRITES, answer(409, 'ConditionalRequestConflict'), 2),
  },
  {
    name: '412-own',
    title: 'says 412 of what this very worker has just written',
    rules: each(WRITES, { kind: 'taken-by-itself' }),
  },
];

test.each(WEATHERS.map((weather) => [weather.title, weather] as const))(
  'a store that %s changes no byte',
  async (_, { name, rules }) => {
    await survivesWeather(rig, name, rules);
  },
);

test.each([
  ['a batch', 'content/trace/'],
  ['a published file', 'sets/mixed/v1/traces/'],
])('other bytes under the key of %s stop the job, and nothing is published', async (_, prefix) => {
  await stopsAtForeignBytes(rig, prefix);
});
