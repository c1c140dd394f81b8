// A suite that vitest runs: what its report counts, and what failed once and passed when it ran again.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { withoutReport } from './junit.mjs';
import { run } from './processes.mjs';
import { ROOT } from './project.mjs';

const MINUTE_MS = 60_000;
/** More files than these that fail together are no accident. */
const FILES_AGAIN_MAX = 2;

/** Where failing once breaks a promise: a job whose bytes differ now and then is not one with the same bytes. */
const AT_ONCE = [join(ROOT, 'test/e2e/same-bytes.test.ts')];

const VITEST = join(ROOT, 'node_modules', '.bin', 'vitest');

const firstLine = (text) => (text ?? '').split('\n')[0];

/** Tests of a file that failed, or the file where it broke outside of any, each with the first line of why. */
function failuresOf(file) {
  const name = relative(ROOT, file.name);
  const failed = file.assertionResults.filter(({ status }) => status !== 'passed');
  if (failed.length === 0 && file.status === 'failed') {
    return [`${name}: ${firstLine(file.message)}`];
  }
  return failed.map(
    (one) => `${name} › ${one.fullName}: ${firstLine(one.failureMessages[0] ?? one.status)}`,
  );
}

/**
 * Counts of a run, from its JSON report. A skipped or unfinished test counts as failed: none may hide.
 * `files`: those in which anything failed.
 */
function countsOf({ numPassedTests, numTotalTests, testResults }) {
  const brokenFiles = testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((t) => t.status !== 'failed'),
  ).length;
  const told = testResults.map((file) => ({ file: file.name, failures: failuresOf(file) }));
  const bad = told.filter(({ failures }) => failures.length > 0);
  return {
    passed: numPassedTests,
    failed: numTotalTests - numPassedTests + brokenFiles,
    failures: bad.flatMap(({ failures }) => failures),
    files: bad.map(({ file }) => file),
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

async function runOnce(projects, files, timeoutMs) {
  const folder = mkdtempSync(join(tmpdir(), 'tracemill-report-'));
  const report = join(folder, 'report.json');
  try {
    const command = [
      ...[VITEST, 'run', ...projects.flatMap((name) => ['--project', name]), ...files],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ];
    // Homes of tests lie in this folder, so that what an ended run could not stop itself is found.
    const { code, timedOut } = await run(command, { timeoutMs, env: { TMPDIR: folder } });
    if (timedOut || !existsSync(report)) return { ...withoutReport(timedOut), files: [] };
    const counts = countsOf(JSON.parse(readFileSync(report, 'utf8')));
    // An error outside every test, or no test at all.
    const hidden = counts.failed === 0 && (code !== 0 || counts.passed === 0);
    return hidden ? { ...counts, failed: 1 } : counts;
  } finally {
    await stopHomes(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

const mayRunAgain = (files) =>
  files.length > 0 &&
  files.length <= FILES_AGAIN_MAX &&
  files.every((file) => !AT_ONCE.includes(file));

/**
 * The work of a suite. With `again`, one or two files in which anything failed run once more, by themselves: where all of them pass,
 * the suite has, and what failed before is `unsteady`, which `npm test` names at its end.
 * @param {readonly string[]} projects of vitest.config.ts
 * @param {{ again?: boolean }} options
 */
export function vitest(projects, { again = false } = {}) {
  return async (_context, say, timeoutMs) => {
    const startedMs = Date.now();
    const first = await runOnce(projects, [], timeoutMs);
    const { files, failures } = first;
    const left = timeoutMs - (Date.now() - startedMs);
    if (!again || !mayRunAgain(files) || left <= 0) return first;
    for (const line of failures) say(`failed, and runs once more: ${line}`);
    const second = await runOnce(projects, files, left);
    if (second.failed > 0) return { ...first, failures: [...failures, ...second.failures] };
    return { passed: first.passed + first.failed, failed: 0, failures: [], unsteady: failures };
  };
}
