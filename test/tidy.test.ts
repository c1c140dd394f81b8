// Rules of the project that no linter knows (docs/testing.md): sizes, first lines, words that must not be there.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Source {
  readonly path: string;
  readonly kind: string;
  readonly lines: readonly string[];
}

const TEXT = /\.(ts|mjs|js|cjs|py|pyi|c|h|md|ya?ml|json|toml|Dockerfile|sh)$|^\.ci\/run$/;
/** Written by a tool, or data. */
const NOT_OURS = /^(package-lock\.json|LICENSE|test\/(golden|replay\/histories)\/)/;

function sources(): Source[] {
  const command = ['ls-files', '--cached', '--others', '--exclude-standard'];
  return execFileSync('git', command, { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((path) => TEXT.test(path) && !NOT_OURS.test(path) && existsSync(join(root, path)))
    .map((path) => {
      const lines = readFileSync(join(root, path), 'utf8').split('\n');
      return { path, kind: extname(path).slice(1), lines };
    });
}

const all = sources();
const CODE = new Set(['ts', 'mjs', 'js', 'cjs', 'py', 'c', 'h']);
const code = all.filter(({ kind }) => CODE.has(kind));
const C_KINDS = new Set(['c', 'h']);

const FILE_LINES_MAX = 400;
/** Event dispatch in C may be longer. */
const C_FILE_LINES_MAX = 900;
const PYTHON_FUNCTION_LINES_MAX = 70;
/** A dispatch over events or opcodes is one long switch. */
const C_FUNCTION_LINES_MAX = 150;

test('no file of code is longer than its limit', () => {
  expect(code.length).toBeGreaterThan(100);
  const long = code
    .filter(({ kind, lines }) => {
      return lines.length - 1 > (C_KINDS.has(kind) ? C_FILE_LINES_MAX : FILE_LINES_MAX);
    })
    .map(({ path, lines }) => `${path}: ${String(lines.length - 1)}`);
  expect(long).toEqual([]);
});

/** Length of a block that starts at `start` with a header of some indentation: up to the next line not deeper. */
function pythonBlockLength(lines: readonly string[], start: number): number {
  const indent = /^ */.exec(lines[start] ?? '')?.[0].length ?? 0;
  let last = start;
  let isHeader = true;
  for (let index = start; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (isHeader) {
      last = index;
      isHeader = !/:\s*(#.*)?$/.test(line) && !/:\s+(\.\.\.|\S.*)$/.test(line);
      continue;
    }
    if (line.trim() === '') continue;
    if ((/^ */.exec(line)?.[0].length ?? 0) <= indent) break;
    last = index;
  }
  return last - start + 1;
}

test('no Python function is longer than 70 lines', () => {
  const long = code
    .filter(({ kind }) => kind === 'py')
    .flatMap(({ path, lines }) =>
      lines.flatMap((line, index) => {
        const name = /^ *(?:async )?def (\w+)/.exec(line)?.[1];
        if (name === undefined) return [];
        const length = pythonBlockLength(lines, index);
        return length > PYTHON_FUNCTION_LINES_MAX ? [`${path}: ${name} ${String(length)}`] : [];
      }),
    );
  expect(long).toEqual([]);
});

test('no C function is longer than 150 lines', () => {
  const long = code
    .filter(({ kind }) => kind === 'c')
    .flatMap(({ path, lines }) => {
      const found: string[] = [];
      let start = 0;
      lines.forEach((line, index) => {
        if (line.startsWith('{')) start = index;
        const length = index - start + 1;
        if (line === '}' && start > 0 && length > C_FUNCTION_LINES_MAX) {
          found.push(`${path}:${String(start)}: ${String(length)}`);
        }
      });
      return found;
    });
  expect(long).toEqual([]);
});

test('every file of code opens by saying what it is for', () => {
  const silent = code
    // The title of a test says what it is for.
    .filter(({ path }) => !/^test\/.*\.test\.ts$|^test\/hostile\/corpus\//.test(path))
    .filter(({ kind, lines }) => {
      const first = lines.find((line) => line.trim() !== '' && !line.startsWith('#!')) ?? '';
      if (kind === 'py')
        return !/^(#|r?"""|from|import)/.test(first) || /^(from|import)/.test(first);
      return !/^(\/\/|\/\*|'use strict')/.test(first);
    })
    .map(({ path }) => path);
  expect(silent).toEqual([]);
});

/** Spelled in pieces, so that this file does not find itself. */
const spelled = (...pieces: readonly string[]): string => pieces.join('');
const BANNED: readonly (readonly [string, RegExp])[] = [
  ['unfinished work', new RegExp(spelled('\\b(TO', 'DO|FIX', 'ME)\\b'))],
  ['a path of one machine', new RegExp(spelled('(?<![\\w.*-])/(wo', 'rk|ro', 'ot|home/[a-z])\\b'))],
  [
    'a switched-off check',
    new RegExp(spelled('eslint-', 'disable|@ts-', 'ignore|@ts-', 'nocheck')),
  ],
  [
    'a test that does not run',
    new RegExp(spelled('\\b(test|it|describe)\\.(', 'skip|', 'todo|', 'only)\\b')),
  ],
];

test.each(BANNED)('no file holds %s', (_what, pattern) => {
  const found = all.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) =>
      pattern.test(line) ? [`${path}:${String(index + 1)}: ${line.trim().slice(0, 100)}`] : [],
    ),
  );
  expect(found).toEqual([]);
});

test('only the configuration reads the environment', () => {
  const readers = code
    .filter(({ path }) => /^(src|workflows|activities|infra)\//.test(path))
    .filter(({ lines }) => lines.some((line) => line.replace(/\/\/.*/, '').includes('process.env')))
    .map(({ path }) => path);
  expect(readers).toEqual(['src/config/load.ts']);
});

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function lockedPackages(): Readonly<Record<string, LockedPackage>> {
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8');
  return (JSON.parse(text) as { packages: Record<string, LockedPackage> }).packages;
}

/** Where npm looks for a package that `from` needs: below it, then below each package that it lies in. */
function places(from: string, name: string): string[] {
  const folders = from.split(/(?:^|\/)node_modules\//).slice(1);
  return folders
    .map((_, index) => folders.slice(0, index + 1))
    .concat([[]])
    .map((above) => [...above, name].map((folder) => `node_modules/${folder}`).join('/'));
}

test('the lock file lists every optional package, so that `npm ci` takes it anywhere', () => {
  const packages = lockedPackages();
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {})
      .filter((name) => !places(path, name).some((place) => place in packages))
      .map((name) => `${path} needs ${name}`),
  );
  expect(missing).toEqual([]);
});

test('the lock file names no place that packages come from', () => {
  const named = Object.entries(lockedPackages()).filter(
    ([, entry]) => entry.resolved !== undefined,
  );
  expect(named.map(([path]) => path)).toEqual([]);
});
