// What machines cost: before, by the policy; afterwards, by the fleet's record of each round.
import { expect, it } from 'vitest';
import { billJobs } from '../../../src/fleet/bill.ts';
import { fleetCost } from '../../../src/fleet/cost.ts';
import type { WatchedJob } from '../../../src/fleet/demand.ts';
import { fleetSettingsSchema } from '../../../src/fleet/settings.ts';
import { EMPTY_STATE, fleetStateSchema } from '../../../src/fleet/state.ts';
import type { FleetState } from '../../../src/fleet/state.ts';
import { plannedCost } from '../../../src/main/planned-cost.ts';

const HOUR_MS = 3_600_000;
const settings = fleetSettingsSchema.parse({
  fleetVersion: 1,
  name: 'main',
  provider: { kind: 'docker' },
  slotsPerVm: 4,
  max: 10,
  price: 0.5,
  bootSeconds: 360,
});
const exactly = (value: number) => ({ value, low: value, high: value });

it('a job costs what its slots take, and a boot for each machine', () => {
  const slotHours = { value: 40, low: 36, high: 48 };
  const cost = fleetCost(settings, { slotHours, batches: 1_200, nowMs: 0 });
  expect(cost.machines).toBeGreaterThan(1);
  expect(cost.machines).toBeLessThanOrEqual(10);
  const boots = cost.machines * 0.1;
  expect(cost.vmHours.value).toBeCloseTo(10 + boots, 9);
  expect(cost.vmHours.low).toBeCloseTo(9 + boots, 9);
  expect(cost.money.high).toBeCloseTo(0.5 * (12 + boots), 9);
  expect(cost.hours.value).toBeCloseTo(10 / cost.machines + 0.1, 9);
});

it('a job too small to pay a second boot has one machine', () => {
  const cost = fleetCost(settings, { slotHours: exactly(0.1), batches: 3, nowMs: 0 });
  expect(cost.machines).toBe(1);
});

it('a plan takes the measured rate, else that of the document, and says which', () => {
  const plan = { records: 1_000, batches: 4, trace: null };
  const given = { batchSize: 250, nowMs: 0 };
  expect(plannedCost(settings, plan, { ...given, measured: null })).toBeNull();
  const told = { ...settings, batchSeconds: 50 };
  expect(plannedCost(told, plan, { ...given, measured: null })).toMatchObject({
    rateOf: "batchSeconds of the fleet's document",
    slotMsPerRecord: 200,
  });
  const measured = { rateOf: 'pilot-1', msPerRecord: [90, 110] };
  const all = plannedCost(told, plan, { ...given, measured });
  expect(all).toMatchObject({ rateOf: 'pilot-1', slotMsPerRecord: 100 });
  const half = { ...plan, trace: { batchesSealed: 2, invocations: 100, toRun: 50 } };
  const left = plannedCost(told, half, { ...given, measured });
  const boots = (all?.machines ?? 0) * 0.1;
  expect((left?.vmHours.value ?? 0) - boots).toBeCloseTo(
    ((all?.vmHours.value ?? 0) - boots) / 2,
    9,
  );
});

const job = (workflowId: string, busy: number): WatchedJob => ({
  workflowId,
  progress: null,
  pending: Array.from({ length: busy }, () => ({
    activity: 'traceBatch' as const,
    isStarted: true,
    attempt: 1,
    attemptsMax: 0,
    failure: null,
    progress: null,
  })) as unknown as WatchedJob['pending'],
});

const machines = (...launchedAtMs: readonly number[]): FleetState['vms'] =>
  launchedAtMs.map((at) => ({
    id: `vm-${String(at)}`,
    host: `vm-${String(at)}`,
    launchedAtMs: at,
    liveAtMs: at,
    drainAtMs: null,
    isOurs: false,
  }));

/** One round after another, as the loop has them; returns the last state. */
function rounds(
  steps: readonly {
    atMs: number;
    vms: FleetState['vms'];
    jobs: readonly WatchedJob[];
    price: number;
  }[],
): FleetState {
  let state: FleetState = EMPTY_STATE;
  for (const { atMs, vms, jobs, price } of steps) {
    const gone = state.vms.filter(({ id }) => !vms.some((vm) => vm.id === id));
    const goneMs = gone.reduce((sum, vm) => sum + atMs - vm.launchedAtMs, state.goneMs);
    const seen = { ...state, vms, goneMs };
    const bills = billJobs(state, { state: seen, jobs, nowMs: atMs }, { queue: 'trace', price });
    state = { ...seen, jobs: bills, decidedAtMs: atMs };
  }
  return state;
}

it('all time of all machines is somebody’s, by what runs, at the price of the time', () => {
  const two = machines(0, 1);
  const { jobs } = rounds([
    { atMs: 1, vms: two, jobs: [job('a', 0)], price: 1 },
    // Boots are for whoever waits.
    { atMs: HOUR_MS, vms: two, jobs: [job('a', 0)], price: 1 },
    { atMs: 2 * HOUR_MS, vms: two, jobs: [job('a', 3), job('b', 1)], price: 1 },
    { atMs: 3 * HOUR_MS, vms: two, jobs: [job('b', 2)], price: 2 },
    // One leaves after the last job; then nobody is there.
    { atMs: 4 * HOUR_MS, vms: machines(0), jobs: [], price: 2 },
    { atMs: 5 * HOUR_MS, vms: [], jobs: [], price: 2 },
  ]);
  expect(jobs['a']?.vmMs).toBeCloseTo(3.5 * HOUR_MS, -1);
  expect(jobs['b']?.vmMs).toBeCloseTo(5.5 * HOUR_MS, -1);
  expect(jobs['a']?.money).toBeCloseTo(3.5, 5);
  expect(jobs['b']?.money).toBeCloseTo(0.5 + 2 * 5, 5);
});

it('the state is bounded, and a term of before has no bills', () => {
  let state: FleetState = { ...EMPTY_STATE, vms: machines(0) };
  for (let at = 1; at <= 150; at += 1) {
    const now = { state, jobs: [job(`job-${String(at)}`, 1)], nowMs: at * HOUR_MS };
    state = {
      ...state,
      jobs: billJobs(state, now, { queue: 'trace', price: 1 }),
      decidedAtMs: at * HOUR_MS,
    };
  }
  expect(Object.keys(state.jobs)).toHaveLength(100);
  expect(state.jobs['job-150']?.vmMs).toBe(HOUR_MS);
  const { jobs: _jobs, ...older } = EMPTY_STATE;
  expect(fleetStateSchema.parse(older).jobs).toEqual({});
});
