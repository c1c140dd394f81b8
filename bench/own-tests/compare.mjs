// Coverage by the kept inputs beside that by the own tests, line for line on the same functions.
import { answerOf, formOf, mean, returns } from '../extraction/tally.mjs';

/** @typedef {{ part: string, name: string, ours: number, own: number }} Pair shares of the lines of one function */

const isCompared = (one) => ['function', 'method'].includes(formOf(one));
const nameOf = ({ name, each }) => `${name}:${each.qualname}`;

function ownShare({ path, lines }, reached) {
  const found = reached.lines.get(path) ?? new Set();
  return lines.filter((line) => found.has(line)).length / lines.length;
}

/** Parts of which some test ran, by name; `standard library` or the name of a package. */
export function partsRun({ units }) {
  return new Set(units.filter(({ tests }) => tests > 0).map(({ part }) => part));
}

/** What is said of one function of the sample. */
function judged(one, counted, reached) {
  const { part, path, lines, slice_lines: sliceLines } = counted;
  const name = nameOf(one);
  if (!partsRun(reached).has(part)) return { kind: 'no-tests', part, name };
  if (lines === null || lines.length !== sliceLines) return { kind: 'uncounted', part, name };
  const answer = answerOf(one, 'found');
  const ours = answer?.line_coverage ?? 0;
  const own = ownShare({ path, lines }, reached);
  return { kind: returns(answer) ? 'returning' : 'silent', part, name, ours, own };
}

/**
 * @param {readonly object[]} chosen functions of the sample with what the search found
 * @param {readonly object[]} counts of their lines, in the same order
 * @param {{ units: readonly object[], lines: ReadonlyMap<string, ReadonlySet<number>> }} reached
 */
export function compared(chosen, counts, reached) {
  return chosen.flatMap((one, at) => (isCompared(one) ? [judged(one, counts[at], reached)] : []));
}

/** Mean shares of both sides in percent, and what the search has of the own tests' share. */
function pairRows(pairs, head, { add, goal = null }) {
  const [ours, own] = ['ours', 'own'].map((side) => 100 * mean(pairs.map((each) => each[side])));
  add(`${head}: functions`, pairs.length);
  add(`${head}: lines by the search`, ours, { unit: '%' });
  add(`${head}: lines by the own tests`, own, { unit: '%' });
  add(`${head}: search over own tests`, ours / own, { goal });
}

/** Units by why they did not run, each with its names. */
function unitRows(units, add) {
  for (const outcome of ['passed', 'failed', 'cut', 'not run']) {
    add(`files of tests: ${outcome}`, units.filter((unit) => unit.outcome === outcome).length);
  }
  add(
    'tests run',
    units.reduce((sum, { tests }) => sum + tests, 0),
  );
  for (const { part, name, outcome, why } of units) {
    if (outcome === 'cut' || outcome === 'not run') add(`${outcome}: ${part} ${name}: ${why}`, 1);
  }
}

/**
 * The rows of the bench.
 * @param {ReturnType<typeof compared>} all
 * @param {readonly object[]} units
 * @param {(metric: string, facts: object) => object} row
 */
export function figures(all, units, row) {
  const rows = [];
  const add = (metric, value, { unit = '', goal = null } = {}) =>
    rows.push(row(metric, { unit, samples: [value], goal }));
  const of = (kind) => all.filter((each) => each.kind === kind);
  const both = of('returning').filter(({ own }) => own > 0);
  const alone = of('returning').filter(({ own }) => own === 0);
  const silent = of('silent').filter(({ own }) => own > 0);
  add('functions with parameters and methods in the sample', all.length);
  pairRows(both, 'with a returning input, reached by both', { add, goal: { atLeast: 0.8 } });
  add('with a returning input, not reached by the own tests', alone.length);
  add(
    'not reached by the own tests: lines by the search',
    100 * mean(alone.map(({ ours }) => ours)),
    {
      unit: '%',
    },
  );
  add('without a returning input, reached by the own tests', silent.length);
  pairRows([...both, ...silent], 'all that the own tests reach', { add });
  add('of packages without tests that run', of('no-tests').length);
  add('without lines to compare', of('uncounted').length);
  for (const part of [...new Set(both.map((each) => each.part))].sort()) {
    pairRows(
      both.filter((each) => each.part === part),
      part,
      { add },
    );
  }
  unitRows(units, add);
  return rows;
}

/** Where the own tests reach most of what the search does not. */
export function gaps(all, count) {
  const worse = all.filter(({ kind, ours, own }) => kind === 'returning' && own > ours);
  return worse.sort((a, b) => b.own - b.ours - (a.own - a.ours)).slice(0, count);
}
