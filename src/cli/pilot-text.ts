// What a person reads of a pilot and of a dry run.
import type { FleetCost } from '../fleet/cost.ts';
import type { Estimate } from '../core/stratified.ts';
import type { JobEntry, LaunchPlan, PilotReport } from './ports.ts';
import { grouped } from '../core/grouped.ts';
import { byteSize, counted, duration, table } from './table.ts';

const HOUR_MS = 3_600_000;

/** Three figures that count: an estimate has no more. */
function rounded(value: number): string {
  if (value < 1_000) return String(Number(value.toPrecision(3)));
  const step = 10 ** (Math.floor(Math.log10(value)) - 2);
  return grouped(Math.round(Math.round(value / step) * step));
}

function rowOf(name: string, estimate: Estimate | null, text = rounded): string[][] {
  if (estimate === null) return [];
  const { value, low, high } = estimate;
  return [[name, text(value), `${text(low)} to ${text(high)}`]];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const hoursText = (hours: number): string => duration(hours * HOUR_MS);
const bytesText = (bytes: number): string => byteSize(Math.round(bytes));
const moneyText = (money: number): string => money.toFixed(2);

function fleetRows(cost: FleetCost | null): string[][] {
  if (cost === null) return [];
  const machines = counted(cost.machines, 'machine');
  return [
    ...rowOf(`machine hours of ${cost.fleet}`, cost.vmHours, (hours) => hours.toFixed(2)),
    ...rowOf(`money for ${cost.fleet}`, cost.money, moneyText),
    ...rowOf(`time with ${machines}`, cost.hours, hoursText),
  ];
}

/** Where the price comes from, and what it is for. */
function priceLine({ fleet, pricePerVmHour, slotsPerVm, bootSeconds }: FleetCost): string {
  return (
    `A machine of ${fleet} has ${counted(slotsPerVm, 'slot')}, costs ${String(pricePerVmHour)} an hour by the fleet's ` +
    `document, and boots in ${String(bootSeconds)} s.`
  );
}

function costLines({ fleet }: LaunchPlan): string[] {
  if (fleet === null) return [];
  const { machines, vmHours, money, hours, rateOf, slotMsPerRecord } = fleet;
  return [
    `  costs about ${money.value.toFixed(2)}: ${vmHours.value.toFixed(2)} hours of ${counted(machines, 'machine')}, ` +
      `done after ${hoursText(hours.value)}; a record takes ${slotMsPerRecord.toFixed(1)} ms of a slot by ${rateOf}`,
    `  ${priceLine(fleet)}`,
  ];
}

/** What the whole would give and cost. */
export function pilotText({ set }: JobEntry, report: PilotReport): string {
  const { sampled, records, slots, reasons } = report;
  const rows = [
    ...rowOf('functions', report.functions),
    ...rowOf('invocations', report.invocations),
    ...rowOf('accepted traces', report.accepted),
    ...rowOf('accepted share', report.yield, percent),
    ...rowOf('faulted', report.faulted),
    ...reasons.flatMap(({ reason, ...estimate }) => rowOf(`not accepted: ${reason}`, estimate)),
    ...rowOf('size of the traces', report.bytes, bytesText),
    ...rowOf('time of one slot', report.slotHours, hoursText),
    ...rowOf(`time with ${counted(slots, 'slot')}`, report.hours, hoursText),
    ...rowOf('money', report.money, moneyText),
    ...fleetRows(report.fleet),
  ];
  return [
    `The pilot traced ${counted(sampled, 'record')} of ${grouped(records)} and published ${set}.`,
    'All of them would give and cost:',
    table(['', 'estimate', '95% interval'], rows).replace(/^(?=.)/gm, '  '),
    ...(report.slotHours === null
      ? [
          '  Times are not known: the pilot found results of earlier jobs, or Temporal has forgotten it.',
        ]
      : []),
    ...(report.fleet === null ? [] : [`  ${priceLine(report.fleet)}`]),
  ].join('\n');
}

const HOW = {
  started: 'would be started',
  found: 'is there: a launch would find it',
  continued: 'would be continued',
} as const;

function traceLine({ trace, batches, ingestSealed }: LaunchPlan): string {
  if (batches === null) return 'what of its functions has a result is known after that';
  if (trace === null) {
    const toRead = `${grouped(batches - ingestSealed)} of ${grouped(batches)} batches`;
    return `records of ${toRead} would be read; what of their functions has a result is known after that`;
  }
  const { invocations, toRun, batchesSealed } = trace;
  return (
    `all records were read before; ${grouped(toRun)} of ${counted(invocations, 'invocation')} would run, ` +
    `${grouped(batchesSealed)} of ${grouped(batches)} batches are sealed`
  );
}

function llmLines({ llm }: LaunchPlan): string[] {
  if (llm === null) return [];
  const { model, budgetUsd, functions, atMostUsd, likelyUsd } = llm;
  const budget = `of a budget of $${moneyText(budgetUsd)}`;
  if (functions === null || atMostUsd === null || likelyUsd === null) {
    return [
      `  asks ${model} within a budget of $${moneyText(budgetUsd)}; more is known once the records were read`,
    ];
  }
  return [
    `  asks ${model} about ${counted(functions, 'function')} at most: about $${likelyUsd.toFixed(4)}, ` +
      `never more than $${atMostUsd.toFixed(4)} ${budget}`,
  ];
}

function recordsText({ records, batches }: LaunchPlan): string {
  if (records === null || batches === null) return 'the library is listed in a sandbox first';
  return `${counted(records, 'record')} in ${grouped(batches)} ${batches === 1 ? 'batch' : 'batches'}`;
}

/** What a launch would do and find. */
export function planText(plan: LaunchPlan): string {
  const { workflowId, how, revision, set, isSetFree, uploadBytes } = plan;
  return [
    `${workflowId} ${HOW[how]}, revision ${String(revision)}. Nothing was started.`,
    `  ${recordsText(plan)}; ` +
      (uploadBytes === 0 ? 'nothing to upload' : `${byteSize(uploadBytes)} to upload`),
    `  ${traceLine(plan)}`,
    ...llmLines(plan),
    ...costLines(plan),
    `  publishes ${set}${isSetFree ? '' : ', which another job has published: name another one'}`,
  ].join('\n');
}
