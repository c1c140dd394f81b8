// One round of the loop as a decision: from the state before and a look, the state after and what to do. Pure.
import { billJobs } from './bill.ts';
import { workOf, followPasses } from './demand.ts';
import type { QueueFacts, WatchedJob } from './demand.ts';
import { observe, vmMsOf } from './observe.ts';
import { isMeant } from './orders.ts';
import type { DrainOrder } from './orders.ts';
import type { HostSeen, Look } from './observe.ts';
import { BUDGET_DRAIN_MS, decideFleet } from './policy.ts';
import type { FleetSeen, FleetTerms } from './policy.ts';
import type { FleetSettings } from './settings.ts';
import type { FleetState, KnownVm } from './state.ts';

export interface View extends Look {
  readonly jobs: readonly WatchedJob[];
  readonly queue: QueueFacts;
}

export interface Orders {
  /** Set by the operator; null where the policy decides. */
  readonly fixed: number | null;
  readonly drained: readonly DrainOrder[];
}

export interface Plan {
  readonly state: FleetState;
  /** In this order: what is too much first. */
  readonly drain: readonly string[];
  /** Machines that have drained, that failed to start, that ended, or that the budget no longer keeps. */
  readonly terminate: readonly string[];
  /** Null where there are as many as there should be. */
  readonly setDesired: number | null;
  /** Jobs whose window is another one. */
  readonly windows: readonly string[];
}

const HOUR_MS = 3_600_000;
/** What was set counts as so many boots, or machine hours, of experience. */
const PRIOR_BOOTS = 2;
const PRIOR_HOURS = 20;
/** A machine that has not asked for work after so many boots, and this long, will not. */
const BOOTS_MAX = 4;
const BOOT_MAX_MS = 600_000;

/** What the document sets, as the policy takes it. */
export function termsOf(settings: FleetSettings, fixed: number | null): FleetTerms {
  return {
    min: settings.min,
    max: settings.max,
    fixed,
    slotsPerVm: settings.slotsPerVm,
    pricePerVmHour: settings.price,
    budget: settings.budget,
    deadlineMs: settings.deadline === null ? null : Date.parse(settings.deadline),
    pollMs: settings.pollSeconds * 1_000,
  };
}

const isHere = (vm: KnownVm): boolean => vm.drainAtMs === null;
const busyOf = (vm: KnownVm, hosts: View['hosts']): number => hosts.get(vm.host)?.busy ?? 0;

function bootMsOf(state: FleetState, { bootSeconds }: FleetSettings): number {
  return (PRIOR_BOOTS * bootSeconds * 1_000 + state.bootMs) / (PRIOR_BOOTS + state.boots);
}

function factsOf(state: FleetState, view: View, settings: FleetSettings): FleetSeen {
  const here = state.vms.filter(isHere);
  const live = here.filter(({ liveAtMs }) => liveAtMs !== null);
  const vmHours = vmMsOf(state, view.nowMs) / HOUR_MS;
  const known = new Set(state.vms.map(({ host }) => host));
  const others = [...view.hosts.values()].filter(({ host }) => !known.has(host));
  return {
    nowMs: view.nowMs,
    desired: state.desired,
    live: live.length,
    bootingMs: here.flatMap((vm) => (vm.liveAtMs === null ? [view.nowMs - vm.launchedAtMs] : [])),
    draining: state.vms.length - here.length,
    slotsBusy: live.reduce((sum, vm) => sum + busyOf(vm, view.hosts), 0),
    otherSlots: others.reduce((sum: number, { slots }: HostSeen) => sum + (slots ?? 0), 0),
    bootMs: bootMsOf(state, settings),
    interruptionsPerHour:
      (PRIOR_HOURS * settings.interruptionsPerHour + state.interrupted) / (PRIOR_HOURS + vmHours),
    spent: vmHours * settings.price,
    grownAtMs: state.grownAtMs,
    shrunkAtMs: state.shrunkAtMs,
    idleSinceMs: state.idleSinceMs,
  };
}

/** What starts first, then what is idle, then the least busy: a drain costs a batch little, but not nothing. */
function leavers(state: FleetState, view: View, count: number): readonly string[] {
  const rank = (vm: KnownVm): number => (vm.liveAtMs === null ? -1 : busyOf(vm, view.hosts));
  return state.vms
    .filter(isHere)
    .sort((a, b) => rank(a) - rank(b) || b.launchedAtMs - a.launchedAtMs)
    .slice(0, Math.max(0, count))
    .map(({ id }) => id);
}

function leftovers(
  state: FleetState,
  view: View,
  how: { bootMs: number; isBudget: boolean },
): string[] {
  const ended = view.machines.vms.filter((vm) => vm.state === 'ended').map(({ id }) => id);
  const done = state.vms.filter((vm) => {
    const { drainAtMs, liveAtMs, launchedAtMs } = vm;
    if (drainAtMs === null) {
      const isStuck = view.nowMs - launchedAtMs > Math.max(BOOT_MAX_MS, BOOTS_MAX * how.bootMs);
      return liveAtMs === null && isStuck;
    }
    const drainedMs = view.nowMs - drainAtMs;
    const polledAtMs = view.hosts.get(vm.host)?.polledAtMs ?? 0;
    // Only what was seen again after the request says that nothing runs there.
    const isQuiet = busyOf(vm, view.hosts) === 0 && polledAtMs < drainAtMs + QUIET_MS;
    return (isQuiet && drainedMs >= QUIET_MS) || (how.isBudget && drainedMs > BUDGET_DRAIN_MS);
  });
  return [...ended, ...done.map(({ id }) => id)];
}

/** A worker that leaves answers its last poll within moments; until then a batch may still reach it. */
const QUIET_MS = 10_000;

function withDecision(
  state: FleetState,
  view: View,
  given: { settings: FleetSettings; fixed: number | null },
) {
  const { settings, fixed } = given;
  const seen = factsOf(state, view, settings);
  const priorMs = settings.batchSeconds === null ? null : settings.batchSeconds * 1_000;
  const work = workOf(view.jobs, {
    ...{ name: settings.queue, passes: state.passes, queue: view.queue, priorMs },
  });
  const slotsLive = seen.live * settings.slotsPerVm;
  const hasIdleVm = slotsLive - seen.slotsBusy >= settings.slotsPerVm && work.backlog === 0;
  const idleSinceMs = hasIdleVm ? (state.idleSinceMs ?? view.nowMs) : null;
  const terms = termsOf(settings, fixed);
  const decision = decideFleet({ terms, work, seen: { ...seen, idleSinceMs } });
  const { batches, slotMs, backlog, backlogAgeMs } = work;
  const decided: FleetState = {
    ...state,
    ...decision,
    reasons: [...decision.reasons],
    decidedAtMs: view.nowMs,
    idleSinceMs,
    grownAtMs: decision.desired > state.desired ? view.nowMs : state.grownAtMs,
    shrunkAtMs: decision.desired < state.desired ? view.nowMs : state.shrunkAtMs,
    facts: {
      ...{ batches, slotMs, backlog, backlogAgeMs, slotsLive },
      ...{ slotsBusy: seen.slotsBusy, spent: seen.spent },
    },
    fault: null,
  };
  return { decided, bootMs: seen.bootMs };
}

/** `before`: as the newest term has it. */
export function planRound(
  before: FleetState,
  view: View,
  { settings, orders }: { settings: FleetSettings; orders: Orders },
): Plan {
  const passes = followPasses(before.passes, view.jobs, {
    ...{ queue: settings.queue, nowMs: view.nowMs, sinceMs: view.sinceMs },
  });
  const seen = observe({ ...before, passes }, view);
  const billed = { state: seen, jobs: view.jobs, nowMs: view.nowMs };
  const observed = { ...seen, jobs: billJobs(before, billed, settings) };
  const { decided, bootMs } = withDecision(observed, view, { settings, fixed: orders.fixed });
  const isBudget = decided.reasons.some(({ kind }) => kind === 'budget-spent');
  const isOrdered = (vm: KnownVm): boolean => orders.drained.some((order) => isMeant(order, vm));
  const ordered = decided.vms.filter((vm) => isHere(vm) && isOrdered(vm));
  const staying = { ...decided, vms: decided.vms.filter((vm) => !isOrdered(vm)) };
  const here = staying.vms.filter(isHere).length;
  const asked = view.machines.vms.filter((vm) => vm.state === 'running').map(({ id }) => id);
  // A loop that ended between its word and its deed leaves the deed to the next one.
  const again = decided.vms.filter((vm) => vm.isOurs && !isHere(vm) && asked.includes(vm.id));
  const drain = [
    ...[...again, ...ordered].map(({ id }) => id),
    ...leavers(staying, view, here - decided.desired),
  ];
  const leaving = new Set(drain);
  const vms = decided.vms.map((vm) =>
    leaving.has(vm.id) && isHere(vm) ? { ...vm, drainAtMs: view.nowMs, isOurs: true } : vm,
  );
  const isShort = here < decided.desired || view.machines.desired !== decided.desired;
  return {
    state: { ...decided, vms },
    drain,
    terminate: leftovers(decided, view, { bootMs, isBudget }),
    setDesired: isShort ? decided.desired : null,
    // What is in flight is batches of trace for the most part: only their machines say how much.
    windows:
      settings.queue !== 'trace'
        ? []
        : view.jobs
            .filter(({ progress }) => progress !== null && progress.window !== decided.window)
            .map(({ workflowId }) => workflowId),
  };
}
