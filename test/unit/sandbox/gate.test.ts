import { expect, test } from 'vitest';
import { Gate } from '../../../src/sandbox/gate.ts';

const signal = new AbortController().signal;

function held(): { work: () => Promise<void>; release: () => void; started: () => boolean } {
  let release = (): void => undefined;
  let isStarted = false;
  const end = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    work: () => {
      isStarted = true;
      return end;
    },
    release: () => {
      release();
    },
    started: () => isStarted,
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('any number share the gate at once', async () => {
  const gate = new Gate();
  const [a, b] = [held(), held()];
  const both = [gate.shared(a.work, signal), gate.shared(b.work, signal)];
  await settle();
  expect([a.started(), b.started()]).toEqual([true, true]);
  a.release();
  b.release();
  await Promise.all(both);
});

test('who is alone waits for all and keeps all out', async () => {
  const gate = new Gate();
  const [first, alone, later] = [held(), held(), held()];
  const works = [
    gate.shared(first.work, signal),
    gate.alone(alone.work, signal),
    gate.shared(later.work, signal),
  ];
  await settle();
  expect([alone.started(), later.started()]).toEqual([false, false]);
  first.release();
  await settle();
  expect([alone.started(), later.started()]).toEqual([true, false]);
  alone.release();
  await settle();
  expect(later.started()).toBe(true);
  later.release();
  await Promise.all(works);
});

test('work inside alone passes the gate at once', async () => {
  const gate = new Gate();
  const inner = await gate.alone(() => gate.shared(() => Promise.resolve('in'), signal), signal);
  expect(inner).toBe('in');
});

test('a waiting turn that is aborted leaves the row and lets others in', async () => {
  const gate = new Gate();
  const [first, alone, later] = [held(), held(), held()];
  const stop = new AbortController();
  const running = gate.shared(first.work, signal);
  const aborted = gate.alone(alone.work, stop.signal);
  const behind = gate.shared(later.work, signal);
  stop.abort(new Error('stopped'));
  await expect(aborted).rejects.toThrow('stopped');
  await settle();
  expect(later.started()).toBe(true);
  first.release();
  later.release();
  await Promise.all([running, behind]);
  expect(alone.started()).toBe(false);
});

test('work that throws leaves the gate open', async () => {
  const gate = new Gate();
  await expect(gate.alone(() => Promise.reject(new Error('bad')), signal)).rejects.toThrow('bad');
  await expect(gate.shared(() => Promise.resolve(1), signal)).resolves.toBe(1);
});
