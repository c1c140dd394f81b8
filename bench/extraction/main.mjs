// What extraction and the search for inputs make of the standard library and of eight pinned packages, beside blind tries.
//   npm run bench:extraction -- [--sample 600] [--mutants 12] [--seed 5]
// Counts of what is found and extracted are of everything; what was searched is a sample in the order of a digest.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { built, openSandboxes } from '../lib/services.mjs';
import { openSearch } from './search.mjs';
import { countAll, figures } from './tally.mjs';

const LOCK = fileURLToPath(new URL('packages.lock', import.meta.url));
const VALUES = JSON.parse(readFileSync(new URL('values.json', import.meta.url), 'utf8'));
const BLIND_TRIES = 250;
const CANDIDATES = 200;
const KEEP = 6;
/** Not library code: tests, tools with windows, and code of old versions kept for reading. */
const LEFT_OUT = /(^|\/)(test|tests|idlelib|lib2to3|turtledemo|dist-packages|config-[^/]*)\//;

function* pythonFiles(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    // A link of the image leads to nothing here, or to a file that is met under its own name.
    const stat = lstatSync(path);
    if (stat.isDirectory()) yield* pythonFiles(path);
    else if (stat.isFile() && name.endsWith('.py')) yield path;
  }
}

/** The texts of the image itself, copied out of a container that never runs. */
function sourcesOf({ socketPath, image }) {
  const docker = (...args) =>
    execFileSync('docker', ['--host', `unix://${socketPath}`, ...args], {
      encoding: 'utf8',
    }).trim();
  const folder = mkdtempSync(join(tmpdir(), 'tracemill-extraction-'));
  const id = docker('create', image);
  try {
    docker('cp', `${id}:/usr/lib/python3.13`, join(folder, 'library'));
    docker('cp', `${id}:/opt/packages`, join(folder, 'packages'));
  } finally {
    docker('rm', id);
  }
  const files = ['library', 'packages'].flatMap((part) =>
    [...pythonFiles(join(folder, part))].flatMap((path) => {
      const name = relative(join(folder, part), path);
      if (LEFT_OUT.test(`/${name}`) || LEFT_OUT.test(name)) return [];
      const text = readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
      return [{ part, name, text }];
    }),
  );
  rmSync(folder, { recursive: true });
  return files;
}

const order = (seed, { name, each }) =>
  createHash('sha256').update(`${seed} ${name} ${each.qualname} ${each.line_start}`).digest('hex');

async function measure(say) {
  process.env.TRACEMILL_SANDBOX_PACKAGES = LOCK;
  const services = await openSandboxes(say);
  const sample = numberArgument('sample', 600);
  const mutants = numberArgument('mutants', 12);
  const seed = numberArgument('seed', 5);
  const search = await openSearch(services, await built('src/log/logger.js'));
  try {
    const files = sourcesOf(services);
    say(`${files.length} files`);
    const found = await search.extract(files);
    const functions = found.map((each) => ({ ...each, key: order(seed, each) }));
    functions.sort((a, b) => (a.key < b.key ? -1 : 1));
    const chosen = functions.slice(0, sample);
    say(`${functions.length} functions, ${chosen.length} are searched`);
    for (const [index, one] of chosen.entries()) {
      if (one.each.reject !== null) continue;
      const rules = { keep: KEEP, candidates: CANDIDATES, seed: 1, mutants };
      one.found = await search.ask(one, rules);
      const tries = { keep: KEEP, candidates: BLIND_TRIES, seed: 1, mutants: 0 };
      one.blind = await search.ask(one, tries, VALUES);
      if (index % 50 === 49) say(`${index + 1} of ${chosen.length}`);
    }
    return [...countAll(functions, row), ...figures(chosen, row)];
  } finally {
    await search.close();
    services.close();
  }
}

await bench('extraction', measure);
