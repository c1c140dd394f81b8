#!/usr/bin/env node
// The installed command. It only starts the built program, so that a checkout and a package run the same files.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/src/main/cli.js', import.meta.url);
if (existsSync(fileURLToPath(main))) {
  await import(main.href);
} else {
  process.stderr.write(
    'tracemill: the program is not built; run `npm install` or `npm run build` first\n',
  );
  process.exitCode = 2;
}
