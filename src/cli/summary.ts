// What a user reads when a job ended: counts by outcome and verdict, where the data set lies, whether the balance
// holds, and what to try next.
import { relative } from 'node:path';
import type { Counts, Equation } from '../contract/balance.ts';
import type { CauseReport } from '../contract/job.ts';
import { visibleLine } from '../render/visible.ts';
import type { JobCost, JobEntry, JobReport, PublishedSet } from './ports.ts';
import type { Paint } from './print.ts';
import { grouped } from '../core/grouped.ts';
import { byteSize, counted, duration, table } from './table.ts';

const REASONS_SHOWN = 8;

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

function share(part: number, whole: number): string {
  return whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)}%`;
}

function byCount(counts: Readonly<Record<string, number>>): (readonly [string, number])[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

/** A path below the current folder as it is typed there; any other as it is. */
function nearPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : `${near}/`;
}

/** How many went in and came out, as two short sentences. */
export function countsLine(counts: Counts): string {
  const found = `${counted(counts.recordsRead, 'record')} held ${counted(counts.functionsFound, 'function')}`;
  const kept = `${grouped(counts.functionsKept)} kept`;
  return `${found}, ${kept}, with ${counted(counts.inputsKept, 'input')} to trace.`;
}

function outcomeTable(counts: Counts): string {
  const rows = byCount(counts.byOutcome).map(([name, count]) => [
    name,
    grouped(count),
    share(count, counts.outcomes),
  ]);
  if (counts.invocationsFaulted > 0) {
    rows.push(['faulted', grouped(counts.invocationsFaulted), '']);
  }
  return table(['outcome', 'count', 'share'], rows);
}

function verdictTable(counts: Counts): string {
  const rows = [
    ['accepted', counts.accepted],
    ['rejected', counts.rejected],
    ['duplicate', counts.duplicateTraces],
  ] as const;
  return table(
    ['verdict', 'count', 'share'],
    rows.map(([name, count]) => [name, grouped(count), share(count, counts.outcomes)]),
  );
}

function reasonsLine(counts: Counts): string[] {
  const reasons = byCount(counts.byReason);
  if (reasons.length === 0) return [];
  const shown = reasons.slice(0, REASONS_SHOWN).map(([name, count]) => `${name} ${grouped(count)}`);
  const more = reasons.length > shown.length ? ', …' : '';
  return [`Dropped or rejected because of: ${shown.join(', ')}${more}`];
}

/** `The balance holds (6 equations).`, or each equation that does not. */
export function balanceLines(balance: readonly Equation[], paint: Paint): string[] {
  const broken = balance.filter((equation) => !equation.holds);
  if (broken.length === 0) {
    return [paint('green', `The balance holds (${counted(balance.length, 'equation')}).`)];
  }
  return broken.map((equation) =>
    paint(
      'red',
      `The balance is broken: ${equation.name}: ${grouped(equation.left)} is not ${grouped(equation.right)}.`,
    ),
  );
}

/** Counts, place and balance of a published set. */
export function setSummary(published: PublishedSet, paint: Paint): string {
  const { counts } = published;
  return [
    countsLine(counts),
    '',
    indent(outcomeTable(counts)),
    '',
    indent(verdictTable(counts)),
    ...reasonsLine(counts),
    '',
    `Data set ${paint('bold', published.set)}: ${counted(counts.rowsPublished, 'row')} in ${counted(published.objects, 'object')}, ${byteSize(published.bytes)}`,
    indent(published.url),
    ...(published.folder === null ? [] : [indent(nearPath(published.folder))]),
    ...balanceLines(published.balance, paint),
  ].join('\n');
}

/** The most frequent causes of a failed job, each with a few invocations that it befell. */
export function causesText({ invocations, causes }: CauseReport): string {
  if (causes.length === 0) return '';
  const rows = causes.map(({ cause, count, examples }) => [
    cause,
    grouped(count),
    share(count, invocations),
    visibleLine(examples.join(', '), 160),
  ]);
  const head = `Most frequent causes among ${counted(invocations, 'invocation')} looked at:`;
  return indent([head, table(['cause', 'count', 'share', 'examples'], rows)].join('\n'));
}

/** Time of slots: in core-seconds where hours with two digits would say next to nothing. */
function slotTime(coreHours: number): string {
  if (coreHours >= 0.1) return `${coreHours.toFixed(2)} core-hours of slots`;
  return `${(coreHours * 3_600).toFixed(1)} core-seconds of slots`;
}

/** What the job took of machines; empty where nobody knows. */
export function costLines(cost: JobCost | null): readonly string[] {
  if (cost === null) return [];
  const { coreHours, fleets } = cost;
  const cores = coreHours === null ? [] : [slotTime(coreHours)];
  const machines = (fleets ?? []).map(
    ({ name, vmHours, money }) =>
      `${vmHours.toFixed(2)} machine hours of the fleet ${name}, ` +
      `${money.toFixed(2)} by the price in its document`,
  );
  const parts = [...cores, ...machines];
  if (parts.length === 0) return [];
  const all = (fleets ?? []).reduce((sum, { money }) => sum + money, 0);
  const sum = machines.length > 1 ? `: ${all.toFixed(2)} in all` : '';
  return [`It took ${parts.join(', and ')}${sum}.`];
}

const STATE_STYLE = {
  running: 'cyan',
  paused: 'yellow',
  published: 'green',
  failed: 'red',
  cancelled: 'yellow',
} as const;

/** One line on a job: its readable id, its state, its time. */
export function jobLine(report: JobReport, paint: Paint, now: number): string {
  const { entry } = report;
  const took = duration((entry.endedAtMs ?? now) - entry.startedAtMs);
  const revision = entry.revision === 1 ? '' : `, revision ${String(entry.revision)}`;
  const state = paint(STATE_STYLE[entry.state], entry.state);
  return `${paint('bold', entry.workflowId)}: ${state} ${entry.endedAtMs === null ? 'for' : 'after'} ${took}${revision}`;
}

/** Commands that are worth trying on a finished job. */
export function nextCommands(entry: JobEntry, invocation: string | null): string {
  const rows = [
    [
      `npx tracemill show ${entry.name}${invocation === null ? '' : ` '${invocation}'`}`,
      'a trace, step by step',
    ],
    [
      `npx tracemill why ${entry.name} ${invocation === null ? 'THING' : `'${invocation}'`}`,
      'what became of a record, function or input',
    ],
    [`npx tracemill verify ${entry.set}`, 'recompute every digest, id and count'],
    ['npx tracemill jobs', 'all jobs'],
    ['npx tracemill down', 'stop the services of this folder'],
  ];
  const width = Math.max(...rows.map(([command]) => command?.length ?? 0));
  const lines = rows.map(([command = '', what = '']) => `  ${command.padEnd(width)}   ${what}`);
  return ['Try next:', ...lines].join('\n');
}
