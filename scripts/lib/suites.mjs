// What `npm test` runs, in this order, and how long each part may take (docs/testing.md).
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ensureMachineImage } from './machine-image.mjs';
import { run } from './processes.mjs';
import { ROOT } from './project.mjs';
import { ensureLinters } from './python-tools.mjs';
import { withoutReport } from './junit.mjs';
import { runReaderTests } from './reader-tests.mjs';
import { runTracerTests } from './tracer-tests.mjs';

const MINUTE_MS = 60_000;
/** A suite over its budget is told; one over this many times its budget is ended and has failed. */
const ENDED_AT = 1.5;

const bin = (name) => join(ROOT, 'node_modules', '.bin', name);
const LAYERED = ['src', 'workflows', 'activities', 'infra'];
const PYTHON = ['tracer', 'reader'];

const mypyOf = (venv, version) => [
  ...[join(venv, 'bin', 'mypy'), '--strict', '--python-version', version],
  ...['--cache-dir', join(venv, `mypy-cache-${version}`), 'src', 'tests'],
];

/** Each is one test: it passes with exit code 0. */
async function staticChecks(say) {
  const venv = await ensureLinters(say);
  const python = (name, ...args) => [join(venv, 'bin', name), ...args];
  return [
    ['prettier', [bin('prettier'), '--check', '--log-level', 'warn', '.']],
    ['eslint', [bin('eslint'), '.', '--max-warnings', '0']],
    ['tsc', [bin('tsc'), '-p', 'tsconfig.json']],
    ['layers', [bin('depcruise'), '--config', '.dependency-cruiser.cjs', ...LAYERED]],
    [
      'layers at run time',
      [bin('depcruise'), '--config', '.dependency-cruiser.runtime.cjs', ...LAYERED],
    ],
    ['knip', [bin('knip'), '--no-progress']],
    ['ruff', python('ruff', 'check', '--no-cache', ...PYTHON)],
    ['ruff format', python('ruff', 'format', '--no-cache', '--check', ...PYTHON)],
    ['mypy', mypyOf(venv, '3.13'), 'tracer'],
    ['mypy of the reader', mypyOf(venv, '3.10'), 'reader'],
  ];
}

async function runStatic(_context, say) {
  const total = { passed: 0, failed: 0, failures: [] };
  for (const [name, command, folder] of await staticChecks(say)) {
    const cwd = folder === undefined ? ROOT : join(ROOT, folder);
    const { code, output } = await run(command, { quiet: true, timeoutMs: 3 * MINUTE_MS, cwd });
    if (code === 0) {
      total.passed += 1;
      process.stdout.write(` ok    ${name}\n`);
    } else {
      total.failed += 1;
      total.failures.push(name);
      process.stdout.write(` FAIL  ${name}\n${output}\n`);
    }
  }
  return total;
}

const firstLine = (text) => (text ?? '').split('\n')[0];

/** Tests that failed and files that broke outside of any, each with the first line of why. */
function failuresOf(testResults) {
  return testResults.flatMap((file) => {
    const name = relative(ROOT, file.name);
    const failed = file.assertionResults.filter(({ status }) => status !== 'passed');
    if (failed.length === 0 && file.status === 'failed') {
      return [`${name}: ${firstLine(file.message)}`];
    }
    return failed.map(
      (one) => `${name} › ${one.fullName}: ${firstLine(one.failureMessages[0] ?? one.status)}`,
    );
  });
}

/** Counts of a vitest run, from its JSON report. A skipped or unfinished test counts as failed: none may hide. */
function countsOf(report) {
  const { numPassedTests, numTotalTests, testResults } = report;
  const brokenFiles = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((t) => t.status !== 'failed'),
  ).length;
  const failed = numTotalTests - numPassedTests + brokenFiles;
  return { passed: numPassedTests, failed, failures: failuresOf(testResults) };
}

function vitest(...projects) {
  return async (_context, _say, timeoutMs) => {
    const folder = mkdtempSync(join(tmpdir(), 'tracemill-report-'));
    const file = join(folder, 'report.json');
    try {
      const command = [
        ...[bin('vitest'), 'run', ...projects.flatMap((name) => ['--project', name])],
        ...['--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
      ];
      // Homes of tests lie in this folder, so that what an ended run could not stop itself is found.
      const { code, timedOut } = await run(command, { timeoutMs, env: { TMPDIR: folder } });
      if (timedOut || !existsSync(file)) return withoutReport(timedOut);
      const counts = countsOf(JSON.parse(readFileSync(file, 'utf8')));
      // An error outside every test, or no test at all.
      const hidden = counts.failed === 0 && (code !== 0 || counts.passed === 0);
      return hidden ? { ...counts, failed: 1 } : counts;
    } finally {
      await stopHomes(folder);
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

/** Ends what tests left running in homes below a folder. */
async function stopHomes(folder) {
  for (const name of readdirSync(folder)) {
    const home = join(folder, name);
    if (!existsSync(join(home, 'services.json'))) continue;
    await run([process.execPath, join(ROOT, 'bin', 'tracemill.js'), 'down'], {
      quiet: true,
      env: { TRACEMILL_HOME: home },
      timeoutMs: 3 * MINUTE_MS,
    });
  }
}

/**
 * The program, images and secrets of docker-compose.yml, and the image of a fleet's machine: on a fresh machine minutes of building, and
 * no test's time.
 */
async function prepareCompose({ config, log, note }) {
  const { ensureCompose } = await import('../../dist/infra/dev/compose.js');
  const { devContext } = await import('../../dist/infra/dev/context.js');
  const { ensureBaseImages, dockerCommand } = await import('../../dist/infra/dev/base-images.js');
  const { variables } = await ensureCompose(config, log, { note });
  const socketPath = variables.TRACEMILL_DOCKER_SOCKET;
  const docker = (...args) => {
    const [command, ...rest] = dockerCommand(socketPath, ...args);
    return execFileSync(command, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  };
  await ensureMachineImage(docker, () =>
    ensureBaseImages(devContext(config, log, { note }), socketPath),
  );
}

const suite = (name, minutes, work) => ({
  name,
  budgetMs: minutes * MINUTE_MS,
  limitMs: ENDED_AT * minutes * MINUTE_MS,
  work,
  /** Done before any suite begins, in nobody's time. */
  prepare: async () => undefined,
});

/** Minutes as docs/testing.md has them: 50 in all. */
export const SUITES = [
  suite('static', 2, runStatic),
  suite('unit', 4, vitest('unit', 'tidy', 'golden', 'replay')),
  suite('tracer', 6, runTracerTests),
  suite('reader', 2, runReaderTests),
  suite('integration', 10, vitest('integration')),
  suite('hostile', 6, vitest('hostile')),
  suite('e2e', 12, vitest('e2e', 'chaos-short')),
  { ...suite('compose', 8, vitest('compose')), prepare: prepareCompose },
];
