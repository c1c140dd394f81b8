// Linters for the Python parts in a virtual environment of the cache folder, and pytest as wheels for a container.
// Nothing of the project is run on this machine's Python.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from './processes.mjs';

/** pytest too, for its types. */
const TOOLS = ['ruff==0.17.6', 'mypy==2.4.1', 'pytest==9.2.0'];
/** pytest itself and all that it needs on CPython 3.13: pure Python, so one set fits every machine. */
const TEST_PACKAGES = ['pytest==9.2.0'];
const FETCH_MS = 5 * 60_000;

export const CACHE = resolve(process.env.TRACEMILL_CACHE || join(homedir(), '.cache', 'tracemill'));

const nameOf = (what, packages) =>
  join(CACHE, `${what}-${packages.join('-').replaceAll('==', '-')}`);

async function must(command, what) {
  const { code, output } = await run(command, { quiet: true, timeoutMs: FETCH_MS });
  if (code !== 0)
    throw new Error(`${what} failed: ${output.trim().split('\n').slice(-3).join(' | ')}`);
}

/** Debian splits venv and pip off; as root they are installed. */
async function ensurePython() {
  const probe = await run(['python3', '-c', 'import ensurepip, venv'], { quiet: true });
  if (probe.code === 0) return;
  if (process.getuid?.() !== 0) {
    throw new Error('python3 with venv and pip is missing; install it (Debian: python3-venv)');
  }
  await run(['apt-get', 'update'], { quiet: true, timeoutMs: FETCH_MS });
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', 'python3-venv'];
  await must(install, 'installing python3-venv');
}

/** Folder of a virtual environment that holds these packages, which its name tells. */
export async function ensureVenv(what, packages, say) {
  const folder = nameOf(what, packages);
  if (existsSync(join(folder, '.complete'))) return folder;
  say(`fetching ${packages.join(' and ')}`);
  await ensurePython();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  await must(['python3', '-m', 'venv', folder], 'making a virtual environment');
  const install = [join(folder, 'bin', 'pip'), 'install', '--quiet', ...packages];
  await must(install, `fetching ${packages.join(' and ')}`);
  writeFileSync(join(folder, '.complete'), '');
  return folder;
}

/** Folder whose `bin` holds ruff and mypy. */
export const ensureLinters = (say) => ensureVenv('python-tools', TOOLS, say);

/** What pip calls the machine: wheels with C code are built for it. */
const WHEEL_PLATFORMS = {
  x64: ['manylinux_2_28_x86_64', 'manylinux2014_x86_64', 'any'],
  arm64: ['manylinux_2_28_aarch64', 'manylinux2014_aarch64', 'any'],
};

/**
 * Folder of wheels for CPython 3.13, fetched once with all that they need.
 * @param {(line: string) => void} say
 * @param {readonly string[]} packages exact versions
 * @param {readonly string[]} platforms of pip
 */
export async function ensureWheels(say, packages, platforms = WHEEL_PLATFORMS[process.arch]) {
  const folder = nameOf('wheels', packages);
  if (existsSync(folder)) return folder;
  say(`fetching ${packages.join(', ')}`);
  const venv = await ensureLinters(say);
  const draft = `${folder}.${process.pid}`;
  const target = ['--python-version', '3.13', '--implementation', 'cp'];
  for (const platform of platforms) target.push('--platform', platform);
  await must(
    [
      ...[join(venv, 'bin', 'pip'), 'download', '--quiet', '--only-binary=:all:', ...target],
      ...['--dest', draft, ...packages],
    ],
    `fetching ${packages.join(', ')}`,
  );
  renameSync(draft, folder);
  return folder;
}

/** pytest and what it needs are pure Python. */
export const ensureTestWheels = (say) => ensureWheels(say, TEST_PACKAGES, ['any']);
