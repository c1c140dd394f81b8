// A sandbox is taken away, stopped or cut off while a function runs in it: the function runs again in another one.
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, test } from 'vitest';
import { openRig } from './rig.ts';
import type { Rig } from './rig.ts';
import { survivesSandboxFault } from './scenes.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});

test('a sandbox killed as the kernel does where memory is short costs no byte', async () => {
  await survivesSandboxFault(rig, 'killed', (relay, sandbox) =>
    relay.docker('kill', '--signal', 'KILL', sandbox),
  );
});

test('a sandbox removed under its worker costs no byte', async () => {
  await survivesSandboxFault(rig, 'removed', (relay, sandbox) =>
    relay.docker('rm', '--force', sandbox),
  );
});

test('a sandbox that stands still for ten seconds costs no byte', async () => {
  await survivesSandboxFault(rig, 'paused', async (relay, sandbox) => {
    await relay.docker('pause', sandbox);
    await sleep(10_000);
    await relay.docker('unpause', sandbox);
  });
});

test('an engine out of reach for ten seconds costs no byte', async () => {
  await survivesSandboxFault(rig, 'unreachable', async (relay) => {
    await relay.turn('off');
    await sleep(10_000);
    await relay.turn('on');
  });
});
