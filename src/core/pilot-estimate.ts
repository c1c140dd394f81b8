// What a whole corpus would give and cost, from what its pilot gave and cost. Pure.
import { estimateTotal } from './stratified.ts';
import type { Estimate, Stratum } from './stratified.ts';

export interface PilotRecords {
  readonly stratum: number;
  /** Counts of each record of one batch. */
  readonly records: readonly Readonly<Record<string, number>>[];
  /** Milliseconds that slots worked on the batch; null where Temporal has forgotten them, or it was found and not made. */
  readonly slotMs: number | null;
}

export interface PilotGiven {
  readonly batches: readonly PilotRecords[];
  /** Records of each stratum in the whole corpora. */
  readonly populations: readonly number[];
  /** Bytes of the files of accepted rows over the number of these rows; null without any. */
  readonly bytesPerRow: number | null;
  readonly slots: number;
  /** Of a core for an hour; null where it was not told. A slot is one core. */
  readonly pricePerCoreHour: number | null;
}

export interface PilotEstimates {
  readonly functions: Estimate;
  readonly invocations: Estimate;
  readonly accepted: Estimate;
  readonly faulted: Estimate;
  /** Accepted of all invocations, from 0 to 1; null where none ran. */
  readonly yield: Estimate | null;
  /** The most frequent reasons why invocations are not accepted. */
  readonly reasons: readonly ({ readonly reason: string } & Estimate)[];
  /** Of the files of accepted rows; null where there are none. */
  readonly bytes: Estimate | null;
  /** Hours that one slot would work; null where Temporal has forgotten how long the pilot took. */
  readonly slotHours: Estimate | null;
  /** Hours until the end with the slots asked for. */
  readonly hours: Estimate | null;
  /** Null where no price was given. */
  readonly money: Estimate | null;
}

const REASONS_MAX = 8;
const HOUR_MS = 3_600_000;

function scaled({ value, low, high }: Estimate, by: number): Estimate {
  return { value: value * by, low: low * by, high: high * by };
}

/** Of records that were measured one by one. */
function strataOf(
  given: PilotGiven,
  valueOf: (record: Readonly<Record<string, number>>) => number,
) {
  return given.populations.map((population, stratum): Stratum => {
    const records = given.batches.filter((batch) => batch.stratum === stratum);
    const values = records.flatMap((batch) => batch.records.map(valueOf));
    return { population, values, measured: values.length };
  });
}

/** A batch's time is shared by its records, whose own times nobody measured. Null where a stratum has no time. */
function timeStrata(given: PilotGiven): readonly Stratum[] | null {
  const strata = given.populations.map((population, stratum): Stratum => {
    const batches = given.batches.flatMap(({ slotMs, ...batch }) =>
      batch.stratum === stratum && batch.records.length > 0 && slotMs !== null
        ? [{ records: batch.records, slotMs }]
        : [],
    );
    const values = batches.flatMap(({ records, slotMs }) =>
      records.map(() => slotMs / records.length),
    );
    return { population, values, measured: batches.length };
  });
  return strata.some(({ values }) => values.length === 0) ? null : strata;
}

function reasonsOf(given: PilotGiven, total: (name: string) => Estimate) {
  const names = new Set<string>();
  for (const { records } of given.batches) {
    for (const record of records) {
      for (const name of Object.keys(record)) if (name.startsWith('reason.')) names.add(name);
    }
  }
  return [...names]
    .map((name) => ({ reason: name.slice('reason.'.length), ...total(name) }))
    .sort((a, b) => b.value - a.value || (a.reason < b.reason ? -1 : 1))
    .slice(0, REASONS_MAX);
}

/** The ratio of two totals of one sample: its spread is that of accepted − yield × invocations (the delta method). */
function yieldOf(given: PilotGiven, accepted: Estimate, invocations: Estimate): Estimate | null {
  if (invocations.value === 0) return null;
  const value = accepted.value / invocations.value;
  const residual = strataOf(
    given,
    (record) => (record['accepted'] ?? 0) - value * (record['invocations'] ?? 0),
  );
  const { value: middle, high } = estimateTotal(residual);
  const half = (high - middle) / invocations.value;
  return { value, low: Math.max(0, value - half), high: Math.min(1, value + half) };
}

export function estimatePilot(given: PilotGiven): PilotEstimates {
  const total = (name: string): Estimate =>
    estimateTotal(strataOf(given, (record) => record[name] ?? 0));
  const accepted = total('accepted');
  const invocations = total('invocations');
  const times = timeStrata(given);
  const slotHours = times === null ? null : scaled(estimateTotal(times), 1 / HOUR_MS);
  const { bytesPerRow, slots, pricePerCoreHour } = given;
  return {
    functions: total('functions'),
    invocations,
    accepted,
    faulted: total('faulted'),
    yield: yieldOf(given, accepted, invocations),
    reasons: reasonsOf(given, total),
    bytes: bytesPerRow === null ? null : scaled(accepted, bytesPerRow),
    slotHours,
    hours: slotHours === null ? null : scaled(slotHours, 1 / slots),
    money:
      slotHours === null || pricePerCoreHour === null ? null : scaled(slotHours, pricePerCoreHour),
  };
}
