// The equations between the counts of a job (docs/data-set.md, "Balance"), and the counts as a finished ledger tells them.
import type { Counts, Equation } from '../contract/balance.ts';
import type { LedgerRow } from '../contract/row.ts';
import type { TextCounts } from '../contract/text.ts';

interface Rule<Counted> {
  readonly name: string;
  readonly left: (counts: Counted) => number;
  readonly right: (counts: Counted) => number;
}

const EQUATIONS: readonly Rule<Counts>[] = [
  {
    name: 'records read = parsed + rejected',
    left: (c) => c.recordsRead,
    right: (c) => c.recordsParsed + c.recordsRejected,
  },
  {
    name: 'functions found = kept + duplicates + contaminated + rejected',
    left: (c) => c.functionsFound,
    right: (c) =>
      c.functionsKept + c.functionsDuplicate + c.functionsContaminated + c.functionsRejected,
  },
  {
    name: 'functions kept = with inputs + without inputs',
    left: (c) => c.functionsKept,
    right: (c) => c.functionsWithInputs + c.functionsWithoutInputs,
  },
  {
    name: 'inputs found = kept + dropped',
    left: (c) => c.inputsFound,
    right: (c) => c.inputsKept + c.inputsDropped,
  },
  {
    name: 'invocations planned = inputs kept',
    left: (c) => c.invocationsPlanned,
    right: (c) => c.inputsKept,
  },
  {
    name: 'invocations planned = outcomes + faulted',
    left: (c) => c.invocationsPlanned,
    right: (c) => c.outcomes + c.invocationsFaulted,
  },
  {
    name: 'outcomes = accepted + rejected + duplicate traces',
    left: (c) => c.outcomes,
    right: (c) => c.accepted + c.rejected + c.duplicateTraces,
  },
  {
    name: 'rows published = accepted + rejected',
    left: (c) => c.rowsPublished,
    right: (c) => c.accepted + c.rejected,
  },
];

const TEXT_EQUATIONS: readonly Rule<TextCounts>[] = [
  {
    name: 'traces accepted = rendered + over the maximum of their function',
    left: (c) => c.traces,
    right: (c) => c.tracesRendered + c.tracesOverFunctionMax,
  },
  {
    name: 'examples proposed = published + too long + duplicates + over balance',
    left: (c) => c.proposed,
    right: (c) => c.published + c.tooLong + c.duplicates + c.overBalance,
  },
  {
    name: 'examples published = sum over formats',
    left: (c) => c.published,
    right: (c) => Object.values(c.byFormat).reduce((sum, count) => sum + count, 0),
  },
];

function sides<Counted>(rules: readonly Rule<Counted>[], counts: Counted): readonly Equation[] {
  return rules.map(({ name, left, right }) => ({
    name,
    left: left(counts),
    right: right(counts),
    holds: left(counts) === right(counts),
  }));
}

/** Both sides of every equation. */
export function balanceOf(counts: Counts): readonly Equation[] {
  return sides(EQUATIONS, counts);
}

export function textBalanceOf(counts: TextCounts): readonly Equation[] {
  return sides(TEXT_EQUATIONS, counts);
}

type Tally = Record<string, number>;

function add(tally: Tally, name: string): void {
  tally[name] = (tally[name] ?? 0) + 1;
}

function sortedTally(tally: Tally): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(tally).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function functionFate(row: LedgerRow): string {
  if (row.outcome === 'kept') {
    return row.reasons.includes('no-inputs') ? 'function-without' : 'function-with';
  }
  if (row.reasons.some((reason) => reason.startsWith('contaminated-'))) {
    return 'function-contaminated';
  }
  return row.keeper_id === null ? 'function-rejected' : 'function-duplicate';
}

/** Counts ledger rows one by one; `rowsPublished` comes from the published tables, which the ledger cannot vouch for. */
export class LedgerCount {
  readonly #tally: Tally = {};
  readonly #byOutcome: Tally = {};
  readonly #byReason: Tally = {};

  add(row: LedgerRow): void {
    for (const reason of row.reasons) add(this.#byReason, reason);
    switch (row.unit) {
      case 'record':
        add(this.#tally, `record-${row.outcome}`);
        break;
      case 'function':
        add(this.#tally, functionFate(row));
        break;
      case 'input':
        add(this.#tally, `input-${row.outcome}`);
        break;
      case 'invocation':
        add(
          this.#tally,
          row.outcome === 'faulted' ? 'faulted' : `verdict-${row.verdict ?? 'none'}`,
        );
        if (row.outcome !== 'faulted') add(this.#byOutcome, row.outcome);
        break;
    }
  }

  counts(rowsPublished: number): Counts {
    const of = (name: string): number => this.#tally[name] ?? 0;
    const outcomes = Object.values(this.#byOutcome).reduce((sum, count) => sum + count, 0);
    const kept = of('function-with') + of('function-without');
    return {
      recordsRead: of('record-parsed') + of('record-rejected'),
      recordsParsed: of('record-parsed'),
      recordsRejected: of('record-rejected'),
      functionsFound:
        kept + of('function-duplicate') + of('function-contaminated') + of('function-rejected'),
      functionsKept: kept,
      functionsDuplicate: of('function-duplicate'),
      functionsContaminated: of('function-contaminated'),
      functionsRejected: of('function-rejected'),
      functionsWithInputs: of('function-with'),
      functionsWithoutInputs: of('function-without'),
      inputsFound: of('input-kept') + of('input-dropped'),
      inputsKept: of('input-kept'),
      inputsDropped: of('input-dropped'),
      invocationsPlanned: outcomes + of('faulted'),
      invocationsFaulted: of('faulted'),
      outcomes,
      accepted: of('verdict-accepted'),
      rejected: of('verdict-rejected'),
      duplicateTraces: of('verdict-duplicate'),
      rowsPublished,
      byOutcome: sortedTally(this.#byOutcome),
      byReason: sortedTally(this.#byReason),
    };
  }
}
