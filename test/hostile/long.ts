// The long form: each case alone in fresh sandboxes, each followed by a canary, and all shuffled over several slots.
// After each the sandbox is counted from inside and from the engine; HOSTILE_TABLE names the file of the table.
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { containerProcesses } from '../../infra/dev/engine-api.ts';
import { createLogger } from '../../src/log/logger.ts';
import { LABEL } from '../../src/sandbox/container-spec.ts';
import { connectEngine } from '../../src/sandbox/docker.ts';
import { createSlotPool } from '../../src/sandbox/pool.ts';
import type { SandboxSlot, SlotPool } from '../../src/sandbox/port.ts';
import { shuffled } from '../support/determinism-programs.ts';
import { sandboxServices } from '../support/sandbox.ts';
import { canary, census, censusAfter } from './canary.ts';
import { readCases, textOfEnd } from './cases.ts';
import type { HostileCase } from './cases.ts';
import { ROLES, endingOfExecution, runCase, songOf } from './run-case.ts';
import type { Role } from './run-case.ts';
import { HostileTable } from './table.ts';
import type { Form } from './table.ts';

const SHUFFLED_SLOTS = 3;
const only = process.env['HOSTILE_ONLY'] ?? '';
const chosenForm = process.env['HOSTILE_FORM'] ?? '';
const seed = Number(process.env['HOSTILE_SEED'] ?? '1');
const signal = new AbortController().signal;
const cases = (await readCases()).filter(({ name }) => name.startsWith(only));
const named = (list: readonly HostileCase[]) =>
  list.map((hostile) => [hostile.name, hostile] as const);
const table = new HostileTable(cases, seed);
/** What census and canary say in a sandbox in which nothing hostile ran, by role. */
const clean = new Map<string, string>();
let socketPath: string;
let image: string;
let folder: string;

interface Place {
  readonly pool: SlotPool;
  readonly worker: string;
  /** Warnings of the pool: unclean and dead sandboxes, failed canaries. */
  readonly log: string;
}

async function openPlace(slots: number): Promise<Place> {
  const worker = `test-hostile-${randomUUID()}`;
  const log = join(folder, worker);
  const logger = createLogger({ level: 'warn', name: 'test', toFile: log });
  const options = { socketPath, image, slots, workerId: worker, aslr: false, log: logger };
  return { pool: await createSlotPool(options), worker, log };
}

const containersOf = (place: Place) =>
  connectEngine(socketPath).list({ name: LABEL.worker, value: place.worker });

/** Names what is there that should not be, of the sandbox of `role`; the first look of all is at a fresh one. */
async function leftInside(slot: SandboxSlot, role: Role): Promise<string[]> {
  const counted = endingOfExecution(await slot[role](census, signal));
  const song = songOf(await slot[role](canary, signal));
  const found = counted.returnValue ?? counted.outcome;
  const known = clean.get(`census ${role}`) ?? found;
  clean.set(`census ${role}`, known);
  const sang = clean.get(`canary ${role}`) ?? song;
  clean.set(`canary ${role}`, sang);
  return [
    ...(found === known ? [] : [`inside (${role}): ${found}`]),
    ...(song === sang ? [] : [`another canary (${role})`]),
  ];
}

/** Processes that the engine sees beside PID 1, and what the pool complained about. */
async function leftOutside(place: Place): Promise<string[]> {
  const containers = await containersOf(place);
  const lists = await Promise.all(containers.map(({ id }) => containerProcesses(socketPath, id)));
  const complaints = await readFile(place.log, 'utf8');
  return [
    ...lists.flatMap((list) => list?.slice(1) ?? []).map((name) => `process ${name}`),
    ...(complaints === '' ? [] : ['an unclean or dead sandbox']),
  ];
}

async function requireGone(place: Place): Promise<void> {
  // The engine removes a container a moment after its last process ended.
  await expect.poll(() => containersOf(place), { timeout: 30_000 }).toEqual([]);
}

async function tryCase(place: Place, form: Form, hostile: HostileCase): Promise<void> {
  await place.pool.use(async (slot) => {
    const { end, wrong } = await runCase(place.pool, slot, hostile);
    table.end(hostile.name, form, wrong ?? textOfEnd(end));
    const inside: string[] = [];
    for (const role of ROLES) inside.push(...(await leftInside(slot, role)));
    const left = [...inside, ...(await leftOutside(place))];
    table.left(hostile.name, left);
    expect(wrong).toBeNull();
    expect(left).toEqual([]);
  }, signal);
}

beforeAll(async () => {
  const services = await sandboxServices();
  socketPath = services.docker.socketPath;
  image = services.sandboxImage.reference;
  folder = await mkdtemp(join(tmpdir(), 'tracemill-hostile-'));
  const place = await openPlace(1);
  await place.pool.use(async (slot) => {
    for (const role of ROLES) await leftInside(slot, role);
  }, signal);
  await place.pool[Symbol.asyncDispose]();
});

// Each time, so that a run that is cut short has shown what it found.
afterEach(async () => {
  const file = process.env['HOSTILE_TABLE'];
  if (file !== undefined) await writeFile(file, table.text());
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('a sandbox in which nothing ran holds nothing but its PID 1', () => {
  for (const role of ROLES) {
    const counts = clean.get(`census ${role}`) ?? '';
    const numbers = [...counts.matchAll(/\('([^']+)', (-?\d+)\)/g)].map(([, , count]) => count);
    expect(numbers).toEqual(Array.from({ length: 7 }, () => '0'));
  }
});

// What programs can leave at all; the others are refused by the kernel.
const LITTER = `
import os
import socket
import time
open("/tmp/litter", "w").close()
os.mkdir("/dev/shm/litter")
holder = socket.socket(socket.AF_UNIX)
holder.bind("\\0litter")
if os.fork() == 0:
    time.sleep(60)
`;

test('the census sees a process, files and a socket', async () => {
  const place = await openPlace(1);
  try {
    await place.pool.use(async (slot) => {
      const ending = endingOfExecution(await slot.trace(censusAfter(LITTER), signal));
      expect(ending.returnValue).toContain("('process', 1), ('temp file', 2), ('SysV memory', 0)");
      expect(ending.returnValue).toContain("('socket', 1)");
    }, signal);
  } finally {
    await place.pool[Symbol.asyncDispose]();
  }
  await requireGone(place);
});

const describeForm = (form: Form) => describe.skipIf(chosenForm !== '' && chosenForm !== form);

describeForm('alone')('alone in fresh sandboxes', () => {
  test.each(named(cases))('%s ends as it may and leaves nothing', async (_, hostile) => {
    const place = await openPlace(1);
    try {
      await tryCase(place, 'alone', hostile);
    } finally {
      await place.pool[Symbol.asyncDispose]();
    }
    await requireGone(place);
  });
});

function inCommon(form: Form, slots: number, order: readonly HostileCase[]): void {
  let place: Place;
  beforeAll(async () => {
    place = await openPlace(slots);
  });
  test.each(named(order))('%s ends as it may and leaves nothing', async (_, hostile) => {
    await tryCase(place, form, hostile);
  });
  test('no container is left', async () => {
    await place.pool[Symbol.asyncDispose]();
    await requireGone(place);
  });
}

describeForm('after')('one after the other, a canary after each', () => {
  inCommon('after', 1, cases);
});

describeForm('shuffled')('shuffled over several slots, a canary after each', () => {
  inCommon('shuffled', SHUFFLED_SLOTS, shuffled(cases, seed));
});
