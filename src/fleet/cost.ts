// What a job would cost on a fleet, by the policy that decides how many machines there are. Pure.
import type { Estimate } from '../core/stratified.ts';
import { decideFleet } from './policy.ts';
import { termsOf } from './round.ts';
import type { FleetSettings } from './settings.ts';

export interface FleetCost {
  readonly fleet: string;
  readonly slotsPerVm: number;
  readonly bootSeconds: number;
  /** Of a machine for an hour, as the fleet's document says it. */
  readonly pricePerVmHour: number;
  /** That the policy would start with. */
  readonly machines: number;
  /** Boots included, one for each machine. */
  readonly vmHours: Estimate;
  readonly money: Estimate;
  /** From the first launch to the end. */
  readonly hours: Estimate;
}

export interface FleetJob {
  /** Hours that one slot would work. */
  readonly slotHours: Estimate;
  readonly batches: number;
  readonly nowMs: number;
}

const HOUR_MS = 3_600_000;
/** The longest of many batches beside their mean, as src/fleet/estimate.ts takes it. */
const LONGEST_OVER_MEAN = 10;

function mapped({ value, low, high }: Estimate, by: (hours: number) => number): Estimate {
  return { value: by(value), low: by(low), high: by(high) };
}

function machinesFor(settings: FleetSettings, job: FleetJob): number {
  const slotMs = job.slotHours.value * HOUR_MS;
  const { desired } = decideFleet({
    terms: termsOf(settings, null),
    work: {
      batches: job.batches,
      slotMs,
      longestMs: (LONGEST_OVER_MEAN * slotMs) / Math.max(1, job.batches),
      parallelMax: Number.MAX_SAFE_INTEGER,
      backlog: job.batches,
      backlogAgeMs: HOUR_MS,
      isHeldBack: false,
      isBetween: false,
    },
    seen: {
      nowMs: job.nowMs,
      desired: 0,
      live: 0,
      bootingMs: [],
      draining: 0,
      slotsBusy: 0,
      otherSlots: 0,
      bootMs: settings.bootSeconds * 1_000,
      interruptionsPerHour: settings.interruptionsPerHour,
      spent: 0,
      grownAtMs: null,
      shrunkAtMs: null,
      idleSinceMs: null,
    },
  });
  return Math.max(1, desired);
}

/** Batches that an interruption repeats, and the tail in which machines wait for the last one, are not in it. */
export function fleetCost(settings: FleetSettings, job: FleetJob): FleetCost {
  const { slotsPerVm, bootSeconds, price } = settings;
  const machines = machinesFor(settings, job);
  const bootHours = (bootSeconds * 1_000) / HOUR_MS;
  const vmHours = mapped(job.slotHours, (hours) => hours / slotsPerVm + machines * bootHours);
  return {
    fleet: settings.name,
    slotsPerVm,
    bootSeconds,
    pricePerVmHour: price,
    machines,
    vmHours,
    money: mapped(vmHours, (hours) => hours * price),
    hours: mapped(job.slotHours, (hours) => hours / (slotsPerVm * machines) + bootHours),
  };
}
