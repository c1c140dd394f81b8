// The loop that applies decisions: one in charge, a round every few seconds. A round looks, decides, writes the term, then acts:
// nothing is done that is not written, and nothing is done by who does not hold the term.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { AppError, isAppError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { createBackoff } from './backoff.ts';
import type { Backoff, Fault } from './backoff.ts';
import type { QueueFacts, WatchedJob } from './demand.ts';
import type { FleetTerm, Journal } from './journal.ts';
import type { HostSeen } from './observe.ts';
import { drainOrders, fixedCount } from './orders.ts';
import type { FleetOrder } from './orders.ts';
import { ProviderError } from './provider.ts';
import type { FleetDescription, FleetProvider } from './provider.ts';
import { planRound } from './round.ts';
import type { Orders, Plan } from './round.ts';
import type { FleetSettings } from './settings.ts';
import { EMPTY_STATE } from './state.ts';
import type { FleetState } from './state.ts';
import { deadlineSignal } from '../core/deadline-signal.ts';

/** What Temporal tells, and what it is told. */
export interface FleetWatch {
  /** Throws AppError `temporal-unreachable`. */
  look(): Promise<{
    readonly jobs: readonly WatchedJob[];
    readonly queue: QueueFacts;
    readonly hosts: ReadonlyMap<string, HostSeen>;
  }>;
  setWindow(workflowId: string, window: number): Promise<void>;
}

export interface FleetLoop {
  readonly settings: FleetSettings;
  readonly provider: FleetProvider;
  readonly watch: FleetWatch;
  readonly journal: Journal;
  readonly orders: () => Promise<readonly FleetOrder[]>;
  readonly log: Logger;
  /** Ends where nothing is left to do and no machine is left; else only `stop` ends it. */
  readonly untilDone: boolean;
  /** Aborted to stop: machines stay as they are, and another loop may take over at once. */
  readonly stop: AbortSignal;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** A holder that is silent for so long is taken to be gone; a round and its calls fit in several times. */
const LEASE_MS = 60_000;
/** All calls of one round; half of the lease, so that nobody acts who may have lost it. */
const ROUND_MS = 30_000;
/** While a provider is left alone, the term is still renewed. */
const RENEW_MS = 20_000;
/** Starting machines that fail at once is no way to find out why. */
const FAILED_STARTS_MAX = 1;

interface Holder {
  readonly name: string;
  readonly backoff: Backoff;
  term: FleetTerm | null;
  /** Since the epoch: the provider is left alone until then. */
  notBeforeMs: number;
  isStandby: boolean;
  /** What went wrong after the last term was written. */
  fault: Fault | null;
}

function faultOf(error: unknown): Fault {
  if (error instanceof ProviderError) return { kind: error.trouble, message: error.message };
  if (isAppError(error)) return { kind: error.code, message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'internal', message: `the round failed: ${message}` };
}

/** Null where another loop holds the fleet; its end is then in `holder.notBeforeMs`. */
async function takeTerm(loop: FleetLoop, holder: Holder): Promise<FleetState | null> {
  const newest = await loop.journal.newest();
  const isForeign = newest !== null && newest.holder !== holder.name;
  if (isForeign && loop.now() < newest.untilMs) {
    if (!holder.isStandby) {
      loop.log.warn({ holder: newest.holder }, 'another loop is in charge of this fleet; waiting');
    }
    holder.isStandby = true;
    return null;
  }
  if (holder.isStandby) loop.log.warn({ holder: holder.name }, 'took over the fleet');
  holder.isStandby = false;
  holder.term = newest;
  return newest?.state ?? { ...EMPTY_STATE, decidedAtMs: loop.now() };
}

/** True where this loop holds the fleet until the new term's end. */
async function writeTerm(loop: FleetLoop, holder: Holder, state: FleetState): Promise<boolean> {
  const writtenAtMs = loop.now();
  const term: FleetTerm = {
    v: 1,
    term: (holder.term?.term ?? 0) + 1,
    holder: holder.name,
    writtenAtMs,
    // Whoever stops gives the fleet back: another loop need not wait for the end of the term.
    untilMs: loop.stop.aborted ? writtenAtMs : writtenAtMs + LEASE_MS,
    state,
  };
  const isHeld = await loop.journal.write(term);
  if (isHeld) holder.term = term;
  return isHeld;
}

function refuseFailedStarts(plan: Plan, machines: FleetDescription, before: FleetState): void {
  const { failedStarts } = plan.state;
  if (failedStarts < FAILED_STARTS_MAX || failedStarts <= before.failedStarts) return;
  const note = machines.vms.find((vm) => vm.state === 'ended' && vm.note !== null)?.note;
  throw new ProviderError(
    'machine-fails',
    `${String(failedStarts)} of the fleet's machines ended before a worker asked for work` +
      `${note == null ? '' : `: ${note}`}; look at the log of one of them`,
  );
}

async function act(
  loop: FleetLoop,
  plan: Plan,
  how: { machines: FleetDescription; before: FleetState },
) {
  const { provider, watch, log } = loop;
  const signal = deadlineSignal(loop.stop, ROUND_MS);
  for (const id of plan.terminate) await provider.terminate(id, signal);
  for (const id of plan.drain) await provider.drain(id, signal);
  for (const workflowId of plan.windows) {
    await watch.setWindow(workflowId, plan.state.window).catch((error: unknown) => {
      // The job may have ended meanwhile, or nobody coordinates it yet.
      log.info({ err: error }, 'window of a job was not set');
    });
  }
  refuseFailedStarts(plan, how.machines, how.before);
  if (plan.setDesired !== null) await provider.setDesired(plan.setDesired, signal);
}

const ordersOf = (orders: readonly FleetOrder[]): Orders => ({
  fixed: fixedCount(orders),
  drained: drainOrders(orders),
});

function isOver(loop: FleetLoop, plan: Plan, jobs: readonly WatchedJob[]): boolean {
  return (
    loop.untilDone && jobs.length === 0 && plan.state.desired === 0 && plan.state.vms.length === 0
  );
}

/** A coordinator that is slow or away for a moment says nothing of the work: the fleet stays as it is. */
function refuseSilence(jobs: readonly WatchedJob[], { passes }: FleetState): void {
  const known = (id: string): boolean =>
    Object.keys(passes).some((key) => key.startsWith(`${id} `));
  const silent = jobs.find(({ workflowId, progress }) => progress === null && known(workflowId));
  if (silent === undefined) return;
  throw new AppError(
    'service-not-available',
    `no coordinator answers for job ${silent.workflowId}; the fleet stays as it is`,
    { retryable: true },
  );
}

/** Resolves to the milliseconds until the next round, or null where all is done. */
async function round(loop: FleetLoop, holder: Holder, before: FleetState): Promise<number | null> {
  const pollMs = loop.settings.pollSeconds * 1_000;
  const signal = deadlineSignal(loop.stop, ROUND_MS);
  const [machines, seen, orders] = await Promise.all([
    loop.provider.describe(signal),
    loop.watch.look(),
    loop.orders(),
  ]);
  refuseSilence(seen.jobs, before);
  const nowMs = loop.now();
  const sinceMs = Math.min(4 * pollMs, Math.max(0, nowMs - before.decidedAtMs));
  const view = { nowMs, sinceMs, machines, ...seen };
  const plan = planRound(before, view, { settings: loop.settings, orders: ordersOf(orders) });
  if (!(await writeTerm(loop, holder, plan.state))) return pollMs;
  if (plan.state.desired !== before.desired) {
    const { desired, reasons } = plan.state;
    loop.log.warn(
      { from: before.desired, to: desired },
      reasons.map(({ text }) => text).join('; '),
    );
  }
  await act(loop, plan, { machines, before });
  if (plan.state.failedStarts < FAILED_STARTS_MAX) holder.backoff.healed();
  return isOver(loop, plan, view.jobs) ? null : pollMs;
}

async function tryRound(loop: FleetLoop, holder: Holder): Promise<number | null> {
  const pollMs = loop.settings.pollSeconds * 1_000;
  try {
    const before = await takeTerm(loop, holder);
    if (before === null) return pollMs;
    if (loop.now() >= holder.notBeforeMs) {
      const waitMs = await round(loop, holder, before);
      holder.fault = null;
      return waitMs;
    }
    await writeTerm(loop, holder, { ...before, fault: holder.fault });
  } catch (error) {
    if (loop.stop.aborted) return null;
    holder.fault = faultOf(error);
    holder.notBeforeMs = loop.now() + holder.backoff.failed(holder.fault);
  }
  return Math.max(0, Math.min(RENEW_MS, holder.notBeforeMs - loop.now()));
}

/**
 * Returns when it was stopped, or all is done. Faults of the provider, of Temporal and of the store are waited out: one line
 * for each until it changes or heals, and longer and longer waits.
 */
export async function runFleet(loop: FleetLoop): Promise<void> {
  const holder: Holder = {
    name: `${String(process.pid)}@${hostname()}/${randomUUID().slice(0, 8)}`,
    backoff: createBackoff(loop.log),
    term: null,
    notBeforeMs: 0,
    isStandby: false,
    fault: null,
  };
  while (!loop.stop.aborted) {
    const waitMs = await tryRound(loop, holder);
    if (waitMs === null) break;
    await loop.sleep(waitMs);
  }
  if (holder.term !== null && !holder.isStandby && holder.term.holder === holder.name) {
    await writeTerm(loop, holder, holder.term.state).catch(() => undefined);
  }
}
