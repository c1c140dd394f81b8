// Compiles the TypeScript sources to dist/ and bundles the workflows once, so that a worker starts without webpack.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
if (!existsSync(tsc)) {
  process.stderr.write('build: node_modules is missing; run `npm ci` first\n');
  process.exit(2);
}
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
const bundler = new URL('../dist/src/temporal/build-bundle.js', import.meta.url);
if (existsSync(fileURLToPath(bundler))) await import(bundler.href);
