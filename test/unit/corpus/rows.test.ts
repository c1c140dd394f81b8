// Rows in all forms that launch takes: compressed, Parquet, folders, globs and buckets, one by one and as a whole.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadLaunchSpec, prepareLaunch } from '../../../src/corpus/launch.ts';
import type { PreparedLaunch } from '../../../src/corpus/launch.ts';
import { zstdCompress } from '../../../src/store/zstd.ts';
import { bytesOf, launchTools, linesOf, toolsFolder } from '../../support/launch-tools.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { rejectedBy } from '../../support/thrown.ts';

const LINE = '{"source":"def f(): return 1","entry":"f","calls":["f()"]}\n';
let folder: string;
let tools: string;
let store: MemoryStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-rows-'));
  tools = await toolsFolder();
  store = new MemoryStore();
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  await rm(tools, { recursive: true });
});

async function file(name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(join(folder, name, '..'), { recursive: true });
  await writeFile(join(folder, name), content);
}

async function prepare(...corpus: readonly object[]): Promise<PreparedLaunch> {
  await file('spec.json', JSON.stringify({ specVersion: 1, corpus }));
  const request = { specPath: 'spec.json', corpora: [], name: null };
  const given = await launchTools(tools, { openBucket: () => Promise.resolve(store) });
  return await prepareLaunch(await loadLaunchSpec(request, folder), 'bucket', given);
}

const errorOf = async (...corpus: readonly object[]): Promise<Error> =>
  await rejectedBy(prepare(...corpus));

describe('compressed lines', () => {
  test.each([
    ['a.jsonl.gz', gzipSync(LINE.repeat(3))],
    ['a.jsonl.gz', Buffer.concat([gzipSync(LINE), gzipSync(LINE.repeat(2))])],
    ['a.jsonl.zst', zstdCompress(Buffer.from(LINE.repeat(3)))],
    ['named-otherwise', zstdCompress(Buffer.from(LINE.repeat(3)))],
    [
      'a.jsonl.zst',
      Buffer.concat([zstdCompress(Buffer.from(LINE)), zstdCompress(Buffer.from(LINE.repeat(2)))]),
    ],
  ])('%s become the lines that they hold', async (name, bytes) => {
    await file(name, bytes);
    const [corpus] = (await prepare({ kind: 'jsonl', at: name })).corpora;
    expect(corpus).toMatchObject({ name, bytes: 3 * LINE.length });
    expect((await bytesOf(corpus!)).toString()).toBe(LINE.repeat(3));
  });

  test('of large text come out whole', async () => {
    const text = Array.from({ length: 20_000 }, (_, i) =>
      LINE.replace('1"', `${String(i * 7919)}"`),
    );
    const bytes = Buffer.from(text.join(''));
    await file('z', zstdCompress(bytes));
    await file('g', gzipSync(bytes));
    const { corpora } = await prepare({ kind: 'jsonl', at: 'z' }, { kind: 'jsonl', at: 'g' });
    for (const corpus of corpora) expect((await bytesOf(corpus)).equals(bytes)).toBe(true);
  });

  test.each([
    ['cut-off gzip', gzipSync(LINE.repeat(500)).subarray(0, 60)],
    ['cut-off zstd', zstdCompress(Buffer.from(LINE.repeat(500))).subarray(0, 60)],
    [
      'zstd with damage',
      Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.alloc(99, 7)]),
    ],
  ])('of %s are refused', async (_what, bytes) => {
    await file('x', bytes);
    expect(await errorOf({ kind: 'jsonl', at: 'x' })).toMatchObject({ code: 'corpus-unreadable' });
  });
});

describe('Parquet', () => {
  const bytes = (): Uint8Array =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'content', data: ['def f(x): return x', 'é = 1'], type: 'STRING' },
          { name: 'calls', data: [['f(1)'], []] },
          { name: 'stars', data: [1n, 2n], type: 'INT64' },
          { name: 'license', data: ['MIT', null], type: 'STRING' },
        ],
      }),
    );

  test('becomes one line per row, of the columns that a record may come from', async () => {
    await file('a.parquet', bytes());
    const [corpus] = (
      await prepare({ kind: 'parquet', at: 'a.parquet', map: { source: 'content' } })
    ).corpora;
    expect(await linesOf(corpus!)).toEqual([
      { content: 'def f(x): return x', calls: ['f(1)'], license: 'MIT' },
      { content: 'é = 1', calls: [], license: null },
    ]);
  });

  test('of a benchmark keeps all its columns', async () => {
    await file('m.parquet', bytes());
    const [corpus] = (await prepare({ kind: 'mbpp', at: 'm.parquet' })).corpora;
    expect((await linesOf(corpus!))[1]).toEqual({
      content: 'é = 1',
      calls: [],
      stars: 2,
      license: null,
    });
  });

  test('without the column that map names says which there are', async () => {
    await file('a.parquet', bytes());
    const error = await errorOf({ kind: 'parquet', at: 'a.parquet', map: { source: 'body' } });
    expect(error).toMatchObject({ code: 'corpus-unreadable' });
    expect(error.message).toContain('has no column "body", which map names; it has content, calls');
  });

  test.each([
    ['parquet', LINE, 'write kind: jsonl'],
    ['jsonl', bytes(), 'write kind: parquet'],
    ['parquet', bytes().slice(0, 200), 'cannot be read as Parquet'],
  ])('taken for another kind, or damaged, is refused (%s)', async (kind, content, says) => {
    await file('x', content);
    const error = await errorOf({ kind, at: 'x', ...(kind === 'parquet' ? {} : {}) });
    expect(error).toMatchObject({ code: 'corpus-unreadable' });
    expect(error.message).toContain(says);
  });
});

describe('folders and globs', () => {
  beforeEach(async () => {
    await file('d/b/1.jsonl', LINE);
    await file('d/a.jsonl', LINE.repeat(2));
    await file('d/a/2.jsonl.gz', gzipSync(LINE.repeat(3)));
    await file('d/notes.txt', 'no');
    await file('d/.hidden.jsonl', LINE);
  });

  test('of rows are one object per file, in the order of their paths', async () => {
    const { resolvedSpec } = await prepare({ kind: 'jsonl', at: 'd' });
    const names = resolvedSpec.corpus.map(({ name }) => name);
    expect(names).toEqual(['a.jsonl', 'a/2.jsonl.gz', 'b/1.jsonl']);
  });

  test('take what fits', async () => {
    const names = async (at: string): Promise<string[]> =>
      (await prepare({ kind: 'jsonl', at })).resolvedSpec.corpus.map(({ name }) => name);
    expect(await names('d/*.jsonl')).toEqual(['a.jsonl']);
    expect(await names('d/**/*.jsonl')).toEqual(['a.jsonl', 'b/1.jsonl']);
    expect(await names('d/{a,b}/*')).toEqual(['a/2.jsonl.gz', 'b/1.jsonl']);
    expect(await errorOf({ kind: 'jsonl', at: 'd/*.ndjson' })).toMatchObject({
      code: 'corpus-empty',
    });
    expect(await errorOf({ kind: 'jsonl', at: 'no/*.jsonl' })).toMatchObject({
      code: 'corpus-missing',
    });
  });

  test('of Python files are one archive of what fits', async () => {
    await file('src/a.py', 'a = 1\n');
    await file('src/x/b.py', 'b = 1\n');
    await file('src/x/c.pyi', 'c = 1\n');
    const [corpus, ...others] = (await prepare({ kind: 'files', at: 'src/*/**' })).corpora;
    expect(others).toEqual([]);
    expect(corpus?.name).toBe('src');
    expect(await linesOf(corpus!)).toEqual([{ path: 'x/b.py', text: 'b = 1\n' }]);
  });

  test('whose name looks like a glob are meant as they are written', async () => {
    await file('odd[1]/a.py', 'a = 1\n');
    const [corpus] = (await prepare({ kind: 'files', at: 'odd[1]' })).corpora;
    expect(corpus?.name).toBe('odd[1]');
  });
});

describe('a bucket', () => {
  const put = (key: string, body: string | Uint8Array): Promise<unknown> =>
    store.putIfAbsent(key, Buffer.from(body));

  test('gives an object, a prefix, or what fits a glob', async () => {
    await put('c/x/a.jsonl', LINE);
    await put('c/x/b.jsonl.gz', gzipSync(LINE.repeat(2)));
    await put('c/x/deep/c.jsonl', LINE.repeat(3));
    await put('c/xy/d.jsonl', LINE);
    await put('c/x/', '');
    const names = async (at: string): Promise<string[]> =>
      (await prepare({ kind: 'jsonl', at })).resolvedSpec.corpus.map(({ name }) => name);
    expect(await names('s3://bucket/c/x/a.jsonl')).toEqual(['a.jsonl']);
    expect(await names('s3://bucket/c/x/')).toEqual(['a.jsonl', 'b.jsonl.gz', 'deep/c.jsonl']);
    expect(await names('s3://bucket/c/x')).toEqual(['a.jsonl', 'b.jsonl.gz', 'deep/c.jsonl']);
    expect(await names('s3://bucket/c/*/*.jsonl')).toEqual(['x/a.jsonl', 'xy/d.jsonl']);
  });

  test('gives Python files, packed as a folder is', async () => {
    await put('pkg/a.py', 'a = 1\n');
    await put('pkg/sub/b.py', '# SPDX-License-Identifier: MIT\n');
    const [corpus] = (await prepare({ kind: 'files', at: 's3://bucket/pkg/' })).corpora;
    expect(corpus?.name).toBe('pkg');
    expect(await linesOf(corpus!)).toEqual([
      { path: 'a.py', text: 'a = 1\n' },
      {
        path: 'sub/b.py',
        license: 'MIT',
        license_source: 'header',
        text: '# SPDX-License-Identifier: MIT\n',
      },
    ]);
  });

  test.each([
    ['s3://bucket/none', 'corpus-missing', 'is not there'],
    ['s3://bucket/none/', 'corpus-empty', 'holds no object'],
    ['s3://bucket/none/*.jsonl', 'corpus-empty', 'fits no object'],
    ['s3://bucket/evil/', 'corpus-unreadable', 'which is no path of a file'],
    ['s3://bucket/both/', 'corpus-unreadable', 'as an object and as a folder'],
  ])('%s is refused', async (at, code, says) => {
    await put('evil/../../outside.jsonl', LINE);
    await put('both/a', LINE);
    await put('both/a/b', LINE);
    const error = await errorOf({ kind: 'jsonl', at });
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(says);
  });
});

describe('programs', () => {
  test('of CodeNet are those that were accepted, with the inputs of their problem', async () => {
    await file('n/data/p00001/Python/s001.py', 'print(input())\n');
    await file('n/data/p00001/Python/s002.py', 'wrong(\n');
    await file('n/data/p00001/C/s003.c', 'int main;\n');
    await file('n/data/p00002/Python/s004.py', 'print(1)\n');
    await file('n/derived/input_output/data/p00001/input.txt', '7\n');
    await file('n/derived/input_output/data/p00001/output.txt', '7\n');
    await file(
      'n/metadata/p00001.csv',
      'submission_id,problem_id,user_id,date,language,original_language,filename_ext,status\n' +
        's001,p00001,u1,1,Python,Python3,py,Accepted\ns002,p00001,u1,1,Python,Python3,py,Wrong Answer\n',
    );
    const [corpus] = (await prepare({ kind: 'codenet', at: 'n' })).corpora;
    expect(await linesOf(corpus!)).toEqual([
      { path: 'data/p00001/Python/s001.py', text: 'print(input())\n', stdin: ['7\n'] },
      { path: 'data/p00002/Python/s004.py', text: 'print(1)\n', stdin: [] },
    ]);
  });

  test('of plainer folders have the inputs beside them', async () => {
    await file('n/one/a.py', 'print(input())\n');
    await file('n/one/1.in', '1\n');
    await file('n/one/input-2.txt', '2\n');
    await file('n/two/b.py', 'print(2)\n');
    await file('n/three/c.py', 'print(3)\n');
    await file('n/three/x.in', Buffer.from([0xff]));
    await file('n/four/d.py', 'print(4)\n');
    await file('n/four/x.in', 'x'.repeat(5 * 1024 * 1024));
    const [corpus] = (await prepare({ kind: 'codenet', at: 'n' })).corpora;
    const lines = await linesOf(corpus!);
    expect(lines.find(({ path }) => path === 'one/a.py')).toMatchObject({ stdin: ['1\n', '2\n'] });
    expect(lines.find(({ path }) => path === 'two/b.py')).toMatchObject({ stdin: [] });
    expect(lines.find(({ path }) => path === 'three/c.py')).toHaveProperty('base64');
    expect(lines.find(({ path }) => path === 'four/d.py')).toMatchObject({
      bytes: 5 * 1024 * 1024,
    });
  });
});
