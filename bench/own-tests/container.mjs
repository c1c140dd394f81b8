// A container made of the sandbox image in which tests of others run, without a network, on a root that cannot be written.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../scripts/lib/processes.mjs';
import { buildScratch, removeScratch } from '../../scripts/lib/scratch-image.mjs';

export const INSIDE = fileURLToPath(new URL('inside', import.meta.url));
const BUILD_MS = 10 * 60_000;
/** Of an answer: lines of some thousand files are a tenth of it. */
const ANSWER_MAX = 64 * 1024 * 1024;
/** Of what a program says before it fails. */
const SAID_KEPT = 2_000;
const LIMITS = [
  ...['--network', 'none', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ...['--pids-limit', '512', '--memory', '4g', '--memory-swap', '4g', '--ulimit', 'core=0'],
  ...['--read-only', '--tmpfs', '/tmp:exec,size=1g,mode=1777'],
  // An init takes what tests leave behind.
  ...['--tmpfs', '/notes:size=512m,mode=1777', '--log-driver', 'none', '--init'],
];

const dockerfile = (image, suite) => `FROM ${suite} AS suite
FROM ${image}
USER 0:0
COPY --from=suite /usr/lib/python3.13/test /usr/lib/python3.13/test
COPY --from=suite /var/lib/dpkg/status /opt/suite-status
COPY wheels /opt/wheels
COPY sdists /opt/sdists
COPY inside /opt/own-tests
RUN ["python3.13", "-I", "/opt/own-tests/set_up.py"]
ENV PYTHONHASHSEED=0 HOME=/tmp
WORKDIR /tmp
USER 65534:65534
`;

/** Writes a request and gives the JSON that comes back; an end without one is an error that tells what was said. */
function exchange(command, request, onLine) {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), { stdio: 'pipe' });
    const pieces = [];
    let bytes = 0;
    let begun = '';
    let said = '';
    child.stdout.on('data', (piece) => {
      bytes += piece.length;
      if (bytes > ANSWER_MAX) child.kill();
      else pieces.push(piece);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said = (said + text).slice(-SAID_KEPT);
      const lines = (begun + text).split('\n');
      begun = (lines.pop() ?? '').slice(-SAID_KEPT);
      for (const line of lines) onLine(line);
    });
    child.stdin.on('error', () => undefined);
    child.once('error', reject);
    child.once('close', (code) => {
      child.stdin.end();
      try {
        if (code !== 0) throw new Error(`exit ${String(code)}: ${said}`);
        resolve(JSON.parse(Buffer.concat(pieces).toString('utf8')));
      } catch (error) {
        reject(error);
      }
    });
    // Left open: the container ends where this process does.
    child.stdin.write(`${JSON.stringify(request)}\n`);
  });
}

/**
 * Builds the image. `ask` runs one of the programs in bench/own-tests/inside; `remove` takes all away.
 * @param {{ socketPath: string, image: string }} services
 * @param {{ suite: string, wheels: string, sdists: ReadonlyMap<string, string> }} parts the image with CPython's tests, a folder of
 *   wheels, and archives by the name that their trees get
 */
export async function openContainer({ socketPath, image }, { suite, wheels, sdists }) {
  const docker = ['docker', '--host', `unix://${socketPath}`];
  const folder = mkdtempSync(join(tmpdir(), 'tracemill-own-tests-'));
  const tag = `tracemill-own-tests:${process.pid}`;
  const name = `tracemill-own-tests-${process.pid}`;
  cpSync(INSIDE, join(folder, 'inside'), { recursive: true });
  cpSync(wheels, join(folder, 'wheels'), { recursive: true });
  // A folder without any archive is not sent.
  writeFileSync(join(folder, 'none'), '');
  cpSync(join(folder, 'none'), join(folder, 'sdists', 'none'));
  for (const [tree, archive] of sdists) {
    writeFileSync(join(folder, 'sdists', `${tree}.tar.gz`), readFileSync(archive));
  }
  writeFileSync(join(folder, 'Dockerfile'), dockerfile(image, suite));
  const scratch = { docker, tag, folder };
  const remove = async () => {
    await run([...docker, 'rm', '--force', name], { quiet: true });
    await removeScratch(scratch);
  };
  await buildScratch(scratch, BUILD_MS);
  const start = [...docker, 'run', '--rm', '--interactive', '--name', name, ...LIMITS];
  const ask = (program, request, onLine = () => undefined) => {
    const python = ['--entrypoint', 'python3.13', tag, '-s', `/opt/own-tests/${program}`];
    return exchange([...start, ...python], request, onLine);
  };
  return { ask, remove };
}
