// The loop over a provider and a Temporal that tests drive, with a store that speaks the port: who is in charge, what is done
// in which order, and what becomes of faults.
import { expect, it } from 'vitest';
import type { WatchedJob } from '../../../src/fleet/demand.ts';
import { openJournal } from '../../../src/fleet/journal.ts';
import { runFleet } from '../../../src/fleet/loop.ts';
import type { FleetLoop } from '../../../src/fleet/loop.ts';
import type { HostSeen } from '../../../src/fleet/observe.ts';
import { fixedCount, giveOrder, readOrders } from '../../../src/fleet/orders.ts';
import type { FleetOrder } from '../../../src/fleet/orders.ts';
import { ProviderError } from '../../../src/fleet/provider.ts';
import type { FleetProvider, FleetVm } from '../../../src/fleet/provider.ts';
import { fleetSettingsSchema } from '../../../src/fleet/settings.ts';
import { createLogger } from '../../../src/log/logger.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const BOOT_MS = 30_000;
const SLOTS = 2;
const MAIN = { fleet: 'main', vms: [] };

const drainOf = (vm: string, launchedAtMs: number | null = null): FleetOrder => ({
  ...{ v: 1, kind: 'drain', vm, launchedAtMs },
});

/** A world of one clock: machines go live after a boot and work on what is left, one batch a minute per slot. */
function world(options: { batches: number }) {
  const state = {
    nowMs: 1_000_000_000,
    vms: [] as { vm: FleetVm; busy: number }[],
    desired: 0,
    left: options.batches,
    window: 8,
    calls: [] as string[],
    fail: null as ProviderError | null,
    made: 0,
    diesAtOnce: false,
    drainFails: false,
    isSilent: false,
  };
  const launch = (): void => {
    state.made += 1;
    const id = `vm-${String(state.made)}`;
    const vm: FleetVm = {
      id,
      host: id,
      state: state.diesAtOnce ? 'ended' : 'running',
      launchedAtMs: state.nowMs,
      note: state.diesAtOnce ? 'no such key' : null,
    };
    state.vms.push({ vm, busy: 0 });
  };
  const guarded = (call: string): void => {
    state.calls.push(call);
    if (state.fail !== null) throw state.fail;
  };
  const find = (id: string) => state.vms.find(({ vm }) => vm.id === id);
  const here = () => state.vms.filter(({ vm }) => vm.state === 'running').length;
  const provider: FleetProvider = {
    kind: 'fake',
    place: 'a test',
    describe: () => {
      guarded('describe');
      return Promise.resolve({ desired: state.desired, vms: state.vms.map(({ vm }) => vm) });
    },
    setDesired: (count) => {
      guarded(`setDesired ${String(count)}`);
      state.desired = count;
      for (let missing = count - here(); missing > 0; missing -= 1) launch();
      return Promise.resolve();
    },
    drain: (id) => {
      if (state.drainFails) throw new ProviderError('unreachable', 'gone');
      guarded(`drain ${id}`);
      const found = find(id);
      if (found !== undefined) found.vm = { ...found.vm, state: 'draining' };
      state.desired = here();
      return Promise.resolve();
    },
    terminate: (id) => {
      guarded(`terminate ${id} busy ${String(find(id)?.busy ?? 0)}`);
      state.vms = state.vms.filter(({ vm }) => vm.id !== id);
      state.desired = here();
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const isLive = ({ vm }: { vm: FleetVm }): boolean =>
    vm.state === 'running' && state.nowMs - (vm.launchedAtMs ?? 0) >= BOOT_MS;
  /** Gives out and takes back: drained machines hand their batches back at once. */
  const work = (): void => {
    for (const machine of state.vms) machine.busy = 0;
    let left = Math.ceil(state.left);
    for (const machine of state.vms.filter(isLive)) {
      machine.busy = Math.min(SLOTS, left);
      left -= machine.busy;
    }
  };
  const hosts = (): Map<string, HostSeen> =>
    new Map(
      state.vms
        .filter(isLive)
        .map(({ vm, busy }) => [
          vm.host,
          { host: vm.host, slots: SLOTS, polledAtMs: state.nowMs, busy },
        ]),
    );
  const jobs = (): WatchedJob[] => {
    if (state.left <= 0) return [];
    const done = options.batches - Math.ceil(state.left);
    const pass = { batchesTotal: options.batches, counts: {}, startedAtMs: 0, endedAtMs: null };
    return [
      {
        workflowId: 'job-1',
        progress: state.isSilent
          ? null
          : {
              state: 'running',
              paused: false,
              window: state.window,
              passes: [{ ...pass, pass: 'trace', batchesDone: done }],
              environment: null,
              lastFault: null,
            },
        pending: state.vms.flatMap(({ busy }) =>
          Array.from({ length: busy }, () => ({
            activity: 'traceBatch',
            isStarted: true,
            attempt: 1,
            attemptsMax: 6,
            beat: null,
            lastFault: null,
          })),
        ),
      },
    ];
  };
  const busy = (): number => state.vms.reduce((sum, machine) => sum + machine.busy, 0);
  const watch: FleetLoop['watch'] = {
    look: () => {
      work();
      const backlog = Math.max(0, Math.min(state.window, Math.ceil(state.left)) - busy());
      const queue = { backlog, backlogAgeMs: 0, isHeldBack: false };
      return Promise.resolve({ jobs: jobs(), queue, hosts: hosts() });
    },
    setWindow: (_id, window) => {
      state.window = window;
      return Promise.resolve();
    },
  };
  const pass = (ms: number): void => {
    state.left = Math.max(0, state.left - (busy() * ms) / 60_000);
    state.nowMs += ms;
  };
  return { state, provider, watch, pass, busy };
}

const settings = fleetSettingsSchema.parse({
  fleetVersion: 1,
  name: 'main',
  provider: { kind: 'docker' },
  slotsPerVm: SLOTS,
  max: 5,
  price: 1,
  bootSeconds: 30,
  batchSeconds: 60,
});

/** Runs a loop in the world's time until it is done, or `rounds` have passed. */
function loopIn(
  given: ReturnType<typeof world>,
  how: { store?: MemoryStore; rounds?: number; onRound?: (round: number) => void } = {},
) {
  const store = how.store ?? new MemoryStore();
  const stop = new AbortController();
  const said: string[] = [];
  const log = createLogger({ level: 'fatal', name: 'test' });
  const note = (_fields: unknown, text: string): void => void said.push(text);
  let rounds = 0;
  const loop: FleetLoop = {
    settings,
    provider: given.provider,
    watch: given.watch,
    journal: openJournal(store, 'main'),
    orders: () => readOrders(store, 'main'),
    log: Object.assign(Object.create(log) as typeof log, { error: note, warn: note }),
    untilDone: true,
    stop: stop.signal,
    now: () => given.state.nowMs,
    sleep: (ms) => {
      rounds += 1;
      given.pass(ms);
      how.onRound?.(rounds);
      if (rounds >= (how.rounds ?? 500)) stop.abort();
      return Promise.resolve();
    },
  };
  return { loop, store, stop, said, rounds: () => rounds };
}

it('grows with the work, gives back what has nothing to do, and ends with none', async () => {
  const given = world({ batches: 120 });
  let most = 0;
  const { loop, store } = loopIn(given, {
    onRound: () => {
      most = Math.max(most, given.state.vms.length);
    },
  });
  await runFleet(loop);
  expect(most).toBe(5);
  expect(given.state.vms).toEqual([]);
  expect(given.state.left).toBe(0);
  expect(given.state.calls.filter((call) => call.startsWith('terminate'))).toHaveLength(5);
  expect(given.state.calls.filter((call) => / busy [1-9]/.test(call))).toEqual([]);
  const last = await openJournal(store, 'main').newest();
  expect(last?.state).toMatchObject({ desired: 0, gone: 5, interrupted: 0, vms: [] });
  // Five machines for about twelve minutes each, an hour in all, cost about one.
  expect(last?.state.facts.spent).toBeGreaterThan(0.9);
  expect(last?.state.facts.spent).toBeLessThan(1.4);
});

it('the window follows the slots that live', async () => {
  const given = world({ batches: 120 });
  const windows = new Set<number>();
  const { loop } = loopIn(given, { onRound: () => windows.add(given.state.window) });
  await runFleet(loop);
  expect(Math.max(...windows)).toBe(20);
});

it('no machine is drained before one is idle or the work thins out', async () => {
  const given = world({ batches: 120 });
  let leftAtFirstDrain: number | null = null;
  const { loop } = loopIn(given, {
    onRound: () => {
      const drains = given.state.calls.some((call) => call.startsWith('drain'));
      if (drains) leftAtFirstDrain ??= given.state.left;
    },
  });
  await runFleet(loop);
  expect(leftAtFirstDrain).toBeLessThanOrEqual(5 * SLOTS);
});

it('two loops at once leave one in charge, and the other takes over when it falls silent', async () => {
  const given = world({ batches: 10_000 });
  const store = new MemoryStore();
  const first = loopIn(given, { store, rounds: 8 });
  const second = loopIn(given, { store, rounds: 20 });
  const before = given.state.made;
  await Promise.all([runFleet(first.loop), runFleet(second.loop)]);
  expect(before).toBe(0);
  expect(given.state.made).toBe(5);
  const holders = second.said.filter((line) => line.includes('another loop is in charge'));
  const others = first.said.filter((line) => line.includes('another loop is in charge'));
  expect(holders.length + others.length).toBeGreaterThanOrEqual(1);
  expect([...first.said, ...second.said].join('\n')).toContain('took over the fleet');
});

it.each([
  ['throttled', 'the provider asks for fewer calls'],
  ['no-capacity', 'there are none of these machines now'],
  ['unreachable', 'the provider does not answer'],
  ['denied', 'the credentials are refused'],
] as const)('waits out %s with one message and ever fewer calls', async (trouble, message) => {
  const given = world({ batches: 120 });
  given.state.fail = new ProviderError(trouble, message);
  const { loop, said, store } = loopIn(given, {
    rounds: 60,
    onRound: (round) => {
      if (round === 59) given.state.fail = null;
    },
  });
  const beganAtMs = given.state.nowMs;
  await runFleet(loop);
  expect(said.filter((line) => line === message)).toHaveLength(1);
  const minutes = (given.state.nowMs - beganAtMs) / 60_000;
  const calls = given.state.calls.length;
  // 15, 30, 60, 120, 240, then every 300 s.
  expect(calls).toBeLessThanOrEqual(6 + minutes / 5);
  expect((await openJournal(store, 'main').newest())?.state.fault?.kind ?? trouble).toBe(trouble);
});

it('machines that end at once are started again more and more seldom, and the reason is said', async () => {
  const given = world({ batches: 120 });
  given.state.diesAtOnce = true;
  const { loop, said } = loopIn(given, { rounds: 60 });
  const beganAtMs = given.state.nowMs;
  await runFleet(loop);
  expect(said.join('\n')).toMatch(/ended before a worker asked for work: no such key/);
  const minutes = (given.state.nowMs - beganAtMs) / 60_000;
  expect(given.state.made).toBeLessThanOrEqual(5 * (7 + minutes / 5));
});

it('an operator sets a number, lets a machine go, and gives the decision back', async () => {
  const given = world({ batches: 1_000 });
  const store = new MemoryStore();
  await giveOrder(store, MAIN, { v: 1, kind: 'scale', count: 2 });
  const run = loopIn(given, { store, rounds: 6 });
  await runFleet(run.loop);
  expect(given.state.vms).toHaveLength(2);
  await giveOrder(store, MAIN, drainOf('vm-1'));
  await runFleet(loopIn(given, { store, rounds: 6 }).loop);
  expect(given.state.vms.map(({ vm }) => vm.id)).toEqual(['vm-2', 'vm-3']);
  await giveOrder(store, MAIN, { v: 1, kind: 'scale', count: null });
  await runFleet(loopIn(given, { store, rounds: 6 }).loop);
  expect(given.state.vms).toHaveLength(5);
});

it('no number of later orders sweeps away what an operator set, or a drain of a machine that is there', async () => {
  const store = new MemoryStore();
  await giveOrder(store, MAIN, { v: 1, kind: 'scale', count: 5 });
  await giveOrder(store, MAIN, drainOf('kept', 7));
  await giveOrder(store, MAIN, { v: 1, kind: 'scale', count: 2 });
  const vms = [{ id: 'kept', launchedAtMs: 7 }];
  for (let vm = 0; vm < 120; vm += 1) {
    await giveOrder(store, { fleet: 'main', vms }, drainOf(`gone-${String(vm)}`, 7));
  }
  const orders = await readOrders(store, 'main');
  expect(fixedCount(orders)).toBe(2);
  expect(orders).toContainEqual(drainOf('kept', 7));
  expect(orders.filter(({ kind }) => kind === 'scale')).toHaveLength(1);
  expect(orders.length).toBeLessThanOrEqual(52);
});

it('a host that was drained by order and is started again is not drained again', async () => {
  const given = world({ batches: 1_000 });
  const store = new MemoryStore();
  await runFleet(loopIn(given, { store, rounds: 6 }).loop);
  const [host] = given.state.vms;
  if (host === undefined) throw new Error('no machine');
  await giveOrder(store, MAIN, drainOf(host.vm.id, host.vm.launchedAtMs));
  await runFleet(loopIn(given, { store, rounds: 6 }).loop);
  expect(given.state.vms.map(({ vm }) => vm.id)).not.toContain(host.vm.id);
  // The host of that name is free, and the next machine is made of it.
  given.state.vms.pop();
  const again: FleetVm = { ...host.vm, state: 'running', launchedAtMs: given.state.nowMs };
  given.state.vms.push({ vm: again, busy: 0 });
  await runFleet(loopIn(given, { store, rounds: 10 }).loop);
  expect(given.state.calls.filter((call) => call === `drain ${host.vm.id}`)).toHaveLength(1);
  expect(given.state.vms.map(({ vm }) => vm.id)).toContain(host.vm.id);
});

it('a drain that was decided but not done is done by the next loop', async () => {
  const given = world({ batches: 1_000 });
  const store = new MemoryStore();
  await runFleet(loopIn(given, { store, rounds: 6 }).loop);
  await giveOrder(store, MAIN, drainOf('vm-1'));
  given.state.drainFails = true;
  await runFleet(loopIn(given, { store, rounds: 2 }).loop);
  expect(given.state.vms.find(({ vm }) => vm.id === 'vm-1')?.vm.state).toBe('running');
  given.state.drainFails = false;
  await runFleet(loopIn(given, { store, rounds: 6 }).loop);
  expect(given.state.calls).toContain('drain vm-1');
  expect(given.state.vms.map(({ vm }) => vm.id)).not.toContain('vm-1');
});

it('a machine that is taken away is replaced and counted', async () => {
  const given = world({ batches: 1_000 });
  const { loop, store } = loopIn(given, {
    rounds: 20,
    onRound: (round) => {
      if (round === 8) given.state.vms.shift();
    },
  });
  await runFleet(loop);
  expect(given.state.vms).toHaveLength(5);
  expect((await openJournal(store, 'main').newest())?.state).toMatchObject({
    gone: 1,
    interrupted: 1,
  });
});

it('a coordinator that falls silent leaves the fleet as it is', async () => {
  const given = world({ batches: 1_000 });
  const { loop, said } = loopIn(given, {
    rounds: 20,
    onRound: (round) => {
      given.state.isSilent = round >= 6 && round < 15;
      if (round >= 6) expect(given.state.vms).toHaveLength(5);
    },
  });
  await runFleet(loop);
  const sentence = 'no coordinator answers for job job-1; the fleet stays as it is';
  expect(said.filter((line) => line === sentence)).toHaveLength(1);
});
