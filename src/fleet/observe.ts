// What a look at the provider and at Temporal means for what was known before: machines that came, went live, leave, or are
// gone. Pure.
import type { FleetDescription, FleetVm } from './provider.ts';
import type { FleetState, KnownVm } from './state.ts';

/** What the workers of one host are seen to do. */
export interface HostSeen {
  readonly host: string;
  /** Of the queue trace; null where a worker does not say. */
  readonly slots: number | null;
  /** Since the epoch; 0 where none asks for work. */
  readonly polledAtMs: number;
  /** Activities of running jobs that they work on. */
  readonly busy: number;
}

export interface Look {
  readonly nowMs: number;
  /** Since the last look. */
  readonly sinceMs: number;
  readonly machines: FleetDescription;
  readonly hosts: ReadonlyMap<string, HostSeen>;
}

/** The clocks of a machine's provider and of Temporal may differ by so much. */
const CLOCK_MS = 5_000;

function isAtWork(seen: HostSeen | undefined, launchedAtMs: number): boolean {
  return seen !== undefined && (seen.busy > 0 || seen.polledAtMs >= launchedAtMs - CLOCK_MS);
}

function knownNow(vm: FleetVm, before: KnownVm | undefined, look: Look): KnownVm {
  const launchedAtMs =
    before?.launchedAtMs ?? vm.launchedAtMs ?? look.nowMs - Math.max(0, look.sinceMs);
  const isLive = isAtWork(look.hosts.get(vm.host), launchedAtMs);
  return {
    id: vm.id,
    host: vm.host,
    launchedAtMs,
    liveAtMs: before?.liveAtMs ?? (isLive ? look.nowMs : null),
    drainAtMs: before?.drainAtMs ?? (vm.state === 'draining' ? look.nowMs : null),
    isOurs: before?.isOurs ?? false,
  };
}

/** Whether a machine was taken away: its worker was at work, and nobody here had asked it to leave. */
const wasTaken = (vm: KnownVm): boolean => vm.liveAtMs !== null && !vm.isOurs;

/** What is known after a look; machines that ended are not part of it any more. */
export function observe(state: FleetState, look: Look): FleetState {
  const before = new Map(state.vms.map((vm) => [vm.id, vm]));
  const running = look.machines.vms.filter((vm) => vm.state !== 'ended');
  const vms = running.map((vm) => knownNow(vm, before.get(vm.id), look));
  const there = new Set(vms.map(({ id }) => id));
  // One that ended between two looks was never seen to run.
  const unseen = look.machines.vms
    .filter((vm) => vm.state === 'ended' && !before.has(vm.id))
    .map((vm) => knownNow(vm, undefined, look));
  const gone = [...state.vms.filter(({ id }) => !there.has(id)), ...unseen];
  const grown = vms.filter((vm) => vm.liveAtMs !== null && before.get(vm.id)?.liveAtMs == null);
  const failed = gone.filter((vm) => vm.liveAtMs === null && vm.drainAtMs === null).length;
  return {
    ...state,
    vms,
    goneMs: state.goneMs + gone.reduce((sum, vm) => sum + look.nowMs - vm.launchedAtMs, 0),
    gone: state.gone + gone.length,
    interrupted: state.interrupted + gone.filter(wasTaken).length,
    failedStarts: grown.length > 0 ? 0 : state.failedStarts + failed,
    bootMs: grown.reduce((sum, vm) => sum + (vm.liveAtMs ?? 0) - vm.launchedAtMs, state.bootMs),
    boots: state.boots + grown.length,
  };
}

/** Milliseconds of all machines so far. */
export function vmMsOf(state: FleetState, nowMs: number): number {
  return state.vms.reduce((sum, vm) => sum + nowMs - vm.launchedAtMs, state.goneMs);
}
