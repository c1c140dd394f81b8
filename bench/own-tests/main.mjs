// What the kept inputs reach of functions, beside what the packages' own tests reach of the same functions.
//   npm run bench:own-tests -- [--sample 600] [--seed 5] [--gaps 15]
// The functions are those of bench:extraction with the same sample and seed. The tests of seven packages come with their source
// trees, those of the library are CPython's own; all run in a container made of the sandbox image. Lines are counted by the search.
import { fileURLToPath } from 'node:url';
import { ensureWheels } from '../../scripts/lib/python-tools.mjs';
import { ensureSuiteImage, SUITE_IMAGE } from '../../scripts/lib/test-suite.mjs';
import { openSearch } from '../extraction/search.mjs';
import { shuffled, sourcesOf } from '../extraction/sources.mjs';
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { built, openSandboxes } from '../lib/services.mjs';
import { compared, figures, gaps } from './compare.mjs';
import { openContainer } from './container.mjs';
import { keyOf, reachedLines } from './reached.mjs';
import { fetchSdists, SDISTS } from './sdists.mjs';

const LOCK = fileURLToPath(new URL('../extraction/packages.lock', import.meta.url));
/** What tests of the packages import beside them. */
const WHEELS = [
  ...['pytest==9.2.0', 'freezegun==1.5.5', 'hypothesis==6.170.15', 'jinja2==3.1.6'],
  ...['littletable==3.0.2', 'pretend==1.0.9', 'pytest-benchmark==5.3.1'],
  ...['railroad-diagrams==3.0.1', 'tomli_w==1.2.0'],
];
const FOLDERS = { library: '/usr/lib/python3.13', packages: '/opt/packages' };

/** What the search keeps for each function of the sample. */
async function searched(services, say) {
  const search = await openSearch(services, await built('src/log/logger.js'));
  try {
    const found = await search.extract(sourcesOf(services));
    const chosen = shuffled(numberArgument('seed', 5), found).slice(
      0,
      numberArgument('sample', 600),
    );
    say(`${found.length} functions, ${chosen.length} are searched`);
    const rules = { keep: 6, candidates: 200, seed: 1, mutants: 0 };
    for (const one of chosen) {
      if (one.each.reject === null) one.found = await search.ask(one, rules);
    }
    return chosen;
  } finally {
    await search.close();
  }
}

const placeOf = ({ part, name, each }) => ({
  path: `${FOLDERS[part]}/${name}`,
  qualname: each.qualname,
  slice:
    each.reject === null && each.kind === 'source'
      ? { source: each.source, entry: each.entry }
      : null,
});

async function measure(say) {
  process.env.TRACEMILL_SANDBOX_PACKAGES = LOCK;
  const services = await openSandboxes(say);
  const suite = await ensureSuiteImage(services);
  const wheels = await ensureWheels(say, WHEELS);
  const sdists = await fetchSdists(services.config);
  const parts = { suite: SUITE_IMAGE.reference, wheels, sdists };
  const container = await openContainer(services, parts);
  try {
    const from = { ...container, cache: services.config.cache };
    const trees = [...sdists.keys()];
    const groups = [
      { key: keyOf([], [suite]), tests: { library: null, trees: [] } },
      { key: keyOf([LOCK, SDISTS], [suite, WHEELS]), tests: { library: [], trees } },
    ];
    const reached = await reachedLines(from, groups, say);
    const chosen = await searched(services, say);
    const counts = await container.ask('count_lines.py', chosen.map(placeOf));
    const all = compared(chosen, counts, reached);
    for (const { name, ours, own } of gaps(all, numberArgument('gaps', 15))) {
      say(
        `${name}: ${(100 * ours).toFixed(0)} % where its own tests reach ${(100 * own).toFixed(0)} %`,
      );
    }
    return figures(all, reached.units, row);
  } finally {
    await container.remove();
    services.close();
  }
}

await bench('own-tests', measure);
