// Coverage by the kept inputs beside that by the own tests: what counts, and what does not.
import { expect, test } from 'vitest';

interface Row {
  readonly metric: string;
  readonly value: number;
  readonly goal: string | null;
  readonly holds: boolean | null;
}
interface Judged {
  readonly kind: string;
  readonly name: string;
  readonly ours?: number;
  readonly own?: number;
}
const MODULE = new URL('../../../../bench/own-tests/compare.mjs', import.meta.url).href;
const REPORT = new URL('../../../../bench/lib/report.mjs', import.meta.url).href;
const { compared, figures, gaps } = (await import(MODULE)) as {
  compared: (chosen: object[], counts: object[], reached: object) => Judged[];
  figures: (all: Judged[], units: object[], row: unknown) => Row[];
  gaps: (all: Judged[], count: number) => Judged[];
};
const REACHED_MODULE = new URL('../../../../bench/own-tests/reached.mjs', import.meta.url).href;
const { reachedOf } = (await import(REACHED_MODULE)) as { reachedOf: (answer: unknown) => unknown };
const { row } = (await import(REPORT)) as { row: unknown };

const HEAD = 'with a returning input, reached by both';

function searched(qualname: string, lineCoverage: number | null, outcome = 'returned') {
  const text = `def ${qualname.split('.').at(-1) ?? ''}(value):\n    return value\n`;
  const each = { qualname, source: text, line_start: 1, line_end: 2, reject: null };
  const answer = { reason: null, line_coverage: lineCoverage, inputs: [{ outcome }] };
  const found = lineCoverage === null ? undefined : { probed: { kind: 'answered', answer } };
  return { name: 'pkg/mod.py', text, each, ...(found === undefined ? {} : { found }) };
}

function counted(lines: number[] | null, part = 'pkg', sliceLines = lines?.length ?? 0) {
  return { path: `/opt/packages/${part}/mod.py`, part, lines, slice_lines: sliceLines };
}

const unit = (part: string, tests: number, why: string | null = null) => ({
  ...{ part, name: 'tests/test_mod.py', tests, why },
  outcome: tests > 0 ? 'passed' : 'not run',
});
const UNITS = [unit('pkg', 3), unit('untested', 0, 'all of it is skipped')];
const REACHED = {
  units: UNITS,
  lines: new Map([
    ['/opt/packages/pkg/mod.py', new Set([2, 3, 12, 13, 14])],
    ['/opt/packages/untested/mod.py', new Set([2])],
  ]),
};

/** The figures of a sample by metric. */
function judge(sample: readonly (readonly [object, object])[]) {
  const chosen = sample.map(([one]) => one);
  const counts = sample.map(([, count]) => count);
  const all = compared(chosen, counts, REACHED);
  return { all, rows: new Map(figures(all, UNITS, row).map((each) => [each.metric, each])) };
}

test('the mean of the search is divided by that of the own tests, on functions that both reach', () => {
  const { rows } = judge([
    [searched('half', 0.5), counted([2, 3])],
    [searched('whole', 0.25), counted([12, 13, 14, 15])],
    [searched('alone', 1), counted([100, 101])],
  ]);
  expect(rows.get(`${HEAD}: functions`)?.value).toBe(2);
  expect(rows.get(`${HEAD}: lines by the search`)?.value).toBeCloseTo(37.5);
  expect(rows.get(`${HEAD}: lines by the own tests`)?.value).toBeCloseTo(87.5);
  const ratio = rows.get(`${HEAD}: search over own tests`);
  expect(ratio?.value).toBeCloseTo(37.5 / 87.5);
  expect([ratio?.goal, ratio?.holds]).toEqual(['>= 0.8', false]);
  expect(rows.get('with a returning input, not reached by the own tests')?.value).toBe(1);
});

test('a function that returns for no input counts in the figure without a goal', () => {
  const { rows } = judge([
    [searched('returns', 1), counted([2, 3])],
    [searched('raises', 0.5, 'raised'), counted([2, 3])],
    [searched('lost', null), counted([2, 3])],
  ]);
  expect(rows.get(`${HEAD}: search over own tests`)?.value).toBeCloseTo(1);
  expect(rows.get('without a returning input, reached by the own tests')?.value).toBe(2);
  expect(rows.get('all that the own tests reach: search over own tests')?.value).toBeCloseTo(0.5);
});

test('what cannot be compared is counted and left out', () => {
  const { all, rows } = judge([
    [searched('untested', 1), counted([2, 3], 'untested')],
    [searched('other_slice', 1), counted([2, 3], 'pkg', 5)],
    [searched('no_code', 1), counted(null)],
    [searched('outer.<locals>.inner', 1), counted([2, 3])],
  ]);
  expect(all.map(({ kind }) => kind)).toEqual(['no-tests', 'uncounted', 'uncounted']);
  expect(rows.get(`${HEAD}: functions`)?.value).toBe(0);
  expect(rows.get('not run: untested tests/test_mod.py: all of it is skipped')?.value).toBe(1);
});

test('the widest gaps come first', () => {
  const { all } = judge([
    [searched('close', 0.9), counted([2, 3])],
    [searched('wide', 0.1), counted([2, 3])],
    [searched('ahead', 1), counted([2, 3, 4])],
  ]);
  expect(gaps(all, 5).map(({ name }) => name)).toEqual(['pkg/mod.py:wide', 'pkg/mod.py:close']);
});

test('an answer of another shape is no result of the tests', () => {
  const lines = { '/opt/packages/pkg/mod.py': [1, 2] };
  expect(reachedOf({ units: UNITS, lines })).toMatchObject({ units: UNITS });
  expect(() => reachedOf({ units: UNITS, lines: { a: ['1'] } })).toThrow('another shape');
  expect(() => reachedOf({ units: [{ ...UNITS[0], tests: '3' }], lines })).toThrow('another shape');
  expect(() => reachedOf(null)).toThrow('another shape');
});
