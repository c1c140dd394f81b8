// The tracer's own tests, by pytest, in a container made of the sandbox image: the interpreter that counts is the one
// that traces. The container has no network; pytest comes as wheels that were fetched outside.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { junitCounts } from './junit.mjs';
import { run } from './processes.mjs';
import { ROOT } from './project.mjs';
import { ensureTestWheels } from './python-tools.mjs';

const BUILD_MS = 5 * 60_000;

/** Wheels are zip files: unpacked beside each other they are a folder that Python imports from. */
const dockerfile = (image) => `FROM ${image}
USER 0:0
COPY wheels /opt/wheels
RUN ["python3.13", "-c", "import glob, zipfile; [zipfile.ZipFile(w).extractall('/opt/pytest') for w in glob.glob('/opt/wheels/*.whl')]"]
COPY tracer /opt/tracer-tests
WORKDIR /opt/tracer-tests
ENV PYTHONPATH=/opt/pytest:/opt/tracemill PYTHONDONTWRITEBYTECODE=1
USER 65534:65534
`;

function testContext(image, wheels) {
  const folder = mkdtempSync(join(tmpdir(), 'tracemill-tracer-'));
  cpSync(wheels, join(folder, 'wheels'), { recursive: true });
  cpSync(join(ROOT, 'tracer', 'tests'), join(folder, 'tracer', 'tests'), { recursive: true });
  for (const file of ['pyproject.toml']) {
    const path = join(ROOT, 'tracer', file);
    if (existsSync(path)) cpSync(path, join(folder, 'tracer', file));
  }
  for (const extra of ['test/golden', 'docs/trace-format.md']) {
    const path = join(ROOT, extra);
    if (existsSync(path)) cpSync(path, join(folder, 'tracer', extra), { recursive: true });
  }
  writeFileSync(join(folder, 'Dockerfile'), dockerfile(image));
  return folder;
}

export async function runTracerTests({ services }, say, timeoutMs) {
  const wheels = await ensureTestWheels(say);
  const docker = ['docker', '--host', `unix://${services.docker.socketPath}`];
  const image = services.sandboxImage.reference;
  const tag = `${image.replace('tracemill-sandbox', 'tracemill-tracer-test')}-${process.pid}`;
  const folder = testContext(image, wheels);
  const name = `tracemill-tracer-test-${process.pid}`;
  try {
    const build = [...docker, 'build', '--network', 'none', '--tag', tag, folder];
    const built = await run(build, { quiet: true, timeoutMs: BUILD_MS });
    if (built.code !== 0) {
      process.stdout.write(`${built.output}\n`);
      return { passed: 0, failed: 1 };
    }
    const pytest = [
      ...['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '-o', 'junit_family=xunit2'],
      ...['--junit-xml=/tmp/report.xml', 'tests'],
    ];
    const limits = [
      '--network',
      'none',
      '--cap-drop',
      'ALL',
      '--memory',
      '2g',
      '--pids-limit',
      '256',
    ];
    const test = await run(
      [...docker, 'run', '--name', name, ...limits, '--entrypoint', 'python3.13', tag, ...pytest],
      { timeoutMs },
    );
    const copied = join(folder, 'report.xml');
    await run([...docker, 'cp', `${name}:/tmp/report.xml`, copied], { quiet: true });
    if (test.timedOut || !existsSync(copied)) return { passed: 0, failed: 1 };
    return junitCounts(copied, test.code);
  } finally {
    await run([...docker, 'rm', '--force', name], { quiet: true });
    await run([...docker, 'rmi', '--force', tag], { quiet: true });
    rmSync(folder, { recursive: true, force: true });
  }
}
