// A fleet's report as people read it.
import type { FleetReport } from './fleet-port.ts';
import { counted, duration, moment, table } from './table.ts';

const HOUR_MS = 3_600_000;

function headLine(report: FleetReport): string {
  const { fleet, desired, machines, slotsBusy, slotsLive } = report;
  return `${fleet}: ${counted(machines.length, 'machine')} of ${String(desired)}, ${String(slotsBusy)} of ${counted(slotsLive, 'slot')} busy`;
}

function loopLine(report: FleetReport, nowMs: number): string {
  const ago = (atMs: number): string => `${duration(Math.max(0, nowMs - atMs))} ago`;
  const { holder, writtenAtMs, decidedAtMs } = report;
  if (report.isInCharge) {
    return `  loop ${holder}, heard of ${ago(writtenAtMs)}, decided ${ago(decidedAtMs)}`;
  }
  return `  no loop runs (the last was heard of ${ago(writtenAtMs)}); start it with \`tracemill fleet run\``;
}

function workLine({ batches, slotMs, backlog, backlogAgeMs, spent }: FleetReport): string {
  const left =
    slotMs === null ? 'an unknown time' : `${(slotMs / HOUR_MS).toFixed(1)} h of slot time`;
  const oldest = backlog > 0 ? `, the oldest for ${duration(backlogAgeMs)}` : '';
  return `  ${counted(batches, 'batch').replace(/batchs$/, 'batches')} left, ${left}; ${String(backlog)} wait${oldest}; ${spent.toFixed(2)} spent`;
}

const faultLines = ({ fault }: FleetReport): readonly string[] =>
  fault === null ? [] : [`  waits out ${fault.kind}: ${fault.message}`];

export function fleetLines(report: FleetReport, nowMs: number): readonly string[] {
  const rows = report.machines.map(({ id, state, launchedAtMs }) => [
    id,
    state,
    duration(Math.max(0, nowMs - launchedAtMs)),
  ]);
  return [
    headLine(report),
    loopLine(report, nowMs),
    workLine(report),
    ...faultLines(report),
    ...(rows.length === 0 ? [] : [`\n${table(['machine', 'state', 'age'], rows)}`]),
  ];
}

export function explainLines(report: FleetReport, nowMs: number): readonly string[] {
  const { reasons, decidedAtMs, desired, window, gone, interrupted } = report;
  return [
    headLine(report),
    loopLine(report, nowMs),
    workLine(report),
    `  ${counted(desired, 'machine')} since ${moment(decidedAtMs)}, and ${String(window)} batches in flight, because:`,
    ...reasons.map(({ kind, text }) => `    ${kind}: ${text}`),
    `  ${counted(gone, 'machine')} gone, ${String(interrupted)} of them taken away`,
    ...faultLines(report),
  ];
}
