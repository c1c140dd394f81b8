// What every bench ends with: a table on stdout and bench/results/NAME.json. Goals are the figures of the issue that asks.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/lib/project.mjs';

/**
 * @typedef {{ atLeast: number } | { atMost: number }} Goal
 * @typedef {{ metric: string, value: number, unit: string, goal: string | null, holds: boolean | null, samples: readonly number[] }} Row
 */

/** The middle one of an odd count, else the mean of the two in the middle; NaN of nothing. */
export function median(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function judged(value, goal) {
  if (goal === null) return { goal: null, holds: null };
  const isFloor = 'atLeast' in goal;
  const figure = isFloor ? goal.atLeast : goal.atMost;
  return {
    goal: `${isFloor ? '>=' : '<='} ${figure}`,
    holds: isFloor ? value >= figure : value <= figure,
  };
}

/**
 * One line of a bench: the median of its samples, one for each interleaved round.
 * @param {string} metric
 * @param {{ unit: string, samples: readonly number[], goal?: Goal | null }} facts
 * @returns {Row}
 */
export function row(metric, { unit, samples, goal = null }) {
  const value = median(samples);
  return { metric, value, unit, ...judged(value, goal), samples };
}

/** Three figures that count; whole numbers above a thousand. */
export function figure(value) {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

const COLUMNS = ['metric', 'value', 'unit', 'goal', 'holds', 'spread'];
const HOLDS = { true: 'yes', false: 'NO', null: '' };

function cells({ metric, value, unit, goal, holds, samples }) {
  const spread =
    samples.length > 1 ? `${figure(Math.min(...samples))} .. ${figure(Math.max(...samples))}` : '';
  return [metric, figure(value), unit, goal ?? '', HOLDS[String(holds)], spread];
}

/** @param {readonly Row[]} rows */
export function table(rows) {
  const lines = [COLUMNS, ...rows.map(cells)];
  const widths = COLUMNS.map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => (at === 1 ? cell.padStart(widths[at]) : cell.padEnd(widths[at])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * Prints the table and writes bench/results/NAME.json; returns whether every goal holds.
 * @param {string} name
 * @param {readonly Row[]} rows
 */
export function report(name, rows) {
  const folder = join(ROOT, 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ name, rows }, null, 2)}\n`);
  process.stdout.write(`\n${table(rows)}\n`);
  return rows.every(({ holds }) => holds !== false);
}
