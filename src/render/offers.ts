// What one function offers as text: the examples of its traces, each once, and how its steps follow one another. Everything
// that two traces of a function have in common is found here; what functions of one source share is found over the whole set.
import type { TraceRow } from '../contract/row.ts';
import type { ResolvedSpec } from '../contract/spec.ts';
import type { RenderSpec, SelfContained } from '../contract/text.ts';
import { exampleKey, packedSteps, stateHash, stepKey } from '../identity/text-keys.ts';
import { proposals } from './examples.ts';
import type { Example } from './examples.ts';
import { stateTexts } from './state-texts.ts';

export interface Offer {
  readonly example: Example;
  readonly key: string;
}

export interface OfferSpec {
  readonly render: readonly RenderSpec[];
  /** Traces of one function; null takes all. */
  readonly perFunctionMax: number | null;
}

/** What of a spec decides what a trace offers. */
export function offerSpecOf({
  render = [],
  balance,
}: Pick<ResolvedSpec, 'render' | 'balance'>): OfferSpec {
  return { render, perFunctionMax: balance?.perFunctionMax ?? null };
}

export interface OfferCounts {
  readonly tracesRendered: number;
  readonly tracesOverFunctionMax: number;
  readonly proposed: number;
  readonly tooLong: number;
  readonly duplicates: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const NONE: OfferCounts = {
  tracesRendered: 0,
  tracesOverFunctionMax: 0,
  proposed: 0,
  tooLong: 0,
  duplicates: 0,
};

/** Takes traces in their published order, function after function; holds what one function has shown. */
export class Offers {
  readonly counts: Mutable<OfferCounts> = { ...NONE };
  readonly #spec: OfferSpec;
  #functionId = '';
  #traces = 0;
  #seen = new Set<string>();

  constructor(spec: OfferSpec) {
    this.#spec = spec;
  }

  /** What the trace offers; null where its function gives no more traces. */
  take(row: TraceRow): Offer[] | null {
    if (row.function_id !== this.#functionId) {
      this.#functionId = row.function_id;
      this.#traces = 0;
      this.#seen = new Set();
    }
    const { render, perFunctionMax } = this.#spec;
    if (perFunctionMax !== null && this.#traces >= perFunctionMax) {
      this.counts.tracesOverFunctionMax += 1;
      return null;
    }
    this.#traces += 1;
    this.counts.tracesRendered += 1;
    const offers: Offer[] = [];
    for (const example of proposals(row, render)) {
      this.counts.proposed += 1;
      if (example === null) this.counts.tooLong += 1;
      else this.#offer(example, offers);
    }
    return offers;
  }

  #offer(example: Example, offers: Offer[]): void {
    const key = exampleKey(example.format, example.given);
    if (this.#seen.has(key)) {
      this.counts.duplicates += 1;
      return;
    }
    this.#seen.add(key);
    offers.push({ example, key });
  }
}

/** Labels that say nothing of whether the program would do the same again. */
const HARMLESS: ReadonlySet<string> = new Set(['opaque', 'input-type-error']);

const isExcused = ({ labels }: TraceRow): boolean => labels.some((label) => !HARMLESS.has(label));

/** Which state follows which in the traces of one function. */
export class Steps {
  readonly counts: Mutable<SelfContained> = { states: 0, stepsExcused: 0, ambiguous: 0 };
  #next = new Map<string, number>();
  #ambiguous = new Set<string>();

  take(row: TraceRow): void {
    const excused = isExcused(row);
    let before: Buffer | null = null;
    for (const { text, isOpaque } of stateTexts(row)) {
      const now = stateHash(text);
      if (before !== null) {
        if (excused || isOpaque) this.counts.stepsExcused += 1;
        else this.#follow(before, now);
      }
      before = now;
    }
  }

  #follow(before: Buffer, now: Buffer): void {
    const { state, next } = stepKey(before, now);
    const known = this.#next.get(state);
    if (known === undefined) this.#next.set(state, next);
    else if (known !== next) this.#ambiguous.add(state);
  }

  /** Ends the function: its steps as text, and the next function begins. */
  finish(): string {
    const packed = packedSteps(this.#next);
    this.counts.states += this.#next.size;
    this.counts.ambiguous += this.#ambiguous.size;
    this.#next = new Map();
    this.#ambiguous = new Set();
    return packed;
  }
}
