// The jobs and fleets that the bench goes through.
import { idealHours, idealTime } from './simulate.mjs';

const SECOND = 1_000;

const BASE = {
  batchFunctions: 250,
  slotsPerVm: 4,
  min: 0,
  /** Of a spot machine with four cores, in dollars. */
  price: 0.07,
  budget: null,
  deadlineMs: null,
  pollMs: 15 * SECOND,
  lanes: true,
  parallelMax: Number.MAX_SAFE_INTEGER,
};

/** Of the ideal's time and money, what is there beside them. */
const SPARE = 0.15;

function* product(lists) {
  const [[name, values], ...rest] = lists;
  for (const value of values) {
    if (rest.length === 0) yield { [name]: value };
    else for (const tail of product(rest)) yield { [name]: value, ...tail };
  }
}

/** Jobs without a deadline: as fast as machines pay back their boot. */
export function* openScenarios(seeds) {
  const axes = {
    functions: [300_000, 10_000_000],
    max: [1, 10, 100, 1_000],
    bootMs: [30, 120, 300].map((s) => s * SECOND),
    ratePerHour: [0, 0.1, 0.2],
    batch: [
      { batchMs: 20 * SECOND, sigma: 0.5 },
      { batchMs: 120 * SECOND, sigma: 1 },
    ],
    seed: seeds,
  };
  for (const { batch, ...rest } of product(Object.entries(axes))) {
    yield { ...BASE, ...rest, ...batch, priorMs: batch.batchMs * 0.85 };
  }
}

/** The same job on one workflow without lanes, and with nothing known before the first batch. */
export function* plainScenarios(seeds) {
  for (const seed of seeds) {
    for (const functions of [300_000, 10_000_000]) {
      const job = { functions, max: 1_000, bootMs: 120 * SECOND, ratePerHour: 0.1, seed };
      const batch = { batchMs: 120 * SECOND, sigma: 1 };
      const narrow = { lanes: false, parallelMax: 500 };
      yield { ...BASE, ...job, ...batch, ...narrow, priorMs: batch.batchMs };
      yield { ...BASE, ...job, ...batch, priorMs: null };
    }
  }
}

/** With a deadline and a budget that the ideal meets with a share of each to spare, for a fleet that needs all or some of its machines. */
export function boundsOf(scenario, work, machines) {
  return {
    ...scenario,
    deadlineMs: idealTime(scenario, work, machines) / (1 - SPARE),
    budget: (idealHours(scenario, work, machines) * scenario.price) / (1 - SPARE),
    priorMs: scenario.batchMs,
  };
}

/** In a shorter life, looking every 15 s and leaving within 30 s take more than the share that is spare. */
const LIFE_MIN_MS = 450 * SECOND;

/** The largest fleet that makes sense, and a quarter of it: two batches for a slot, and no shorter work than boot. */
export function sizesOf(scenario, work) {
  const { slotsPerVm, bootMs, max } = scenario;
  const byBatches = Math.floor(work.times.length / (2 * slotsPerVm));
  const byLife = Math.floor(work.sumMs / slotsPerVm / Math.max(bootMs, LIFE_MIN_MS - bootMs));
  const most = Math.max(1, Math.min(max, byBatches, byLife));
  return [...new Set([most, Math.max(1, most >> 2)])];
}

/** A budget that does not suffice: it must hold all the same. */
export function shortOf(scenario, work, share) {
  const hours = idealHours(scenario, work, Math.min(scenario.max, 10));
  return { ...scenario, budget: hours * scenario.price * share };
}
