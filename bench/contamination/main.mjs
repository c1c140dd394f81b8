// How many functions of a benchmark are found once they were rewritten, and how many of the standard library by mistake.
//   npm run bench:contamination -- [--programs 800] [--library 2000] [--seed 1] [--mode while] [--show]
// `--seed` draws other functions of the library, `--mode` measures one rewriting alone, `--show` prints every function that is missed and why.
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

/**
 * A function that is found is an item in truth where both have one tree, or return the same for all inputs of the benchmark; else it is
 * found by mistake.
 */
async function libraryRows(matcher, library, say) {
  const hits = await matcher.find(library);
  const rows = { tree: 0, tokens: 0, outputs: 0, mistakes: 0 };
  for (const [index, hit] of hits.entries()) {
    if (hit === null) continue;
    rows[hit.rule] += 1;
    const { same, of } =
      hit.rule === 'tree' ? { same: 1, of: 1 } : await matcher.agreement(library[index], hit.item);
    const isMistake = of === 0 || same < of;
    if (isMistake) rows.mistakes += 1;
    const how = hit.rule === 'tree' ? 'the same tree' : `equal for ${same} of ${of} inputs`;
    const { label, entry } = library[index];
    say(
      `${label} ${entry} is ${hit.label} by ${hit.rule}: ${how}${isMistake ? ', a mistake' : ''}`,
    );
  }
  return Object.entries(rows).map(([rule, found]) => {
    const what = rule === 'mistakes' ? 'found by mistake' : `by ${rule}`;
    const goal = rule === 'mistakes' ? { atMost: 0 } : null;
    return row(`library, ${library.length} functions: ${what}`, {
      ...{ unit: 'functions', samples: [found], goal },
    });
  });
}

/** The rewritings that are measured: all, or the one after `--mode`. */
function modesAsked() {
  const at = process.argv.indexOf('--mode');
  if (at === -1) return MODES;
  const mode = process.argv[at + 1];
  if (MODES.includes(mode)) return [mode];
  throw new Error(`--mode is one of ${MODES.join(', ')}`);
}

/** Of one rewriting: how many are found, by which rule, and what the others are missed by. */
async function modeRows(matcher, programs, { mode, say }) {
  const texts = await matcher.rewrite(REWRITE, programs, mode);
  // Another name or layout changes no answer, but where a program asks for its own names.
  const isNames = mode === 'names';
  const changed = isNames
    ? texts.map((each, of) => ({ ...each, of }))
    : await matcher.alike(programs, texts);
  const hits = await matcher.find(changed);
  const by = (rule) => hits.filter((hit) => hit?.rule === rule).length;
  const missed = changed.filter((_, at) => hits[at] === null);
  const found = changed.length - missed.length;
  say(`${mode}: ${changed.length} changed, ${found} found`);
  const why = await matcher.reasons(missed);
  if (process.argv.includes('--show')) {
    for (const [at, each] of missed.entries()) {
      const { id, input } = programs[each.of];
      say(`${mode} ${id}: ${why[at]}; asked with ${input}\n${each.source}`);
    }
  }
  const goal = isNames ? { atLeast: 100 } : null;
  const samples = [share(found, changed.length)];
  return [
    row(`${WORDS[mode]}: found of ${changed.length}`, { unit: '%', samples, goal }),
    ...['tree', 'tokens', 'outputs'].map((rule) =>
      row(`${WORDS[mode]}: by ${rule}`, { unit: 'functions', samples: [by(rule)] }),
    ),
    ...[...new Set(why)].map((reason) =>
      row(`${WORDS[mode]}: missed, ${reason}`, {
        ...{ unit: 'functions', samples: [why.filter((each) => each === reason).length] },
      }),
    ),
  ];
}

async function measure(say) {
  const { loadConfig } = await built('src/config/load.js');
  const folder = loadConfig(process.env).testData;
  const services = await openSandboxes(say);
  const matcher = await openMatcher(services, await built('src/log/logger.js'));
  try {
    const cruxeval = linesOf(folder, 'cruxeval.jsonl');
    const programs = cruxeval.slice(0, numberArgument('programs', 800)).map((l) => JSON.parse(l));
    const began = performance.now();
    await matcher.learn('cruxeval', 'cruxeval.jsonl', cruxeval);
    say(`learned CRUXEval in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    await matcher.learn('humaneval', 'humaneval.jsonl', linesOf(folder, 'humaneval.jsonl'));
    const rows = [];
    for (const mode of modesAsked()) {
      rows.push(...(await modeRows(matcher, programs, { mode, say })));
    }
    const library = await matcher.library(
      numberArgument('library', 2_000),
      numberArgument('seed', 1),
    );
    return [...rows, ...(await libraryRows(matcher, library, say))];
  } finally {
    await matcher.close();
    services.close();
  }
}

await bench('contamination', measure);
