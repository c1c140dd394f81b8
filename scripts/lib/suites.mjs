// What `npm test` runs, in this order, and how long each part may take (docs/testing.md).
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureMachineImage } from './machine-image.mjs';
import { run } from './processes.mjs';
import { ROOT } from './project.mjs';
import { ensureLinters } from './python-tools.mjs';
import { runReaderTests } from './reader-tests.mjs';
import { runTracerTests } from './tracer-tests.mjs';
import { vitest } from './vitest-suite.mjs';

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

/** Their machine is shared, with the Engine, Temporal and S3 as other processes: what fails runs once more. */
const WITH_SERVICES = { again: true };

/** Minutes as docs/testing.md has them: 50 in all. */
export const SUITES = [
  suite('static', 2, runStatic),
  suite('unit', 4, vitest(['unit', 'tidy', 'golden', 'replay'])),
  suite('tracer', 6, runTracerTests),
  suite('reader', 2, runReaderTests),
  suite('integration', 10, vitest(['integration'], WITH_SERVICES)),
  suite('hostile', 6, vitest(['hostile'])),
  suite('e2e', 12, vitest(['e2e', 'chaos-short'], WITH_SERVICES)),
  { ...suite('compose', 8, vitest(['compose'], WITH_SERVICES)), prepare: prepareCompose },
];
