import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SlotPool } from '../../../src/sandbox/port.ts';
import { createSlotPool } from '../../../src/sandbox/pool.ts';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import { createLogger } from '../../../src/log/logger.ts';
import { endOf, invocation } from '../../support/invocations.ts';

const signal = new AbortController().signal;
let pool: SlotPool;

beforeAll(async () => {
  pool = await createSlotPool({
    socketPath: '/var/run/docker.sock',
    image: 'tracemill-sandbox:dev',
    slots: 1,
    workerId: 'test-pool',
    aslr: false,
    limitsMax: DEFAULT_LIMITS,
    log: createLogger({ level: 'warn', name: 'test' }),
  });
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
});

test('an invocation runs in both sandboxes of a slot and ends the same', async () => {
  const request = invocation('def f():\n    return sorted({3, 1, 2})\n');
  await pool.use(async (slot) => {
    const traced = await slot.trace(request, signal);
    const confirmed = await slot.confirm(request, signal);
    expect(endOf(traced)).toMatchObject({ outcome: 'returned', returnValue: '[1, 2, 3]' });
    expect(endOf(confirmed)).toMatchObject({ outcome: 'returned', returnValue: '[1, 2, 3]' });
    expect(confirmed.exit.fuelSpent).toBe(traced.exit.fuelSpent);
  }, signal);
});

test('an analysis answers with JSON', async () => {
  await pool.use(async (slot) => {
    const answer = await slot.analyze({ rules: {}, records: [] }, signal).catch((e: unknown) => e);
    console.error(answer);
  }, signal);
});
