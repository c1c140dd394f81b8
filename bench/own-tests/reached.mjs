// Which lines the own tests reach: asked of a container once, and kept in the cache for the same library, packages and tests.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { INSIDE } from './container.mjs';

const WORKERS = 2;
/** Of one module or file of tests, by the clock. */
const SECONDS = 200;

/** Digest of all that decides what is reached: the programs inside, texts of files, and other words. */
export function keyOf(files, words) {
  const programs = readdirSync(INSIDE).filter((name) => name.endsWith('.py'));
  const paths = [...files, ...programs.sort().map((name) => join(INSIDE, name))];
  const hash = createHash('sha256');
  for (const path of paths) hash.update(readFileSync(path)).update('\0');
  hash.update(JSON.stringify([...words, SECONDS]));
  return hash.digest('hex').slice(0, 16);
}

const OUTCOMES = new Set(['passed', 'failed', 'cut', 'not run']);

function isUnit(unit) {
  const { part, name, outcome, tests, why } = unit ?? {};
  return (
    typeof part === 'string' &&
    typeof name === 'string' &&
    OUTCOMES.has(outcome) &&
    Number.isInteger(tests) &&
    (why === null || typeof why === 'string')
  );
}

/** What was reached: tests of others ran in the container, so its answer is looked at before it is believed to be one. */
export function reachedOf(answer) {
  const { units, lines } = answer ?? {};
  const isAnswer =
    Array.isArray(units) &&
    units.every(isUnit) &&
    typeof lines === 'object' &&
    lines !== null &&
    Object.values(lines).every((found) => Array.isArray(found) && found.every(Number.isInteger));
  if (!isAnswer) throw new Error('the container of the own tests gave an answer of another shape');
  const sets = Object.entries(lines).map(([path, found]) => [path, new Set(found)]);
  return { units, lines: new Map(sets) };
}

/** The answer for some tests, out of the cache where it is there. */
async function answerFor({ cache, ask }, { key, tests, say }) {
  const folder = join(cache, 'own-tests');
  const path = join(folder, `${key}.json`);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
  const request = { ...tests, workers: WORKERS, seconds: SECONDS };
  const answer = await ask('run_tests.py', request, say);
  reachedOf(answer);
  mkdirSync(folder, { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(answer));
  renameSync(draft, path);
  return answer;
}

/**
 * @param {{ cache: string, ask: (program: string, request: object, onLine: (line: string) => void) => Promise<unknown> }} from
 * @param {readonly { key: string, tests: { library: readonly string[] | null, trees: readonly string[] } }[]} groups of tests, each kept under its key
 * @param {(line: string) => void} say
 */
export async function reachedLines(from, groups, say) {
  const units = [];
  const lines = new Map();
  for (const { key, tests } of groups) {
    const reached = reachedOf(await answerFor(from, { key, tests, say }));
    units.push(...reached.units);
    for (const [path, found] of reached.lines) {
      lines.set(path, new Set([...(lines.get(path) ?? []), ...found]));
    }
  }
  return { units, lines };
}
