// Slots that nobody has: they work for whoever has one, until somebody takes them.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSlotPool } from '../../../src/sandbox/pool.ts';
import type { SandboxSlot, SlotPool } from '../../../src/sandbox/port.ts';
import { endOf, invocation } from '../../support/invocations.ts';
import { sandboxServices } from '../../support/sandbox.ts';
import { testLog } from '../../support/services.ts';

const signal = new AbortController().signal;
const SOURCE = 'def f():\n    return sum(i * i for i in range(2_000))\n';
/** More than one slot takes at once. */
const AT_ONCE = 6;

let pool: SlotPool;
/** The most slots that worked at once since it was set. */
let most = 0;

beforeAll(async () => {
  const services = await sandboxServices();
  pool = await createSlotPool({
    socketPath: services.docker.socketPath,
    image: services.sandboxImage.reference,
    slots: 2,
    workerId: `test-spare-${randomUUID()}`,
    aslr: false,
    log: testLog(),
    onWork: (slots) => {
      most = Math.max(most, slots);
    },
  });
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
});

async function values(slot: SandboxSlot): Promise<(string | null | undefined)[]> {
  const runs = Array.from({ length: AT_ONCE }, () => slot.trace(invocation(SOURCE), signal));
  return (await Promise.all(runs)).map((execution) => endOf(execution)?.returnValue);
}

const SAME = Array.from({ length: AT_ONCE }, () => '2664667000');

test('one piece of work has all slots to itself, and gives back what somebody else takes', async () => {
  await pool.use(async (slot) => {
    expect([slot.serving(), pool.busy()]).toEqual([2, 1]);
    // The other slot has no sandbox yet: what it is wanted for does not wait for that.
    while (most < 2) expect(await values(slot)).toEqual(SAME);
    const many = values(slot);
    await pool.use(async (other) => {
      expect([slot.serving(), other.serving(), pool.busy()]).toEqual([1, 1, 2]);
      expect(await values(other)).toEqual(SAME);
    }, signal);
    expect(await many).toEqual(SAME);
  }, signal);
  expect(pool.busy()).toBe(0);
});

test('one after the other they stay in the slot that was taken', async () => {
  most = 0;
  await pool.use(async (slot) => {
    for (let at = 0; at < AT_ONCE; at += 1) await slot.confirm(invocation(SOURCE), signal);
  }, signal);
  expect(most).toBe(1);
});
