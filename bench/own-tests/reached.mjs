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
/** Of one module or file of tests; the longest of the library that ends take half of it on a quiet core. */
export const SECONDS = 300;

/** Digest of all that decides what is reached: texts of files, and other words. */
export function keyOf(files, words) {
  const hash = createHash('sha256');
  const inside = readdirSync(INSIDE).sort();
  for (const path of [
    ...files,
    ...inside.filter((name) => name.endsWith('.py')).map((name) => join(INSIDE, name)),
  ]) {
    hash.update(readFileSync(path)).update('\0');
  }
  return hash
    .update(JSON.stringify([...words, SECONDS]))
    .digest('hex')
    .slice(0, 16);
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

/**
 * @param {{ cache: string, key: string, ask: (program: string, request: object, onLine: (line: string) => void) => Promise<unknown> }} from
 * @param {{ library: readonly string[] | null, trees: readonly string[] }} tests
 * @param {(line: string) => void} say
 */
export async function reachedLines({ cache, key, ask }, tests, say) {
  const folder = join(cache, 'own-tests');
  const path = join(folder, `${key}.json`);
  if (existsSync(path)) return reachedOf(JSON.parse(readFileSync(path, 'utf8')));
  say('running the own tests (about an hour of a core; kept in the cache)');
  const request = { ...tests, workers: WORKERS, seconds: SECONDS };
  const answer = await ask('run_tests.py', request, say);
  const reached = reachedOf(answer);
  mkdirSync(folder, { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(answer));
  renameSync(draft, path);
  return reached;
}
