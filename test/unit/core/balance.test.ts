import { describe, expect, it } from 'vitest';
import type { Counts } from '../../../src/contract/balance.ts';
import type { LedgerRow } from '../../../src/contract/row.ts';
import { LedgerCount, balanceOf } from '../../../src/core/balance.ts';

const row = (overrides: Partial<LedgerRow>): LedgerRow => ({
  unit: 'record',
  id: 'x',
  parent_id: null,
  stage: 'ingest',
  outcome: 'parsed',
  verdict: null,
  reasons: [],
  keeper_id: null,
  file: null,
  row: null,
  origin: null,
  ...overrides,
});

const ROWS: readonly LedgerRow[] = [
  row({}),
  row({ outcome: 'rejected', reasons: ['not-json'] }),
  row({ unit: 'function', outcome: 'kept' }),
  row({ unit: 'function', outcome: 'kept', reasons: ['no-inputs'] }),
  row({ unit: 'function', outcome: 'dropped', keeper_id: 'k', reasons: ['duplicate-ast'] }),
  row({ unit: 'function', outcome: 'dropped', reasons: ['source-too-long'] }),
  row({ unit: 'input', outcome: 'kept' }),
  row({ unit: 'input', outcome: 'kept' }),
  row({ unit: 'input', outcome: 'dropped', reasons: ['over-keep'] }),
  row({ unit: 'invocation', outcome: 'returned', verdict: 'accepted' }),
  row({ unit: 'invocation', outcome: 'faulted', reasons: ['sandbox-died'] }),
];

function counted(rows: readonly LedgerRow[], published: number): Counts {
  const count = new LedgerCount();
  for (const each of rows) count.add(each);
  return count.counts(published);
}

describe('the balance of a job', () => {
  it('holds where every row is in the ledger', () => {
    const counts = counted(ROWS, 1);
    expect(balanceOf(counts).filter((equation) => !equation.holds)).toEqual([]);
    expect(counts.byReason).toEqual({
      'duplicate-ast': 1,
      'no-inputs': 1,
      'not-json': 1,
      'over-keep': 1,
      'sandbox-died': 1,
      'source-too-long': 1,
    });
    expect(counts.byOutcome).toEqual({ returned: 1 });
  });

  it.each([
    ['recordsRead', 'records read = parsed + rejected'],
    ['functionsDuplicate', 'functions found = kept + duplicates + contaminated + rejected'],
    ['functionsWithoutInputs', 'functions kept = with inputs + without inputs'],
    ['inputsDropped', 'inputs found = kept + dropped'],
    ['invocationsFaulted', 'invocations planned = outcomes + faulted'],
    ['duplicateTraces', 'outcomes = accepted + rejected + duplicate traces'],
    ['rowsPublished', 'rows published = accepted + rejected'],
  ] as const)('breaks where %s is off by one', (name, equation) => {
    const counts = counted(ROWS, 1);
    const broken = balanceOf({ ...counts, [name]: counts[name] + 1 });
    expect(broken.filter((each) => !each.holds).map((each) => each.name)).toEqual([equation]);
  });

  it('breaks where an invocation was planned for no kept input', () => {
    const counts = counted(ROWS, 1);
    const broken = balanceOf({ ...counts, invocationsPlanned: 3 });
    expect(broken.filter((each) => !each.holds).map((each) => each.name)).toEqual([
      'invocations planned = inputs kept',
      'invocations planned = outcomes + faulted',
    ]);
  });
});
