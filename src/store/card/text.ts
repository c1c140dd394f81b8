// Markdown and plots made of text: they show wherever a page is read, a terminal included.
import { grouped } from '../../core/grouped.ts';
import type { Histogram } from '../../core/set-statistics.ts';

/** `12,345`. */
export function share(part: number, whole: number): string {
  return whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`;
}

/** Text of other people in a table or a list: nothing of it is markup. */
export function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, ' ')
    .replace(/[\\`*_{}[\]<>()#+!|~$&]/g, (mark) => `&#${String(mark.codePointAt(0))};`);
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

const BAR_CELLS = 40;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar to the eighth of a cell; what is there at all shows. */
function bar(value: number, max: number): string {
  const eighths = Math.max(
    value > 0 ? 1 : 0,
    Math.round((8 * BAR_CELLS * value) / Math.max(max, 1)),
  );
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

export interface Bar {
  readonly label: string;
  readonly value: number;
}

/** A block of bars under one head, as fixed-width text; with shares where they are parts of one whole. */
export function plot(head: string, bars: readonly Bar[], whole: number | null): string {
  const max = Math.max(0, ...bars.map(({ value }) => value));
  const labels = Math.max(head.length, ...bars.map(({ label }) => label.length));
  const numbers = Math.max(4, ...bars.map(({ value }) => grouped(value).length));
  const lines = bars.map(({ label, value }) =>
    [
      label.padEnd(labels),
      grouped(value).padStart(numbers),
      ...(whole === null ? [] : [share(value, whole).padStart(7)]),
      bar(value, max),
    ]
      .join('  ')
      .trimEnd(),
  );
  const counted = whole === null ? '' : `  ${'rows'.padStart(numbers)}`;
  return ['```text', `${head.padEnd(labels)}${counted}`.trimEnd(), ...lines, '```'].join('\n');
}

/** From the first bucket that has rows to the last one. */
export function histogramPlot(head: string, histogram: Histogram): string {
  const first = histogram.findIndex((rows) => rows > 0);
  const bars = histogram.slice(Math.max(first, 0)).map((value, offset): Bar => {
    const bucket = Math.max(first, 0) + offset;
    const from = bucket === 0 ? 0 : 2 ** (bucket - 1);
    const to = bucket === 0 ? 0 : 2 ** bucket - 1;
    return { label: from === to ? grouped(from) : `${grouped(from)} to ${grouped(to)}`, value };
  });
  return plot(head, bars, sum(histogram));
}

/** Most frequent first; those beyond `max` together. */
export function tallyPlot(head: string, tally: Readonly<Record<string, number>>, max = 20): string {
  const all = Object.entries(tally).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const bars = all.slice(0, max).map(([label, value]) => ({ label, value }));
  const rest = all.slice(max).reduce((sum, [, value]) => sum + value, 0);
  if (rest > 0) bars.push({ label: `${String(all.length - max)} others`, value: rest });
  return plot(head, bars, sum(Object.values(tally)));
}
