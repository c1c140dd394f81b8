// Packages of a lock file from an index: what is read of them, and what of a hostile index or archive is not.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import type { LaunchTools, LocalCorpus, PackageIndex } from '../../../src/corpus/port.ts';
import { pypi } from '../../../src/corpus/pypi/corpus.ts';
import { ArchiveRefusal, membersOf } from '../../../src/corpus/pypi/members.ts';
import type { ArchiveBounds, ArchiveForm } from '../../../src/corpus/pypi/members.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { launchTools, linesOf } from '../../support/launch-tools.ts';
import { tarOf, zipOf } from '../../support/package-files.ts';
import type { TarMember, ZipMember } from '../../support/package-files.ts';
import { serveIndex } from '../../support/package-index.ts';
import type { IndexedFile, IndexOptions, RunningIndex } from '../../support/package-index.ts';
import { rejectedBy } from '../../support/thrown.ts';

let folder: string;
let index: RunningIndex | null = null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-pypi-'));
});
afterEach(async () => {
  await index?.[Symbol.asyncDispose]();
  index = null;
  await rm(folder, { recursive: true });
});

const METADATA =
  'Metadata-Version: 2.4\nName: thing\nVersion: 1.0\nLicense-Expression: MIT\n\nLicense: not this\n';

const wheel = (members: readonly ZipMember[] = []): IndexedFile => ({
  project: 'thing',
  filename: 'thing-1.0-py3-none-any.whl',
  bytes: zipOf([
    { name: 'thing/__init__.py', content: 'def one(): return 1\n' },
    { name: 'thing/sub/mod.py', content: '# SPDX-License-Identifier: ISC\ndef two(): return 2\n' },
    { name: 'thing/data.json', content: '{}' },
    { name: 'thing-1.0.data/purelib/other.py', content: 'x = 1\n' },
    { name: 'thing-1.0.data/scripts/run.py', content: 'x = 2\n' },
    { name: 'thing-1.0.dist-info/METADATA', content: METADATA },
    ...members,
  ]),
});

const sdist = (members: readonly TarMember[] = []): IndexedFile => ({
  project: 'thing',
  filename: 'thing-1.0.tar.gz',
  bytes: tarOf([
    { name: 'thing-1.0/setup.py', content: 'raise SystemExit("never run")\n' },
    { name: 'thing-1.0/src/thing.py', content: 'def one(): return 1\n' },
    { name: 'thing-1.0/PKG-INFO', content: 'License: BSD\n' },
    ...members,
  ]),
});

const lockLine = ({ bytes }: IndexedFile): string => `thing==1.0 --hash=sha256:${sha256(bytes)}\n`;

interface Given {
  readonly options?: IndexOptions;
  readonly lock?: string;
  readonly index?: Partial<PackageIndex>;
}

async function toolsFor(files: readonly IndexedFile[], given: Given): Promise<LaunchTools> {
  index = await serveIndex(files, given.options);
  const cache = join(folder, 'cache');
  return await launchTools(join(folder, 'tools'), {
    packageIndex: { url: index.url, username: null, password: null, cache, ...given.index },
  });
}

async function open(files: readonly IndexedFile[], given: Given = {}): Promise<LocalCorpus> {
  const tools = await toolsFor(files, given);
  const path = join(folder, 'packages.lock');
  await writeFile(path, given.lock ?? files.map(lockLine).join(''));
  const place = {
    shown: 'packages.lock',
    path,
    glob: null,
    name: 'packages.lock',
    commit: null,
    map: {},
  };
  const [corpus] = await pypi.openLocal(place, tools);
  return corpus!;
}

const errorOf = async (files: readonly IndexedFile[], given: Given = {}): Promise<Error> =>
  await rejectedBy(open(files, given));

describe('a wheel', () => {
  test.each(['json', 'html'] as const)(
    'is found over %s and read without running it',
    async (form) => {
      const corpus = await open([wheel(), sdist()], { options: { form } });
      const from = { repository: 'pkg:pypi/thing', commit: '1.0' };
      const mit = { license: 'MIT', license_source: 'metadata' };
      expect(await linesOf(corpus)).toEqual([
        {
          path: 'thing-1.0/thing/__init__.py',
          ...from,
          ...mit,
          text: 'def one(): return 1\n',
          module: 'thing',
        },
        {
          path: 'thing-1.0/thing/sub/mod.py',
          ...from,
          license: 'ISC',
          license_source: 'header',
          text: '# SPDX-License-Identifier: ISC\ndef two(): return 2\n',
          module: 'thing.sub.mod',
        },
        { path: 'thing-1.0/other.py', ...from, ...mit, text: 'x = 1\n', module: 'other' },
      ]);
    },
  );

  test('is asked for once: the second launch takes it from the cache and is the same corpus', async () => {
    const first = await open([wheel()]);
    const fetched = index?.requests.filter(({ path }) => path.startsWith('/files/')).length;
    await index?.[Symbol.asyncDispose]();
    const second = await open([wheel()]);
    expect(second.digest).toBe(first.digest);
    expect([
      fetched,
      index?.requests.filter(({ path }) => path.startsWith('/files/')).length,
    ]).toEqual([1, 0]);
  });
});

test('an sdist is read in place of a wheel that there is not, and its setup is not run', async () => {
  const lines = await linesOf(
    await open([sdist([{ name: 'thing-1.0/link.py', link: '/etc/passwd' }])]),
  );
  expect(lines.map(({ path }) => path)).toEqual(['thing-1.0/setup.py', 'thing-1.0/src/thing.py']);
  expect(lines[1]).toMatchObject({
    license_source: 'metadata: BSD',
    text: 'def one(): return 1\n',
  });
  expect(lines[1]).not.toHaveProperty('license');
});

test('an sdist whose names begin with ./ is read like another', async () => {
  const plain = await linesOf(await open([sdist()]));
  const dotted = [
    { name: './thing-1.0/setup.py', content: 'raise SystemExit("never run")\n' },
    { name: './thing-1.0/src//thing.py', content: 'def one(): return 1\n' },
    { name: './thing-1.0/PKG-INFO', content: 'License: BSD\n' },
  ];
  await index?.[Symbol.asyncDispose]();
  expect(await linesOf(await open([{ ...sdist(), bytes: tarOf(dotted) }]))).toEqual(plain);
});

test('a pylock.toml is read as requirements are, and its addresses are not followed', async () => {
  const file = wheel();
  const lock = [
    'lock-version = "1.0"',
    'created-by = "test"',
    '[[packages]]',
    'name = "Thing"',
    'version = "1.0"',
    '[[packages.wheels]]',
    `url = "http://127.0.0.1:1/elsewhere.whl"`,
    `hashes = { sha256 = "${sha256(file.bytes)}" }`,
  ].join('\n');
  expect(await linesOf(await open([file], { lock }))).toHaveLength(3);
});

describe('credentials', () => {
  test('go to the index, and to no other address that it names', async () => {
    const elsewhere = await serveIndex([wheel()]);
    try {
      const filesAt = elsewhere.url.replace('/simple/', '/files').replace('127.0.0.1', 'localhost');
      await open([wheel()], {
        options: { credentials: 'me:secret', filesAt },
        index: { username: 'me', password: 'secret' },
      });
      expect(index?.requests.map(({ hadCredentials }) => hadCredentials)).toEqual([true]);
      expect(elsewhere.requests.map(({ hadCredentials }) => hadCredentials)).toEqual([false]);
    } finally {
      await elsewhere[Symbol.asyncDispose]();
    }
  });

  test('that are wrong are told as such, without their text', async () => {
    const error = await errorOf([wheel()], {
      options: { credentials: 'me:secret' },
      index: { username: 'me', password: 'other-secret' },
    });
    expect(error).toMatchObject({ code: 'config-invalid' });
    expect(error.message).not.toContain('other-secret');
  });
});

describe('an index', () => {
  const status =
    (code: number, headers: Record<string, string> = {}) =>
    (response: ServerResponse): void => {
      response.writeHead(code, headers).end();
    };
  const cut = (response: ServerResponse): void => {
    response.writeHead(200, { 'content-length': '100000' });
    response.write('half', () => response.destroy());
  };

  test('that fails for a while is asked again', async () => {
    const faults = {
      '/simple/thing/': [status(503), status(429, { 'retry-after': '0' })],
      '/files/thing-1.0-py3-none-any.whl': [cut],
    };
    expect(await linesOf(await open([wheel()], { options: { faults } }))).toHaveLength(3);
  });

  test.each<[string, Given, string, string]>([
    [
      'has not the package',
      { lock: `absent==1 --hash=sha256:${'0'.repeat(64)}` },
      'corpus-unreadable',
      'package absent is not on the index',
    ],
    [
      'has not that file',
      { lock: `thing==1.0 --hash=sha256:${'0'.repeat(64)}` },
      'corpus-unreadable',
      'no wheel or .tar.gz on the index with a digest',
    ],
    [
      'sends other bytes',
      { options: { replaced: { 'thing-1.0-py3-none-any.whl': Buffer.from('other') } } },
      'corpus-unreadable',
      'has another SHA-256',
    ],
    [
      'leads in circles',
      {
        options: {
          faults: {
            '/simple/thing/': Array(9).fill(status(302, { location: '/simple/thing/' })) as [],
          },
        },
      },
      'corpus-unreadable',
      'is refused',
    ],
    [
      'leads to a file of this machine',
      {
        options: {
          faults: { '/simple/thing/': [status(302, { location: 'file:///etc/passwd' })] },
        },
      },
      'corpus-unreadable',
      'is refused',
    ],
    [
      'is not there',
      { index: { url: 'http://127.0.0.1:9/simple/' } },
      'index-unreachable',
      'cannot be reached',
    ],
  ])('that %s ends the launch', async (_what, given, code, says) => {
    const error = await errorOf([wheel()], given);
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(says);
    expect(readdirSync(folder).includes('cache') ? readdirSync(join(folder, 'cache')) : []).toEqual(
      [],
    );
  });
});

describe('an archive', () => {
  const MIB = 1024 * 1024;
  const bomb = (folder: string): ZipMember[] =>
    Array.from({ length: 20 }, (_, i) => ({
      name: `${folder}${String(i)}.py`,
      content: Buffer.alloc(MIB, 32),
    }));

  test.each<[string, () => IndexedFile]>([
    ['names a file above itself', () => wheel([{ name: '../evil.py', content: 'x = 1\n' }])],
    ['names an absolute path', () => wheel([{ name: '/evil.py', content: 'x = 1\n' }])],
    [
      'lies about a size',
      () => wheel([{ name: 'big.py', content: 'x'.repeat(500_000), claimed: 10 }]),
    ],
    [
      'holds a file twice',
      () => wheel([{ name: 'thing/__init__.py', content: 'def one(): return 3\n' }]),
    ],
    ['is no zip', () => ({ ...wheel(), bytes: Buffer.from('no zip at all') })],
    ['is cut off', () => ({ ...wheel(), bytes: wheel().bytes.subarray(0, 300) })],
    [
      'is a tar that names a file above itself',
      () => sdist([{ name: 'thing-1.0/../../evil.py', content: 'x' }]),
    ],
    [
      'is a tar that holds a file twice',
      () => sdist([{ name: 'thing-1.0/./src/thing.py', content: 'def one(): return 3\n' }]),
    ],
    ['is a tar that is cut off', () => ({ ...sdist(), bytes: sdist().bytes.subarray(0, 120) })],
    ['is a tar with damage', () => ({ ...sdist(), bytes: gzipSync(Buffer.alloc(4096, 7)) })],
    ['is a tar packed twice', () => ({ ...sdist(), bytes: gzipSync(sdist().bytes) })],
  ])('that %s is one rejected record, and the packages beside it are read', async (_what, make) => {
    const bad = make();
    const good = { ...wheel(), project: 'good', filename: 'good-1.0-py3-none-any.whl' };
    const goodLine = lockLine(good).replace('thing', 'good');
    const lines = await linesOf(await open([bad, good], { lock: lockLine(bad) + goodLine }));
    expect(lines.filter(({ refused }) => refused !== undefined)).toMatchObject([
      { path: `thing-1.0/${bad.filename}` },
    ]);
    expect(lines.filter(({ commit }) => commit === '1.0')).toHaveLength(4);
    expect(existsSync('/evil.py') || existsSync(join(folder, 'evil.py'))).toBe(false);
  });

  test.each<[string, ArchiveForm, () => IndexedFile]>([
    ['zip', 'zip', () => wheel(bomb(''))],
    ['tar', 'tar', () => sdist(bomb('thing-1.0/'))],
  ])(
    'that unpacks to too much, or has too many members, is refused (%s)',
    async (_what, form, make) => {
      const path = join(folder, 'bomb');
      const { bytes } = make();
      await writeFile(path, bytes);
      const read = async (max: ArchiveBounds): Promise<number> => {
        let count = 0;
        for await (const { content } of membersOf({ path, form }, () => true, max))
          count += content === null ? 0 : 1;
        return count;
      };
      const wide = { members: 1000, unpackedBytes: 100 * MIB };
      expect(bytes.length).toBeLessThan(MIB);
      expect(await read(wide)).toBeGreaterThan(20);
      await expect(read({ ...wide, unpackedBytes: 10 * MIB })).rejects.toThrow(
        new ArchiveRefusal('it unpacks to more than 10485760 bytes'),
      );
      await expect(read({ ...wide, members: 20 })).rejects.toThrow(
        new ArchiveRefusal('it has more than 20 members'),
      );
    },
  );

  test('with a long member keeps its size alone', async () => {
    const lines = await linesOf(
      await open([wheel([{ name: 'long.py', content: 'x'.repeat(2 ** 20 + 1) }])]),
    );
    expect(lines.find(({ path }) => path === 'thing-1.0/long.py')).toMatchObject({
      bytes: 2 ** 20 + 1,
    });
  });
});

test('lines may go on, and have comments, extras and markers', async () => {
  const file = wheel();
  const lock = [
    '# made by a tool',
    'Thing[extra] == 1.0 ; python_version >= "3.8" \\',
    `    --hash=sha256:${'0'.repeat(64)} \\`,
    `    --hash=sha256:${sha256(file.bytes)}`,
    '    # via something',
  ].join('\r\n');
  expect(await linesOf(await open([file], { lock }))).toHaveLength(3);
});

test('a small package comes from the index that this machine is configured for', async () => {
  let url = loadConfig({}).packageIndex.url;
  try {
    url = execFileSync('python3', ['-m', 'pip', 'config', 'get', 'global.index-url'], {
      stdio: 'pipe',
    })
      .toString()
      .trim();
  } catch {
    // Not configured: the default index.
  }
  const lock =
    'six==1.17.0 --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274\n';
  const corpus = await open([], { lock, index: { url: `${url.replace(/\/*$/, '')}/` } });
  const [line, ...others] = await linesOf(corpus);
  expect(others).toEqual([]);
  expect(line).toMatchObject({
    path: 'six-1.17.0/six.py',
    module: 'six',
    license: 'MIT',
    license_source: 'metadata',
  });
});
