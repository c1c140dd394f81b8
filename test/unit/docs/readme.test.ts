// What the README promises exists: its commands are commands, its links lead somewhere.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createProgram } from '../../../src/cli/program.ts';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

function pages(): string[] {
  const docs = readdirSync(new URL('docs/', root)).filter((name) => name.endsWith('.md'));
  return ['README.md', 'CHANGELOG.md', ...docs.map((name) => `docs/${name}`)];
}

/** Lines of the shell blocks of a page, without their comments. */
function commandsOf(page: string): string[] {
  return [...read(page).matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap(([, block = '']) => block.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** Splits as a shell does for plain words and single quotes. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

for (const line of commandsOf('README.md').filter((text) => text.startsWith('npx tracemill '))) {
  test(`the README's \`${line}\` is a command that the program takes`, async () => {
    let ran = false;
    const program = createProgram('0', () => {
      ran = true;
      return Promise.resolve();
    });
    for (const command of [program, ...program.commands]) {
      command.exitOverride().configureOutput({ writeErr: () => undefined });
    }
    await program.parseAsync(words(line).slice(2), { from: 'user' });
    expect(ran).toBe(true);
  });
}

test("the README's npm commands are scripts of package.json", () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = commandsOf('README.md')
    .filter((line) => line.startsWith('npm '))
    .map((line) => line.replace(/^npm (?:run )?/, ''));
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
});

test('every link of the README and of docs/ to a file of the repository leads to one', () => {
  const broken = pages().flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, target = '']) => new URL(target, new URL(page, root)))
      .filter((target) => !existsSync(target))
      .map((target) => `${page} → ${target.pathname.slice(root.pathname.length)}`),
  );
  expect(broken).toEqual([]);
});
