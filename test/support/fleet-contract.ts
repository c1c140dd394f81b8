// What every provider of machines must do, whatever they are: run against the real thing of each.
import { expect, test } from 'vitest';
import type { FleetProvider, FleetVm } from '../../src/fleet/provider.ts';

export interface ContractSubject {
  /** A fleet of this name; two of other names do not meet. */
  readonly open: (fleet: string) => Promise<FleetProvider>;
  /** Resolves once the machine's worker runs. */
  readonly ready: (vm: FleetVm) => Promise<void>;
  /** Until a drained machine has ended by itself, at most; null where it waits to be ended. */
  readonly drainMs: number | null;
}

const CALL_MS = 120_000;
const call = (): AbortSignal => AbortSignal.timeout(CALL_MS);

async function here(provider: FleetProvider): Promise<readonly FleetVm[]> {
  const { vms } = await provider.describe(call());
  return vms.filter(({ state }) => state === 'running');
}

const stateOf = async (provider: FleetProvider, id: string): Promise<string> => {
  const { vms } = await provider.describe(call());
  return vms.find((vm) => vm.id === id)?.state ?? 'gone';
};

/** One test, since each step is about what the one before left; nothing is left at its end. */
export function fleetContract(name: string, subject: ContractSubject): void {
  test(`${name}: machines are made, counted, drained and ended as the port says`, async () => {
    await using provider = await subject.open('contract-a');
    await using other = await subject.open('contract-b');
    expect(await provider.describe(call())).toEqual({ desired: 0, vms: [] });

    await provider.setDesired(2, call());
    await expect.poll(async () => (await here(provider)).length, { timeout: CALL_MS }).toBe(2);
    expect((await provider.describe(call())).desired).toBe(2);
    const [one, two] = (await here(provider)) as [FleetVm, FleetVm];
    expect(one.id).not.toBe(two.id);
    expect(one.host).not.toBe(two.host);
    for (const { launchedAtMs } of [one, two]) {
      if (launchedAtMs === null) continue;
      expect(Math.abs(Date.now() - launchedAtMs)).toBeLessThan(10 * 60_000);
    }

    // Again is no more, and fewer ends none.
    await provider.setDesired(2, call());
    await provider.setDesired(0, call());
    const still = await here(provider);
    expect(still.map(({ id }) => id).sort()).toEqual([one.id, two.id].sort());

    // Another fleet neither sees nor touches it.
    expect((await other.describe(call())).vms).toEqual([]);
    await other.drain(one.id, call());
    await other.terminate(one.id, call());
    expect(await stateOf(provider, one.id)).toBe('running');

    // Its worker ends by itself; nothing takes its place.
    await subject.ready(one);
    await provider.drain(one.id, call());
    expect(['draining', 'ended']).toContain(await stateOf(provider, one.id));
    await provider.drain(one.id, call());
    const left = { timeout: subject.drainMs ?? CALL_MS, interval: 500 };
    if (subject.drainMs !== null) {
      await expect.poll(() => stateOf(provider, one.id), left).not.toMatch(/running|draining/);
    }
    expect((await provider.describe(call())).desired).toBe(1);

    // What is over can be ended again, and so can what never was.
    await provider.terminate(one.id, call());
    await provider.terminate(one.id, call());
    await provider.drain('tracemill-none', call());
    await provider.terminate('tracemill-none', call());
    expect((await here(provider)).map(({ id }) => id)).toEqual([two.id]);

    await provider.terminate(two.id, call());
    await expect.poll(async () => (await here(provider)).length, left).toBe(0);
    expect((await provider.describe(call())).desired).toBe(0);
  });
}
