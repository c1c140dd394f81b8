// A container made of the sandbox image in which the tracer's tests run: the interpreter that counts is the one that
// traces. It has no network; pytest comes as wheels that were fetched outside.
import { cpSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onInterrupt, run } from './processes.mjs';
import { ROOT } from './project.mjs';
import { ensureTestWheels } from './python-tools.mjs';
import { openSandboxes } from './sandboxes.mjs';
import { buildScratch, removeScratch } from './scratch-image.mjs';

const BUILD_MS = 5 * 60_000;
const LIMITS = ['--network', 'none', '--cap-drop', 'ALL', '--pids-limit', '256'];

/** Wheels are zip files: unpacked beside each other they are a folder that Python imports from. */
const dockerfile = (image, { before, more }) => `${before}FROM ${image}
USER 0:0
COPY wheels /opt/wheels
RUN ["python3.13", "-c", "import glob, zipfile; [zipfile.ZipFile(w).extractall('/opt/pytest') for w in glob.glob('/opt/wheels/*.whl')]"]
COPY tracer /opt/tracer-tests
WORKDIR /opt/tracer-tests
ENV PYTHONPATH=/opt/pytest:/opt/tracemill PYTHONDONTWRITEBYTECODE=1
${more}USER 65534:65534
`;

/** Where things of the project lie in the folder of the build. */
const COPIED = [
  ['tracer/tests', 'tracer/tests'],
  ['tracer/pyproject.toml', 'tracer/pyproject.toml'],
  ['test/golden', 'tracer/test/golden'],
  ['docs/trace-format.md', 'tracer/docs/trace-format.md'],
];

async function testContext(image, say, { files, ...lines }) {
  const wheels = await ensureTestWheels(say);
  const folder = mkdtempSync(join(tmpdir(), 'tracemill-tracer-'));
  cpSync(wheels, join(folder, 'wheels'), { recursive: true });
  const project = COPIED.map(([from, to]) => [join(ROOT, from), to]);
  for (const [from, to] of [...project, ...files]) {
    if (existsSync(from)) cpSync(from, join(folder, to), { recursive: true });
  }
  writeFileSync(join(folder, 'Dockerfile'), dockerfile(lines.base ?? image, lines));
  return folder;
}

/**
 * Builds the image. `runTests` runs Python in it with arguments and gives what the process gave; `copyOut` fetches a file
 * of the container that ran last; `remove` takes all away.
 * @param {{ socketPath: string, image: string }} services
 * @param {(line: string) => void} say
 * @param {{ base?: string, before?: string, more?: string, files?: readonly (readonly [string, string])[] }} additions stages of the
 *   Dockerfile before its own, lines of its own, and what lies where in its folder
 */
export async function openTracerImage(services, say, additions = {}) {
  const { socketPath, image } = services;
  const docker = ['docker', '--host', `unix://${socketPath}`];
  const tag = `${image.replace('tracemill-sandbox', 'tracemill-tracer-test')}-${process.pid}`;
  const folder = await testContext(image, say, { before: '', more: '', files: [], ...additions });
  const scratch = { docker, tag, folder };
  let name = '';
  let count = 0;
  const removeContainer = () => run([...docker, 'rm', '--force', name], { quiet: true });
  const remove = async () => {
    await removeContainer();
    await removeScratch(scratch);
  };
  await buildScratch(scratch, BUILD_MS);
  const runTests = async (args, { timeoutMs, memory = '2g', env = {}, quiet = false }) => {
    await removeContainer();
    count += 1;
    name = `tracemill-tracer-test-${process.pid}-${count}`;
    const variables = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    const options = ['--name', name, ...LIMITS, '--memory', memory, ...variables];
    const command = [...docker, 'run', ...options, '--entrypoint', 'python3.13', tag, ...args];
    return run(command, { timeoutMs, quiet });
  };
  const copyOut = (from, to) => run([...docker, 'cp', `${name}:${from}`, to], { quiet: true });
  return { folder, runTests, copyOut, remove };
}

/**
 * Makes what a command needs that stands alone, works in the image and takes all away.
 * @template T
 * @param {(line: string) => void} say
 * @param {(services: object) => Promise<object> | object} additionsOf of `openTracerImage`
 * @param {(opened: object) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withTracerImage(say, additionsOf, work) {
  const services = await openSandboxes(say);
  try {
    const opened = await openTracerImage(services, say, await additionsOf(services));
    onInterrupt(() => undefined);
    try {
      return await work(opened);
    } finally {
      await opened.remove();
    }
  } finally {
    services.close();
  }
}
