// Counts of a pytest run, from its JUnit report. A skipped test counts as failed: none may hide.
import { readFileSync } from 'node:fs';

/** Sum of all suites in a JUnit report. */
function countsOf(report) {
  const number = (name) =>
    [...report.matchAll(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`, 'g'))].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    );
  const failed = number('failures') + number('errors') + number('skipped');
  return { passed: number('tests') - failed, failed };
}

/**
 * @param {string} file the report
 * @param {number | null} code exit code of the run: an error outside every test fails too
 */
export function junitCounts(file, code) {
  const counts = countsOf(readFileSync(file, 'utf8'));
  const hidden = counts.failed === 0 && (code !== 0 || counts.passed === 0);
  return hidden ? { ...counts, failed: 1 } : counts;
}
