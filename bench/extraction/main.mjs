// What extraction and the search for inputs make of the standard library and of eight pinned packages, beside blind tries.
//   npm run bench:extraction -- [--sample 600] [--mutants 12] [--seed 5]
// Counts of what is found and extracted are of everything; what was searched is a sample in the order of a digest.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { built, openSandboxes } from '../lib/services.mjs';
import { openSearch } from './search.mjs';
import { shuffled, sourcesOf } from './sources.mjs';
import { countAll, figures } from './tally.mjs';

const LOCK = fileURLToPath(new URL('packages.lock', import.meta.url));
const VALUES = JSON.parse(readFileSync(new URL('values.json', import.meta.url), 'utf8'));
const BLIND_TRIES = 250;
const CANDIDATES = 200;
const KEEP = 6;
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
    const functions = shuffled(seed, found);
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
