// The part of the fault matrix that every run of the tests has: one row of each kind. All rows: `npm run chaos`.
import { beforeAll, test } from 'vitest';
import { openRig } from './rig.ts';
import type { Rig } from './rig.ts';
import { READS, WRITES, answer, each, readsTrace, writesTracePage } from './rules.ts';
import {
  stopsAtForeignBytes,
  survivesKill,
  survivesSandboxFault,
  survivesWeather,
} from './scenes.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});

test('a store that resets, refuses, flips and loses changes no byte', async () => {
  await survivesWeather(rig, 'short', [
    ...each(WRITES, { kind: 'lose-answer' }),
    ...each(READS, answer(503, 'SlowDown')),
    ...each(WRITES, answer(409, 'ConditionalRequestConflict')),
    ...each([readsTrace], { kind: 'flip-answer' }),
    ...each([readsTrace], { kind: 'cut-answer' }),
  ]);
});

test('other bytes under the key of a batch stop the job, and nothing is published', async () => {
  await stopsAtForeignBytes(rig, 'content/trace/');
});

test('a worker killed when its page is written, before the workflow knows, costs no byte', async () => {
  await survivesKill(rig, { name: 'short', when: writesTracePage, kind: 'after' });
});

test('a sandbox killed while a function runs in it costs no byte', async () => {
  await survivesSandboxFault(rig, 'short', (relay, sandbox) =>
    relay.docker('kill', '--signal', 'KILL', sandbox),
  );
});
