// Totals of a population from a stratified sample, with the interval that chance leaves (Cochran, Sampling Techniques,
// 1977, chapter 5). Pure.
import { batchAt } from './dispatch.ts';

/** 97.5 % of a normal distribution lie below. */
const Z95 = 1.96;
/** Below this a stratum tells nothing of its own spread. */
const SAMPLE_MIN = 2;

/** An estimated total with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What was seen of a metric in one stratum: a value for each sampled unit. */
export interface Stratum {
  readonly population: number;
  readonly values: readonly number[];
  /** Independent measurements: fewer than values where neighbours were measured together and share their mean. */
  readonly measured: number;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Of the mean of a stratum, from how far its measurements lie apart; 0 where one alone tells nothing of that. */
function varianceOfMean({ values, measured }: Stratum): number {
  if (measured < 2) return 0;
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2)) / (measured - 1);
}

/** Student's t at 97.5 %, to a hundredth from five degrees of freedom on. */
function quantile(freedom: number): number {
  return Z95 + 2.4 / Math.max(1, freedom);
}

/** A total is never less than what was seen of it. */
export function estimateTotal(strata: readonly Stratum[]): Estimate {
  let value = 0;
  let spread = 0;
  let seen = 0;
  let freedom = 0;
  for (const stratum of strata) {
    const { population, values, measured } = stratum;
    if (values.length === 0) continue;
    value += population * mean(values);
    seen += values.reduce((sum, each) => sum + each, 0);
    spread += population ** 2 * (1 - values.length / population) * varianceOfMean(stratum);
    freedom += measured - 1;
  }
  const half = quantile(freedom) * Math.sqrt(spread);
  return { value, low: Math.max(seen, value - half), high: value + half };
}

/** How many units of each stratum are taken: in proportion, at least two where there are two, all where few are left. */
export function allocate(populations: readonly number[], wanted: number): number[] {
  const all = populations.reduce((sum, each) => sum + each, 0);
  return populations.map((population) => {
    const share = all === 0 ? 0 : Math.round((population * wanted) / all);
    return Math.min(population, Math.max(Math.min(SAMPLE_MIN, population), share));
  });
}

/** Places of a sample without replacement, ascending; the same seed gives the same ones. */
export function sampleOf(population: number, size: number, seed: number): number[] {
  const places = Array.from({ length: Math.min(size, population) }, (_, position) =>
    batchAt(position, population, seed),
  );
  return places.sort((a, b) => a - b);
}
