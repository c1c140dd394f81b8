// A fleet as events: machines boot, work, are interrupted or drained; every poll the product's own policy decides. Batches
// that are drained keep what they have done, as the product's do; those of a machine that dies lose up to a part.
import { EventQueue, chanceOf } from './events.mjs';

const SECOND = 1_000;
const HOUR = 3_600_000;
/** A spot machine of AWS is told two minutes before. */
const NOTICE_MS = 120 * SECOND;
/** A batch ends between two functions and flushes its part. */
const YIELD_MS = [500, 4 * SECOND];
/** A batch that goes on elsewhere adopts its parts first. */
const RESUME_MS = 3 * SECOND;
/** A part is durable within a minute. */
const PART_MS = 60 * SECOND;
/** The heartbeat's timeout: then the server gives the batch out again. */
const LOST_MS = 30 * SECOND;
/** Interruptions that come without a notice. */
const SUDDEN = 0.1;
/** Until a provider starts a machine in place of one that went. */
const REPLACE_MS = 10 * SECOND;
const EVENTS_MAX = 50_000_000;

/** Batch times of a job, and their sum. */
export function workOf({ functions, batchFunctions, batchMs, sigma, seed }) {
  const chance = chanceOf(seed);
  const batches = Math.ceil(functions / batchFunctions);
  const times = Array.from({ length: batches }, () => chance.lognormal(batchMs, sigma));
  return { times, sumMs: times.reduce((a, b) => a + b, 0) };
}

/** Machine hours with perfect foresight: so many machines boot once, none is interrupted, no slot is ever idle. */
export function idealHours({ slotsPerVm, bootMs }, work, machines) {
  return (work.sumMs / slotsPerVm + machines * bootMs) / HOUR;
}

/** Time with perfect foresight: all machines start at once, none is interrupted; batches in the job's own order. */
export function idealTime({ slotsPerVm, bootMs }, work, machines) {
  const free = new EventQueue();
  for (let slot = 0; slot < slotsPerVm * machines; slot += 1) free.push(bootMs, null);
  let endMs = bootMs;
  for (const time of work.times) {
    const at = free.pop().at + time;
    endMs = Math.max(endMs, at);
    free.push(at, null);
  }
  return endMs;
}

class Fleet {
  constructor(scenario, work, policy) {
    Object.assign(this, { scenario, work, policy });
    this.chance = chanceOf(scenario.seed + 1);
    this.events = new EventQueue();
    this.now = 0;
    this.vms = new Set();
    this.pending = work.times.map((totalMs) => ({ totalMs, doneMs: 0 })).reverse();
    this.running = new Set();
    this.away = 0;
    this.ended = 0;
    this.endedMs = null;
    this.desired = 0;
    this.window = 8;
    this.times = {
      vmMs: 0,
      liveSlotMs: 0,
      busyMs: 0,
      grownAtMs: null,
      shrunkAtMs: null,
      idleSinceMs: null,
    };
    this.seen = { longestMs: 0, peak: 0, launched: 0, reversals: 0, changes: 0, interruptions: 0 };
    this.lastChange = null;
  }

  at(delay, event) {
    this.events.push(this.now + delay, event);
  }

  launch() {
    const { bootMs, ratePerHour } = this.scenario;
    const vm = { state: 'booting', launchedAt: this.now, liveAt: null, running: new Set() };
    this.vms.add(vm);
    this.seen.launched += 1;
    this.at(bootMs * this.chance.uniform(0.85, 1.15), () => this.live(vm));
    if (ratePerHour > 0) {
      this.at(this.chance.exponential(HOUR / ratePerHour), () => this.interrupt(vm));
    }
  }

  live(vm) {
    if (vm.state !== 'booting') return;
    vm.state = 'live';
    vm.liveAt = this.now;
    this.dispatch();
  }

  interrupt(vm) {
    if (vm.state === 'gone' || vm.state === 'draining') return;
    this.seen.interruptions += 1;
    if (this.chance.uniform(0, 1) < SUDDEN) this.die(vm);
    else {
      this.drain(vm);
      this.at(NOTICE_MS, () => this.gone(vm));
    }
    this.at(REPLACE_MS, () => this.reconcile());
  }

  die(vm) {
    for (const batch of vm.running) {
      this.stop(batch, -this.chance.uniform(0, PART_MS));
      this.away += 1;
      this.at(LOST_MS, () => {
        this.away -= 1;
        this.pending.push(batch);
        this.dispatch();
      });
    }
    this.gone(vm);
  }

  drain(vm) {
    if (vm.state === 'booting') return this.gone(vm);
    vm.state = 'draining';
    const leaving = [...vm.running].map((batch) => {
      const afterMs = this.chance.uniform(...YIELD_MS);
      this.at(afterMs, () => {
        if (batch.vm !== vm) return;
        this.stop(batch, 0);
        this.pending.push(batch);
        this.dispatch();
      });
      return afterMs;
    });
    this.at(Math.max(SECOND, ...leaving) + SECOND, () => this.gone(vm));
  }

  gone(vm) {
    if (vm.state === 'gone') return;
    vm.state = 'gone';
    this.times.vmMs += this.now - vm.launchedAt;
    if (vm.liveAt !== null) {
      this.times.liveSlotMs += (this.now - vm.liveAt) * this.scenario.slotsPerVm;
    }
    this.vms.delete(vm);
  }

  dispatch() {
    for (const vm of this.vms) {
      if (this.pending.length === 0 || this.running.size >= this.window) return;
      if (vm.state !== 'live') continue;
      while (
        vm.running.size < this.scenario.slotsPerVm &&
        this.pending.length > 0 &&
        this.running.size < this.window
      ) {
        this.start(this.pending.pop(), vm);
      }
    }
  }

  start(batch, vm) {
    const overheadMs = batch.doneMs > 0 ? RESUME_MS : 0;
    Object.assign(batch, { vm, startedAt: this.now, overheadMs });
    const stretch = (batch.stretch = (batch.stretch ?? 0) + 1);
    vm.running.add(batch);
    this.running.add(batch);
    this.at(overheadMs + batch.totalMs - batch.doneMs, () => {
      if (batch.stretch === stretch && batch.vm === vm) this.finish(batch);
    });
  }

  progressOf(batch) {
    return batch.doneMs + Math.max(0, this.now - batch.startedAt - batch.overheadMs);
  }

  stop(batch, lostMs) {
    batch.doneMs = Math.max(0, Math.min(batch.totalMs, this.progressOf(batch)) + lostMs);
    this.times.busyMs += this.now - batch.startedAt;
    batch.vm.running.delete(batch);
    this.running.delete(batch);
    batch.vm = null;
  }

  finish(batch) {
    this.stop(batch, 0);
    this.ended += 1;
    this.seen.longestMs = Math.max(this.seen.longestMs, batch.totalMs);
    if (this.ended === this.work.times.length) this.endedMs = this.now;
    this.dispatch();
  }

  /** Starts what is missing, drains what is too many: what starts first, then the least busy. */
  reconcile() {
    const there = [...this.vms].filter(({ state }) => state === 'booting' || state === 'live');
    for (let count = there.length; count < this.desired; count += 1) this.launch();
    if (there.length > this.desired) {
      const rank = (vm) => (vm.state === 'booting' ? -1 : vm.running.size);
      there.sort((a, b) => rank(a) - rank(b) || b.launchedAt - a.launchedAt);
      for (const vm of there.slice(0, there.length - this.desired)) this.drain(vm);
    }
    this.seen.peak = Math.max(this.seen.peak, this.vms.size);
  }

  facts() {
    const { scenario, times, now } = this;
    const live = [...this.vms].filter(({ state }) => state === 'live').length;
    const bootingMs = [...this.vms].flatMap((vm) =>
      vm.state === 'booting' ? [now - vm.launchedAt] : [],
    );
    let inFlight = 0;
    let busyMs = times.busyMs;
    for (const batch of this.running) {
      inFlight += Math.min(1, this.progressOf(batch) / batch.totalMs);
      busyMs += now - batch.startedAt;
    }
    const done = this.ended + inFlight;
    const estimate = this.policy.estimateBatch(
      { done, slotMs: busyMs, longestMs: this.seen.longestMs },
      scenario.priorMs,
    );
    const batches = this.work.times.length - this.ended;
    const left = this.work.times.length - done;
    const backlog = Math.min(this.pending.length, Math.max(0, this.window - this.running.size));
    const hasIdleVm = live * scenario.slotsPerVm - this.running.size >= scenario.slotsPerVm;
    times.idleSinceMs = hasIdleVm && backlog === 0 ? (times.idleSinceMs ?? now) : null;
    let vmMs = times.vmMs;
    for (const vm of this.vms) vmMs += now - vm.launchedAt;
    return {
      terms: this.terms(),
      work: {
        batches,
        slotMs: estimate.meanMs === null ? null : left * estimate.meanMs,
        longestMs: estimate.longestMs,
        parallelMax: scenario.parallelMax,
        backlog,
        backlogAgeMs: 0,
        isHeldBack: false,
        isBetween: false,
      },
      seen: {
        nowMs: now,
        desired: this.desired,
        live,
        bootingMs,
        draining: [...this.vms].filter(({ state }) => state === 'draining').length,
        slotsBusy: this.running.size,
        otherSlots: 0,
        bootMs: scenario.bootMs,
        interruptionsPerHour: scenario.ratePerHour,
        spent: (vmMs / HOUR) * scenario.price,
        grownAtMs: times.grownAtMs,
        shrunkAtMs: times.shrunkAtMs,
        idleSinceMs: times.idleSinceMs,
      },
    };
  }

  terms() {
    const { min, max, slotsPerVm, price, budget, deadlineMs, pollMs } = this.scenario;
    return { min, max, slotsPerVm, pricePerVmHour: price, budget, deadlineMs, pollMs, fixed: null };
  }

  tick() {
    const facts = this.facts();
    const decision = this.policy.decideFleet(facts);
    this.change(decision.desired);
    const slots = facts.seen.live * this.scenario.slotsPerVm;
    // Lanes share a job among several workflows: then its window is not bounded by what one may hold.
    this.window = this.scenario.lanes ? Math.max(8, 2 * slots) : decision.window;
    this.reconcile();
    this.dispatch();
    const isStopped = this.desired === 0 && decision.reasons[0]?.kind === 'budget-spent';
    const isOver = this.endedMs !== null && this.desired === 0;
    if (!isOver && !isStopped) this.at(this.scenario.pollMs, () => this.tick());
  }

  change(desired) {
    if (desired === this.desired) return;
    const direction = Math.sign(desired - this.desired);
    const { lastChange } = this;
    const isBack = lastChange !== null && lastChange.direction !== direction;
    if (isBack && this.now - lastChange.at < this.scenario.bootMs) this.seen.reversals += 1;
    this.seen.changes += 1;
    this.lastChange = { at: this.now, direction };
    if (direction > 0) this.times.grownAtMs = this.now;
    else this.times.shrunkAtMs = this.now;
    this.desired = desired;
  }

  run() {
    this.tick();
    let events = 0;
    while (this.events.size > 0 && (this.vms.size > 0 || this.endedMs === null)) {
      const { at, event } = this.events.pop();
      this.now = at;
      event();
      if ((events += 1) > EVENTS_MAX) throw new Error('the simulation does not end');
    }
    const { times, seen } = this;
    const vmHours = times.vmMs / HOUR;
    return {
      ...seen,
      timeMs: this.endedMs,
      vmHours,
      spent: vmHours * this.scenario.price,
      idleShare: times.liveSlotMs === 0 ? 0 : 1 - times.busyMs / times.liveSlotMs,
    };
  }
}

/** @returns what became of one scenario; `timeMs` is null where the budget ended it. */
export function simulate(scenario, work, policy) {
  return new Fleet(scenario, work, policy).run();
}
