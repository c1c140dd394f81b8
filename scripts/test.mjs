// `npm test`: all set-up, all suites, a table, and as its last line the sum. `--only NAME[,NAME]` runs some of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onInterrupt } from './lib/processes.mjs';
import { prepare, preparePackages } from './lib/prepare.mjs';
import { nodeProblem } from './lib/project.mjs';
import { SUITES } from './lib/suites.mjs';

const say = (line) => process.stderr.write(`test: ${line}\n`);
/** All others need Docker. */
const WITHOUT_SERVICES = ['static', 'unit', 'reader'];
const seconds = (ms) => (ms / 1000).toFixed(0);

function chosenSuites(args) {
  const at = args.indexOf('--only');
  if (at === -1) return SUITES;
  const names = (args[at + 1] ?? '').split(',');
  const unknown = names.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    const known = SUITES.map((suite) => suite.name).join(', ');
    throw new Error(`no suite ${JSON.stringify(unknown[0])}; there are ${known}`);
  }
  return SUITES.filter((suite) => names.includes(suite.name));
}

/** Docker and images, once for all suites; under a home of its own, which goes at the end. */
async function openServices(suites) {
  const home = mkdtempSync(join(tmpdir(), 'tracemill-test-'));
  const { loadConfig } = await import('../dist/src/config/load.js');
  const { createLogger } = await import('../dist/src/log/logger.js');
  const { ensureServices } = await import('../dist/infra/dev/services.js');
  const { stopServices } = await import('../dist/infra/dev/down.js');
  const config = loadConfig({ ...process.env, TRACEMILL_HOME: home });
  const log = createLogger({ level: 'warn', name: 'test' });
  let madeDocker = false;
  const close = async () => {
    await stopServices(config, log, { docker: madeDocker });
    rmSync(home, { recursive: true, force: true });
  };
  const note = (entry) => {
    if (entry.kind === 'working' || entry.made) say(entry.detail);
    madeDocker ||= entry.kind === 'ready' && entry.service === 'docker' && entry.made;
  };
  try {
    const services = await ensureServices(config, log, { note });
    for (const suite of suites) await suite.prepare({ config, log, note });
    return { services, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function runSuite(suite, context) {
  process.stdout.write(`\n== ${suite.name}\n`);
  const startedMs = Date.now();
  let counts;
  try {
    counts = await suite.work(context, say, suite.limitMs);
  } catch (error) {
    process.stdout.write(`${suite.name}: ${error.stack}\n`);
    counts = { passed: 0, failed: 1, failures: [error.message] };
  }
  return { suite, ...counts, tookMs: Date.now() - startedMs };
}

function table(results) {
  const rows = [
    ['suite', 'passed', 'failed', 'seconds', 'budget'],
    ...results.map(({ suite, passed, failed, tookMs }) => [
      suite.name,
      String(passed),
      String(failed),
      seconds(tookMs),
      `${seconds(suite.budgetMs)}${tookMs > suite.budgetMs ? ' (over)' : ''}`,
    ]),
  ];
  return rows
    .map(([name, ...rest]) => name.padEnd(14) + rest.map((cell) => cell.padStart(10)).join(''))
    .join('\n');
}

/** What failed, and what passed only when it ran again, once more at the end: the output of a suite is long. */
function toldOf(results) {
  const lines = results.flatMap(({ suite, failed, failures = [], unsteady = [] }) => {
    const told = failed > 0 && failures.length === 0 ? ['see its output above'] : failures;
    return [
      ...unsteady.map((line) => ` UNSTEADY  ${suite.name}: ${line}\n`),
      ...(failed > 0 ? told.map((line) => ` FAIL  ${suite.name}: ${line}\n`) : []),
    ];
  });
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}

async function main() {
  const problem = nodeProblem();
  if (problem !== null) throw new Error(problem);
  const suites = chosenSuites(process.argv.slice(2));
  // The static checks look at sources that need not compile.
  const isStatic = suites.every((suite) => suite.name === 'static');
  await (isStatic ? preparePackages(say) : prepare(say));
  const needsServices = suites.some((suite) => !WITHOUT_SERVICES.includes(suite.name));
  const context = needsServices
    ? await openServices(suites)
    : { services: null, close: () => undefined };
  const results = [];
  let interrupted = false;
  onInterrupt(() => {
    interrupted = true;
  });
  try {
    for (const suite of suites) {
      if (!interrupted) results.push(await runSuite(suite, context));
    }
  } finally {
    await context.close();
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  const failed = sum('failed') + (interrupted ? 1 : 0);
  process.stdout.write(
    `${toldOf(results)}\n${table(results)}\n\n${sum('passed')} passed, ${failed} failed\n`,
  );
  process.exitCode = failed > 0 || sum('passed') === 0 ? 1 : 0;
}

try {
  await main();
} catch (error) {
  say(error.message);
  process.stdout.write('0 passed, 1 failed\n');
  process.exitCode = 1;
}
