// `npm run test:runtime -- --runtime NAME [--count N]`: the same programs under the engine's own OCI runtime and under
// NAME; prints which have other rows, and what an invocation took under each.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from './lib/command.mjs';
import { preparePackages } from './lib/prepare.mjs';
import { onInterrupt, run } from './lib/processes.mjs';
import { ROOT } from './lib/project.mjs';

const LIMIT_MS = 60 * 60_000;
const CONFIG = join('test', 'runtime', 'long.config.ts');

const say = (line) => process.stderr.write(`test:runtime: ${line}\n`);

/** Names of the runtimes that the engine knows; null where it does not answer. */
function runtimes() {
  const socket = process.env['TRACEMILL_DOCKER_SOCKET'] ?? '/var/run/docker.sock';
  const format = '{{range $name, $_ := .Runtimes}}{{$name}} {{end}}';
  try {
    const command = ['--host', `unix://${socket}`, 'info', '--format', format];
    return execFileSync('docker', command, { encoding: 'utf8' }).trim().split(' ');
  } catch {
    return null;
  }
}

function requireRuntime(name) {
  if (name === undefined) throw new Error('--runtime names one; `docker info` lists them');
  const known = runtimes();
  if (known !== null && !known.includes(name)) {
    throw new Error(
      `the engine has no runtime ${JSON.stringify(name)}; it has ${known.join(', ')}. Add it to "runtimes" of daemon.json`,
    );
  }
}

async function main() {
  const options = { runtime: { type: 'string' }, count: { type: 'string', default: '200' } };
  const { values } = parseArgs({ options });
  if (!/^[1-9]\d{0,4}$/.test(values.count)) throw new Error('--count takes a number from 1 on');
  requireRuntime(values.runtime);
  await preparePackages(say);
  const folder = mkdtempSync(join(tmpdir(), 'tracemill-runtime-'));
  const file = join(folder, 'table.txt');
  const env = {
    RUNTIME_NAME: values.runtime,
    RUNTIME_PROGRAMS: values.count,
    RUNTIME_TABLE: file,
  };
  onInterrupt(() => undefined);
  try {
    const vitest = join(ROOT, 'node_modules', '.bin', 'vitest');
    const { code } = await run([vitest, 'run', '--config', CONFIG], { timeoutMs: LIMIT_MS, env });
    process.stdout.write(existsSync(file) ? readFileSync(file, 'utf8') : 'no program was run\n');
    return code === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await runCommand(say, main);
