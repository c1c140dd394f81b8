// Compiles the TypeScript sources to dist/ and bundles the workflows once, so that a worker starts without webpack.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, STAMP, isBuilt, sourceStamp } from './lib/project.mjs';

function run(...args) {
  const stdio = ['ignore', 'inherit', 'inherit'];
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio }).status === 0;
}

/** Exit code: 0 done, 1 the sources do not compile, 2 no packages. */
function build() {
  const stamp = sourceStamp();
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!existsSync(tsc)) {
    process.stderr.write('build: node_modules is missing; run `npm ci` first\n');
    return 2;
  }
  rmSync(STAMP, { force: true });
  if (!run(tsc, '-p', 'tsconfig.build.json')) return 1;
  const bundler = join(ROOT, 'dist', 'src', 'temporal', 'build-bundle.js');
  if (!run(bundler)) return 1;
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  writeFileSync(STAMP, stamp);
  return 0;
}

if (!isBuilt()) process.exitCode = build();
