// Every case of the corpus runs in both sandboxes of a slot, followed by a canary in each; its row is the one that its head
// states, with exactly these labels.
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogger } from '../../src/log/logger.ts';
import { connectEngine } from '../../src/sandbox/docker.ts';
import { createSlotPool } from '../../src/sandbox/pool.ts';
import type { SandboxSlot, SlotPool } from '../../src/sandbox/port.ts';
import { LABEL } from '../../src/sandbox/container-spec.ts';
import { sandboxServices } from '../support/sandbox.ts';
import { canary } from './canary.ts';
import { readCases } from './cases.ts';
import { ROLES, endingOfExecution, runCase, songOf } from './run-case.ts';
import type { Role } from './run-case.ts';

// Its own, so that two runs on one host do not reap each other's containers.
const WORKER = `test-hostile-${randomUUID()}`;
const signal = new AbortController().signal;
const cases = await readCases();
const canaries = new Map<string, string>();
let pool: SlotPool;
let socketPath: string;
let folder: string;

async function requireCanary(slot: SandboxSlot, role: Role): Promise<void> {
  const execution = await slot[role](canary, signal);
  expect(endingOfExecution(execution).outcome).toBe('returned');
  const song = songOf(execution);
  expect(song).toBe(canaries.get(role) ?? song);
  canaries.set(role, song);
}

beforeAll(async () => {
  const services = await sandboxServices();
  socketPath = services.docker.socketPath;
  folder = await mkdtemp(join(tmpdir(), 'tracemill-hostile-'));
  pool = await createSlotPool({
    socketPath,
    image: services.sandboxImage.reference,
    slots: 1,
    workerId: WORKER,
    aslr: false,
    log: createLogger({ level: 'warn', name: 'test', toFile: join(folder, 'log') }),
  });
});

afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test.each(cases.map((hostile) => [hostile.name, hostile] as const))(
  '%s ends with the outcome and the labels that its head states',
  async (_, hostile) => {
    await pool.use(async (slot) => {
      const { wrong, ending } = await runCase(pool, slot, hostile);
      expect(wrong).toBeNull();
      for (const role of ROLES) await requireCanary(slot, role);
      if (!hostile.same) return;
      expect((await runCase(pool, slot, hostile)).ending).toEqual(ending);
    }, signal);
  },
);

test('no case made a sandbox unclean or die, and none is left', async () => {
  await pool[Symbol.asyncDispose]();
  expect(await readFile(join(folder, 'log'), 'utf8')).toBe('');
  const engine = connectEngine(socketPath);
  // The engine removes a container a moment after its last process ended.
  await expect.poll(() => engine.list({ name: LABEL.worker, value: WORKER })).toEqual([]);
});
