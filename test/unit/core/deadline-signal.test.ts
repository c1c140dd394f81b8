import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { deadlineSignal } from '../../../src/core/deadline-signal.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const reasonOf = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve(signal.reason);
    });
  });

it('fires when its time is over, though garbage is collected before', async () => {
  const ended = reasonOf(deadlineSignal(new AbortController().signal, 300));
  for (let at = 0; at < 5; at += 1) {
    await sleep(20);
    collect();
  }
  expect(await ended).toMatchObject({ name: 'TimeoutError' });
});

it('fires with the signal that it bounds', async () => {
  const stop = new AbortController();
  const ended = reasonOf(deadlineSignal(stop.signal, 60_000));
  collect();
  stop.abort(new Error('stopped'));
  expect(await ended).toMatchObject({ message: 'stopped' });
  expect(deadlineSignal(stop.signal, 60_000).aborted).toBe(true);
});
