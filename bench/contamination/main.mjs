// How many functions of a benchmark are found once they were rewritten, and how many of the standard library by mistake.
//   npm run bench:contamination -- [--programs 800] [--library 2000]
// Needs cruxeval.jsonl and humaneval.jsonl (TRACEMILL_TEST_DATA). A rewriting that changes nothing but names counts in `names` alone.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { built, openSandboxes } from '../lib/services.mjs';
import { openMatcher } from './matcher.mjs';

const MODES = ['names', 'while', 'inline', 'reorder', 'comprehensions', 'all'];
const WORDS = {
  names: 'renamed and laid out anew',
  while: 'for to while',
  inline: 'temporaries inlined',
  reorder: 'statements re-ordered',
  comprehensions: 'comprehensions to loops',
  all: 'all of these',
};
const REWRITE = readFileSync(new URL('../../test/support/rewrite.py', import.meta.url), 'utf8');

function linesOf(folder, name) {
  return readFileSync(join(folder, name), 'utf8').trimEnd().split('\n');
}

const share = (part, whole) => (whole === 0 ? 0 : (100 * part) / whole);

async function measure(say) {
  const { loadConfig } = await built('src/config/load.js');
  const folder = loadConfig(process.env).testData;
  const services = await openSandboxes(say);
  const matcher = await openMatcher(services, await built('src/log/logger.js'));
  try {
    const cruxeval = linesOf(folder, 'cruxeval.jsonl');
    const programs = cruxeval.slice(0, numberArgument('programs', 800)).map((l) => JSON.parse(l));
    await matcher.learn('cruxeval', 'cruxeval.jsonl', cruxeval);
    await matcher.learn('humaneval', 'humaneval.jsonl', linesOf(folder, 'humaneval.jsonl'));
    const rows = [];
    for (const mode of MODES) {
      const texts = await matcher.rewrite(REWRITE, programs, mode);
      const changed = texts.filter((text) => text.changed);
      const hits = await matcher.find(changed);
      const by = (rule) => hits.filter((hit) => hit === rule).length;
      const found = hits.filter((hit) => hit !== null).length;
      say(`${mode}: ${changed.length} changed, ${found} found`);
      const goal = mode === 'names' ? { atLeast: 100 } : null;
      const samples = [share(found, changed.length)];
      rows.push(row(`${WORDS[mode]}: found of ${changed.length}`, { unit: '%', samples, goal }));
      for (const rule of ['tree', 'tokens', 'outputs']) {
        rows.push(row(`${WORDS[mode]}: by ${rule}`, { unit: 'functions', samples: [by(rule)] }));
      }
    }
    const library = await matcher.library(numberArgument('library', 2_000));
    const hits = await matcher.find(library);
    for (const [index, hit] of hits.entries()) {
      if (hit !== null) say(`${hit}: ${library[index].label} ${library[index].entry}`);
    }
    for (const rule of ['tree', 'tokens', 'outputs']) {
      const found = hits.filter((hit) => hit === rule).length;
      const goal = rule === 'tree' ? null : { atMost: 0 };
      const what = `library, ${library.length} functions: by ${rule}`;
      rows.push(row(what, { unit: 'functions', samples: [found], goal }));
    }
    return rows;
  } finally {
    await matcher.close();
    services.close();
  }
}

await bench('contamination', measure);
