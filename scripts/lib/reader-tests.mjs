// The tests of the reader by pytest on this machine's Python: it runs no code of a corpus.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { junitCounts, withoutReport } from './junit.mjs';
import { run } from './processes.mjs';
import { ROOT } from './project.mjs';
import { ensureVenv } from './python-tools.mjs';

const PACKAGES = ['pytest==9.2.0', 'pyarrow==22.0.0', 'fsspec==2025.10.0'];

export async function runReaderTests(_context, say, timeoutMs) {
  const venv = await ensureVenv('reader', PACKAGES, say);
  const folder = mkdtempSync(join(tmpdir(), 'tracemill-reader-'));
  const report = join(folder, 'report.xml');
  try {
    const command = [
      ...[join(venv, 'bin', 'python'), '-B', '-m', 'pytest', '-q', '-p', 'no:cacheprovider'],
      ...['-o', 'junit_family=xunit2', `--junit-xml=${report}`, 'tests'],
    ];
    const { code, timedOut } = await run(command, { timeoutMs, cwd: join(ROOT, 'reader') });
    if (timedOut || !existsSync(report)) return withoutReport(timedOut);
    return junitCounts(report, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
