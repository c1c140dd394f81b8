// Counts of a pytest run, from its JUnit report. A skipped test counts as failed: none may hide.
import { readFileSync } from 'node:fs';

/** Counts of a run that was ended for its limit, or that left no report. */
export function withoutReport(timedOut) {
  const why = timedOut
    ? 'the suite was ended: it took longer than its limit'
    : 'no report was left';
  return { passed: 0, failed: 1, failures: [why] };
}

/** Sum of all suites in a JUnit report. */
function countsOf(report) {
  const number = (name) =>
    [...report.matchAll(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`, 'g'))].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    );
  const failed = number('failures') + number('errors') + number('skipped');
  return { passed: number('tests') - failed, failed, failures: failuresOf(report) };
}

/** Names of the test cases that have a failure, an error or a skip in them. */
function failuresOf(report) {
  return report
    .split('<testcase ')
    .slice(1)
    .filter((one) => /<(failure|error|skipped)\b/.test(one))
    .map((one) => {
      const [, file] = /\bclassname="([^"]*)"/.exec(one) ?? [];
      const [, name] = /\bname="([^"]*)"/.exec(one.replace(/\bclassname="[^"]*"/, '')) ?? [];
      return `${file}::${name}`;
    });
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
