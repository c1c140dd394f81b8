import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  EXTRACTION_REASONS,
  FUNCTION_REASONS,
  INPUT_REASONS,
  LABELS,
  OUTCOMES,
  POLICY_REASONS,
  RECORD_REASONS,
  ROW_REASONS,
} from '../../../src/contract/outcome.ts';
import type { LedgerRow } from '../../../src/contract/row.ts';
import { LEDGER_COLUMNS, TEXT_COLUMNS, TRACE_COLUMNS } from '../../../src/contract/tables.ts';
import { balanceOf, LedgerCount, textBalanceOf } from '../../../src/core/balance.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { rowsDigestOf } from '../../../src/identity/row-digest.ts';
import { writeTable } from '../../../src/store/parquet.ts';
import { LEDGER } from '../../../src/store/tables.ts';

const page = (name: string): string =>
  readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

/** First cells of the tables of a section, without back-quotes; `columns` says how many cells of a line. */
function tableOf(text: string, heading: string, columns: number): string[][] {
  const start = text.indexOf(`\n${heading}\n`);
  expect(start).toBeGreaterThan(0);
  const rest = text.slice(start + heading.length + 2);
  const level = heading.split(' ')[0] ?? '#';
  const end = rest.search(new RegExp(`\n#{1,${String(level.length)}} `));
  const section = end < 0 ? rest : rest.slice(0, end);
  return section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) =>
      line
        .split('|')
        .slice(1, columns + 1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

const NO_TEXTS = {
  traces: 0,
  tracesRendered: 0,
  tracesOverFunctionMax: 0,
  proposed: 0,
  tooLong: 0,
  duplicates: 0,
  overBalance: 0,
  published: 0,
};

describe('the published schema', () => {
  it('is the one of docs/data-set.md', () => {
    const text = page('data-set.md');
    expect(tableOf(text, '### Columns of `traces` and `rejected`', 2)).toEqual(
      Object.entries(TRACE_COLUMNS).map(([name, type]) => [name, type]),
    );
    expect(tableOf(text, '### Columns of `ledger`', 2)).toEqual(
      Object.entries(LEDGER_COLUMNS).map(([name, type]) => [name, type]),
    );
    expect(tableOf(text, '### Columns of `text`', 2)).toEqual(
      Object.entries(TEXT_COLUMNS).map(([name, type]) => [name, type]),
    );
  });

  it('balances by the equations of docs/data-set.md', () => {
    const names = balanceOf(new LedgerCount().counts(0)).map((equation) => equation.name);
    expect(tableOf(page('data-set.md'), '## Balance', 1).flat()).toEqual(names);
    const texts = textBalanceOf({ ...NO_TEXTS, byFormat: {} }).map(({ name }) => name);
    expect(tableOf(page('data-set.md'), '## Balance of texts', 1).flat()).toEqual(texts);
  });

  it('has frozen bytes: the same rows give them with every build of this version', () => {
    const rows: LedgerRow[] = Array.from({ length: 100 }, (_, index) => ({
      unit: 'record',
      id: `a.jsonl:${String(index)}`,
      parent_id: null,
      stage: 'ingest',
      outcome: 'parsed',
      verdict: null,
      reasons: index % 2 === 0 ? [] : ['not-json'],
      keeper_id: null,
      file: null,
      row: index,
      origin: null,
    }));
    expect(rowsDigestOf(LEDGER_COLUMNS, rows)).toMatchInlineSnapshot(
      `"e4cb88c571d6e33ce6e83f7bcde054ba8017d2b2becd288c692261b2ce312444"`,
    );
    expect(sha256(writeTable(LEDGER, rows))).toMatchInlineSnapshot(
      `"2b34748497edc9cabbab6d97b1d5450d98d424573cbad9af8c4e0828d6ea2624"`,
    );
  });
});

describe('the closed lists of docs/concepts.md', () => {
  const text = page('concepts.md');

  it('are the outcomes', () => {
    expect(tableOf(text, '## Outcomes', 1).flat()).toEqual([...OUTCOMES]);
  });

  it('are the labels', () => {
    expect(tableOf(text, '## Labels', 1).flat()).toEqual([...LABELS]);
  });

  it('are the reasons', () => {
    const of = (unit: string, reasons: readonly string[]): string[][] =>
      reasons.map((reason) => [reason, unit]);
    expect(tableOf(text, '## Verdicts and reasons', 2)).toEqual([
      ...of('record', RECORD_REASONS),
      ...of('function', EXTRACTION_REASONS),
      ...of('function', FUNCTION_REASONS),
      ...of('input', INPUT_REASONS),
      ...of('row', POLICY_REASONS),
      ...of('row', ROW_REASONS),
    ]);
  });
});
