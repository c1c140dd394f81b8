// Which pairs of states of a trace become examples: a few from everywhere, the same ones each time.
import type { EventKind } from '../contract/trace.ts';

/** One event that shows a state. */
export interface StateFact {
  /** Index of the event in the row. */
  readonly index: number;
  readonly kind: EventKind;
  readonly frame: number;
  readonly line: number;
}

export interface ChosenPair {
  /** Places in the list of facts; the later state is `ahead` places after the earlier one. */
  readonly earlier: number;
  readonly ahead: number;
}

/** First, second, or a later time: what a loop does in its first rounds it does in all. */
const ROUNDS = 3;

/** For each fact how often its line began in its activation, up to ROUNDS. */
function roundsOf(facts: readonly StateFact[]): number[] {
  const seen = new Map<string, number>();
  return facts.map(({ kind, frame, line }) => {
    const place = `${String(frame)}:${String(line)}`;
    const round = Math.min(ROUNDS, (seen.get(place) ?? 0) + (kind === 'line' ? 1 : 0));
    seen.set(place, round);
    return round;
  });
}

/** Mixes 32 bits so that neighbours lie far apart (the finaliser of MurmurHash3). */
function mixed(number: number): number {
  let bits = number >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

interface Candidate extends ChosenPair {
  readonly rank: number;
}

function strataOf(
  facts: readonly StateFact[],
  ahead: readonly number[],
  seed: number,
): Candidate[][] {
  const rounds = roundsOf(facts);
  const strata = new Map<string, Candidate[]>();
  for (const steps of ahead) {
    for (let earlier = 0; earlier + steps < facts.length; earlier += 1) {
      const later = earlier + steps;
      const name = `${String(steps)} ${facts[later]?.kind ?? ''} ${String(rounds[later])}`;
      const stratum = strata.get(name) ?? [];
      if (stratum.length === 0) strata.set(name, stratum);
      stratum.push({ earlier, ahead: steps, rank: mixed(mixed(seed + steps) + earlier) });
    }
  }
  return [...strata.values()];
}

const byRank = (a: Candidate, b: Candidate): number => a.rank - b.rank || a.earlier - b.earlier;
const byPlace = (a: ChosenPair, b: ChosenPair): number =>
  a.earlier - b.earlier || a.ahead - b.ahead;

/**
 * At most `pairs` of them, taken by turns from the strata of look-ahead, kind of the later event and round of its line, so
 * that what is rare in a trace is not lost among its loops. In the order of the trace.
 */
export function choosePairs(
  facts: readonly StateFact[],
  asked: { readonly pairs: number; readonly ahead: readonly number[]; readonly seed: number },
): ChosenPair[] {
  const strata = strataOf(facts, asked.ahead, asked.seed).map((each) => each.sort(byRank));
  const chosen: ChosenPair[] = [];
  for (let turn = 0; chosen.length < asked.pairs; turn += 1) {
    const before = chosen.length;
    for (const stratum of strata) {
      const next = chosen.length < asked.pairs ? stratum[turn] : undefined;
      if (next !== undefined) chosen.push({ earlier: next.earlier, ahead: next.ahead });
    }
    if (chosen.length === before) break;
  }
  return chosen.sort(byPlace);
}
