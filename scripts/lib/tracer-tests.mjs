// The tracer's own tests, by pytest, in a container made of the sandbox image.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { junitCounts, withoutReport } from './junit.mjs';
import { openTracerImage } from './tracer-image.mjs';

const REPORT = '/tmp/report.xml';
const PYTEST = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '-o', 'junit_family=xunit2'];

/** Runs pytest in an image; what the report says, or one failure where it is not there. */
export async function countedRun(opened, args, { python = [], ...options }) {
  const command = [...python, ...PYTEST, `--junit-xml=${REPORT}`, ...args];
  const test = await opened.runTests(command, options);
  const copied = join(opened.folder, 'report.xml');
  await opened.copyOut(REPORT, copied);
  if (test.timedOut || !existsSync(copied)) return withoutReport(test.timedOut);
  return junitCounts(copied, test.code);
}

export async function runTracerTests({ services }, say, timeoutMs) {
  const { docker, sandboxImage } = services;
  const where = { socketPath: docker.socketPath, image: sandboxImage.reference };
  const opened = await openTracerImage(where, say);
  try {
    return await countedRun(opened, ['tests'], { timeoutMs });
  } finally {
    await opened.remove();
  }
}
