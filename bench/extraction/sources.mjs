// The texts of the sandbox image itself: its standard library, and the packages that it holds.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/** Not library code: tests, tools with windows, and code of old versions kept for reading. */
const LEFT_OUT = /(^|\/)(test|tests|idlelib|lib2to3|turtledemo|dist-packages|config-[^/]*)\//;

function* pythonFiles(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    // A link of the image leads to nothing here, or to a file that is met under its own name.
    const stat = lstatSync(path);
    if (stat.isDirectory()) yield* pythonFiles(path);
    else if (stat.isFile() && name.endsWith('.py')) yield path;
  }
}

/** Copied out of a container that never runs. */
export function sourcesOf({ socketPath, image }) {
  const docker = (...args) =>
    execFileSync('docker', ['--host', `unix://${socketPath}`, ...args], {
      encoding: 'utf8',
    }).trim();
  const folder = mkdtempSync(join(tmpdir(), 'tracemill-extraction-'));
  const id = docker('create', image);
  try {
    docker('cp', `${id}:/usr/lib/python3.13`, join(folder, 'library'));
    docker('cp', `${id}:/opt/packages`, join(folder, 'packages'));
  } finally {
    docker('rm', id);
  }
  const parts = ['library', 'packages'].filter((part) => existsSync(join(folder, part)));
  const files = parts.flatMap((part) =>
    [...pythonFiles(join(folder, part))].flatMap((path) => {
      const name = relative(join(folder, part), path);
      if (LEFT_OUT.test(`/${name}`) || LEFT_OUT.test(name)) return [];
      const text = readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
      return [{ part, name, text }];
    }),
  );
  rmSync(folder, { recursive: true });
  return files;
}

const order = (seed, { name, each }) =>
  createHash('sha256').update(`${seed} ${name} ${each.qualname} ${each.line_start}`).digest('hex');

/** The functions in the order of a digest: the same for each seed, and like chance. */
export function shuffled(seed, functions) {
  const keyed = functions.map((one) => ({ ...one, key: order(seed, one) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
}
