// A repository, a hostile one too, read at a commit: what it tracks, and nothing that it asks for is run.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { git, repositoryUrl } from '../../../src/corpus/git.ts';
import type { LocalCorpus } from '../../../src/corpus/port.ts';
import { launchTools, linesOf } from '../../support/launch-tools.ts';
import { rejectedBy } from '../../support/thrown.ts';

let folder: string;
let repository: string;

const GIT = [
  '-c',
  'user.name=Test',
  '-c',
  'user.email=test@host.example',
  '-c',
  'init.defaultBranch=main',
  '-c',
  'commit.gpgsign=false',
];

function run(...args: readonly string[]): string {
  const env = { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };
  return execFileSync('git', [...GIT, '-C', repository, ...args], { env, stdio: 'pipe' })
    .toString()
    .trim();
}

async function file(name: string, content: string | Buffer): Promise<void> {
  await mkdir(join(repository, name, '..'), { recursive: true });
  await writeFile(join(repository, name), content);
}

function commit(message: string): string {
  run('add', '--all');
  run('commit', '--quiet', '--no-verify', '--message', message);
  return run('rev-parse', 'HEAD');
}

async function open(at: string = repository, asked: string | null = null): Promise<LocalCorpus> {
  const tools = await launchTools(join(folder, 'tools'));
  const place = {
    shown: 'checkout',
    path: at,
    glob: null,
    name: 'checkout',
    commit: asked,
    map: {},
  };
  const [corpus] = await git.openLocal(place, tools);
  return corpus!;
}

const pathsOf = async (corpus: LocalCorpus): Promise<unknown[]> =>
  (await linesOf(corpus)).map(({ path }) => path);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-git-'));
  repository = join(folder, 'repository');
  await mkdir(repository);
  run('init', '--quiet');
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('the tracked Python files of the commit that is checked out, with where they are from', async () => {
  await file('pyproject.toml', '[project]\nlicense = "BSD-3-Clause"\n');
  await file('src/pkg/mod.py', 'def f(): return 1\n');
  await file('src/pkg/bad.py', Buffer.from([0xff]));
  await file('src/pkg/long.py', 'x'.repeat(2 ** 20 + 1));
  await file('src/pkg.py', '# SPDX-License-Identifier: MIT\n');
  await file('src/é.py', 'x = 1\n');
  await file('notes.txt', 'no');
  await symlink('src/pkg/mod.py', join(repository, 'link.py'));
  run('remote', 'add', 'origin', 'https://me:token@Host.example/group/project.git');
  const id = commit('all');
  await file('src/untracked.py', 'no = 1\n');
  await file('src/pkg/mod.py', 'changed = 1\n');
  const from = { repository: 'https://host.example/group/project', commit: id };
  const bsd = { license: 'BSD-3-Clause', license_source: 'metadata' };
  expect(await linesOf(await open())).toEqual([
    {
      path: 'src/pkg.py',
      ...from,
      license: 'MIT',
      license_source: 'header',
      text: '# SPDX-License-Identifier: MIT\n',
    },
    { path: 'src/pkg/bad.py', ...from, ...bsd, base64: '/w==' },
    { path: 'src/pkg/long.py', ...from, ...bsd, bytes: 2 ** 20 + 1 },
    { path: 'src/pkg/mod.py', ...from, ...bsd, text: 'def f(): return 1\n' },
    { path: 'src/é.py', ...from, ...bsd, text: 'x = 1\n' },
  ]);
});

describe('a commit', () => {
  test('is named by branch, tag, id or a part of it, packed or loose, in a checkout, a worktree and a bare repository', async () => {
    await file('a.py', 'a = 1\n');
    const first = commit('first');
    run('tag', '--annotate', '--message', 'one', 'v1.0');
    run('branch', 'old');
    await file('b.py', 'b = 1\n');
    commit('second');
    for (const name of ['v1.0', 'old', first, first.slice(0, 10)]) {
      expect(await pathsOf(await open(repository, name)), name).toEqual(['a.py']);
    }
    run('pack-refs', '--all');
    run('gc', '--quiet');
    run('worktree', 'add', '--quiet', join(folder, 'linked'), 'old');
    run('clone', '--quiet', '--bare', repository, join(folder, 'bare.git'));
    expect(await pathsOf(await open(repository, 'v1.0'))).toEqual(['a.py']);
    expect(await pathsOf(await open())).toEqual(['a.py', 'b.py']);
    expect(await pathsOf(await open(join(folder, 'linked')))).toEqual(['a.py']);
    expect(await pathsOf(await open(join(folder, 'bare.git'), 'old'))).toEqual(['a.py']);
  });

  test('may have ids of SHA-256', async () => {
    await rm(repository, { recursive: true });
    await mkdir(repository);
    run('init', '--quiet', '--object-format=sha256');
    await file('a.py', 'a = 1\n');
    const id = commit('first');
    expect((await linesOf(await open()))[0]).toMatchObject({ commit: id, repository: 'checkout' });
  });

  test('gives the same corpus wherever the repository lies and however its objects are kept', async () => {
    await file('a.py', 'a = 1\n');
    const id = commit('first');
    run('remote', 'add', 'origin', 'git@host.example:group/project.git');
    const before = await open();
    run('gc', '--quiet', '--aggressive');
    execFileSync('cp', ['-r', repository, join(folder, 'elsewhere')]);
    expect((await open(join(folder, 'elsewhere'), id)).digest).toBe(before.digest);
  });
});

test('hooks, filters, attributes, aliases and settings of the repository are not run', async () => {
  const trace = join(folder, 'ran');
  const script = join(folder, 'script');
  await writeFile(script, `#!/bin/sh\necho "$0 $*" >> ${trace}\ncat\n`);
  await chmod(script, 0o755);
  await file('a.py', 'a = 1\n');
  await file('.gitattributes', '*.py filter=evil diff=evil text eol=crlf\n');
  commit('first');
  for (const hook of [
    'post-checkout',
    'pre-auto-gc',
    'reference-transaction',
    'fsmonitor-watchman',
  ]) {
    await mkdir(join(repository, '.git', 'hooks'), { recursive: true });
    await writeFile(
      join(repository, '.git', 'hooks', hook),
      `#!/bin/sh\necho ${hook} >> ${trace}\n`,
    );
    await chmod(join(repository, '.git', 'hooks', hook), 0o755);
  }
  const settings = `
[core]
	fsmonitor = ${script}
	sshCommand = ${script}
	pager = ${script}
	editor = ${script}
	attributesFile = ${join(folder, 'attributes')}
[filter "evil"]
	smudge = ${script}
	clean = ${script}
	process = ${script}
	required = true
[diff "evil"]
	textconv = ${script}
[alias]
	ls-tree = !${script}
	cat-file = !${script}
[include]
	path = ${join(folder, 'included')}
[uploadpack]
	packObjectsHook = ${script}
`;
  await appendFile(join(repository, '.git', 'config'), settings);
  await writeFile(join(folder, 'included'), `[core]\n\tfsmonitor = ${script}\n`);
  expect(await linesOf(await open())).toMatchObject([{ path: 'a.py', text: 'a = 1\n' }]);
  expect(existsSync(trace)).toBe(false);
});

test('a partial clone ends the launch and asks no remote for what it lacks', async () => {
  const trace = join(folder, 'ran');
  const script = join(folder, 'script');
  await writeFile(script, `#!/bin/sh\necho ran >> ${trace}\nexit 1\n`);
  await chmod(script, 0o755);
  await file('a.py', 'a = 1\n');
  commit('first');
  const blob = run('rev-parse', 'HEAD:a.py');
  await rm(join(repository, '.git', 'objects', blob.slice(0, 2), blob.slice(2)), { force: true });
  const settings = `
[core]
	repositoryFormatVersion = 1
[extensions]
	partialClone = origin
[remote "origin"]
	url = ext::${script}
	promisor = true
	partialclonefilter = blob:none
[protocol "ext"]
	allow = always
`;
  await appendFile(join(repository, '.git', 'config'), settings);
  // The control: git itself, in that repository, does run what its configuration names.
  expect(() => run('cat-file', 'blob', blob)).toThrow();
  expect(existsSync(trace)).toBe(true);
  await rm(trace);
  const error = await rejectedBy(open());
  expect(error).toMatchObject({ code: 'corpus-unreadable' });
  expect(existsSync(trace)).toBe(false);
});

test.each<[string, () => Promise<LocalCorpus>, string, string]>([
  ['is no repository', () => open(folder), 'corpus-unreadable', 'is no git checkout'],
  ['is not there', () => open(join(folder, 'none')), 'corpus-missing', 'is not there'],
  ['has no commit', () => open(), 'corpus-unreadable', 'has no commit yet'],
])('what %s is refused', async (_what, work, code, says) => {
  const error = await rejectedBy(work());
  expect(error).toMatchObject({ code });
  expect(error.message).toContain(says);
});

test('a commit that is not there, and one without Python files, are refused', async () => {
  await file('notes.txt', 'no');
  commit('first');
  expect(await rejectedBy(open(repository, 'v9'))).toMatchObject({ code: 'corpus-unreadable' });
  expect(await rejectedBy(open(repository, 'abcdef0'))).toMatchObject({
    code: 'corpus-unreadable',
  });
  expect(await rejectedBy(open(repository, '../../HEAD'))).toMatchObject({
    code: 'corpus-unreadable',
  });
  expect(await rejectedBy(open())).toMatchObject({ code: 'corpus-empty' });
});

test.each([
  ['https://host.example/a/b.git', 'https://host.example/a/b'],
  ['https://me:secret@host.example:8443/a/b/', 'https://host.example/a/b'],
  ['git@host.example:a/b.git', 'https://host.example/a/b'],
  ['ssh://git@host.example:22/a/b.git?x=1', 'https://host.example/a/b'],
  ['/home/me/secret-place', null],
  ['file:///home/me/b', null],
  ['../b', null],
  ['C:\\b', null],
])('a remote at %s is called %s', (remote, url) => {
  expect(repositoryUrl(remote)).toBe(url);
});
