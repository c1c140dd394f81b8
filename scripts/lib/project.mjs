// Where the project is, whether its packages are installed, and whether its build is that of the sources.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const STAMP = join(ROOT, 'dist', '.stamp');

/** What tsc and the bundler read. */
const SOURCES = [
  'src',
  'workflows',
  'activities',
  'infra/dev',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
  'scripts/build.mjs',
];

function* filesUnder(path) {
  if (statSync(path).isFile()) {
    yield path;
    return;
  }
  for (const name of readdirSync(path).sort()) yield* filesUnder(join(path, name));
}

/** Digest of all sources: changes exactly when a build would make other files. */
export function sourceStamp() {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const path of filesUnder(join(ROOT, source))) {
      hash.update(`${path.slice(ROOT.length)}\n`);
      hash.update(readFileSync(path));
    }
  }
  return hash.digest('hex');
}

export function isBuilt() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sourceStamp();
}

/** npm writes the second file when it has installed what the first one lists. */
export function hasPackages() {
  const installed = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || optional === true || present[path]?.version === version,
  );
}

/** Null where this Node will do, else one sentence. */
export function nodeProblem() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return null;
  return `Node ${process.versions.node} is too old; Node 20.19 or later is needed`;
}
