// Packages and build, where they are missing or old. Says what takes long.
import { join } from 'node:path';
import { run } from './processes.mjs';
import { ROOT, hasPackages, isBuilt } from './project.mjs';

const INSTALL_MS = 15 * 60_000;
const BUILD_MS = 10 * 60_000;

async function must(command, options, what) {
  const { code, output, timedOut } = await run(command, { ...options, quiet: true });
  if (code === 0) return;
  process.stderr.write(`${output}\n`);
  throw new Error(`${what} failed${timedOut ? ': it took too long' : ''}`);
}

/** @param {(line: string) => void} say */
export async function preparePackages(say) {
  if (!hasPackages()) {
    say('installing packages (a minute or two, once)');
    await must(['npm', 'ci', '--no-audit', '--no-fund'], { timeoutMs: INSTALL_MS }, 'npm ci');
  }
}

/** Packages, then a build. */
export async function prepare(say) {
  await preparePackages(say);
  if (isBuilt()) return;
  say('compiling');
  const build = [process.execPath, join(ROOT, 'scripts', 'build.mjs')];
  await must(build, { timeoutMs: BUILD_MS }, 'the build');
}
