// What is under way as lines: slots, retries, kinds of failures. Pure.
import type { InFlightReport } from '../contract/in-flight.ts';
import { visibleLine } from '../render/visible.ts';
import type { Failure, Stage } from './live.ts';
import { grouped } from '../core/grouped.ts';
import { counted, duration } from './table.ts';

const MESSAGE_CHARACTERS = 120;
const EXAMPLES_CHARACTERS = 160;

function perSecond(rate: number | null, noun: string): string[] {
  if (rate === null) return [];
  return [`${rate < 10 ? rate.toFixed(1) : grouped(Math.round(rate))} ${noun}/s`];
}

/** `41 functions/s`, `245 invocations/s`, `about 9 min 10 s left`: what is known of them. */
export function paceWords(stage: Stage): string[] {
  const left = stage.leftMs === null ? [] : [`about ${duration(stage.leftMs)} left`];
  return [
    ...perSecond(stage.functionsPerSecond, 'functions'),
    ...perSecond(stage.invocationsPerSecond, 'invocations'),
    ...left,
  ];
}

/** `returned 1,100, raised 80, fuel-exceeded 20`, the most frequent first; null where there is none. */
export function outcomesLine({ byOutcome }: Stage): string | null {
  const parts = Object.entries(byOutcome)
    .filter(([, count]) => count > 0)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  if (parts.length === 0) return null;
  return parts.map(([name, count]) => `${name} ${grouped(count)}`).join(', ');
}

/** `4 slots busy, 12 batches given out, 2 at a new attempt (store-unreachable 2)`. */
export function inFlightLine({ slotsBusy, activities, faults }: InFlightReport): string {
  const again = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const kinds = Object.entries(faults).map(([code, count]) => `${code} ${grouped(count)}`);
  const retries = again === 0 ? '' : `, ${grouped(again)} at a new attempt (${kinds.join(', ')})`;
  return `${counted(slotsBusy, 'slot')} busy, ${grouped(activities)} given out${retries}`;
}

export function retryLines({ retrying }: InFlightReport): string[] {
  return retrying.map(({ activity, attempt, attemptsMax, code, message }) => {
    const of = attemptsMax === 0 ? '' : ` of ${String(attemptsMax)}`;
    const why = visibleLine(message, MESSAGE_CHARACTERS);
    return `${activity} is at attempt ${String(attempt)}${of}, after ${code}: ${why}`;
  });
}

/** `fuel-exceeded 20: a.py::f#0, a.py::g#1`. */
export function failureLines(failures: readonly Failure[]): string[] {
  return failures.map(({ cause, count, examples }) => {
    const often = count === null ? '' : ` ${grouped(count)}`;
    return `${cause}${often}: ${visibleLine(examples.join(', '), EXAMPLES_CHARACTERS)}`;
  });
}
