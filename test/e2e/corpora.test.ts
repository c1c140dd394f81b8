// One job over a corpus of each kind that brings more than a local file: from where it is to rows that say where they are
// from.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TraceRow } from '../../src/contract/row.ts';
import { sha256 } from '../../src/identity/digest.ts';
import { S3Store } from '../../src/store/s3.ts';
import { readTable } from '../../src/store/table-file.ts';
import { TRACES } from '../../src/store/tables.ts';
import { cli, cliJson } from '../support/cli.ts';
import { setFolder } from '../support/data-objects.ts';
import { zipOf } from '../support/package-files.ts';
import { serveIndex } from '../support/package-index.ts';
import type { RunningIndex } from '../support/package-index.ts';
import { testServices } from '../support/services.ts';

const BUCKET = 'corpora-e2e';
const doctest = (name: string, value: number): string =>
  `def ${name}(x):\n    """\n    >>> ${name}(${String(value)})\n    """\n    return x + ${String(value)}\n`;

let folder = '';
let index: RunningIndex;
let commit = '';

async function file(name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(join(folder, name, '..'), { recursive: true });
  await writeFile(join(folder, name), content);
}

async function writeRepository(): Promise<void> {
  await file('repository/src/mod.py', `# SPDX-License-Identifier: MIT\n${doctest('from_git', 1)}`);
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', join(folder, 'repository'), ...args], { stdio: 'pipe' }).toString();
  git('init', '--quiet');
  git('remote', 'add', 'origin', 'git@host.example:group/project.git');
  git('add', '--all');
  const author = ['-c', 'user.name=Test', '-c', 'user.email=test@host.example'];
  git(...author, '-c', 'commit.gpgsign=false', 'commit', '--quiet', '--message', 'all');
  commit = git('rev-parse', 'HEAD').trim();
}

async function writePackage(): Promise<void> {
  const bytes = zipOf([
    { name: 'thing/mod.py', content: doctest('from_pypi', 2) },
    { name: 'thing-1.0.dist-info/METADATA', content: 'License-Expression: BSD-3-Clause\n' },
  ]);
  index = await serveIndex([{ project: 'thing', filename: 'thing-1.0-py3-none-any.whl', bytes }]);
  await file('packages.lock', `thing==1.0 --hash=sha256:${sha256(bytes)}\n`);
}

async function writeRows(): Promise<void> {
  const columnData = [
    { name: 'content', data: ['def from_parquet(x):\n    return x * 3\n'] },
    { name: 'calls', data: [['from_parquet(3)']] },
    { name: 'detected', data: ['Apache-2.0'] },
  ];
  await file('rows.parquet', new Uint8Array(parquetWriteBuffer({ columnData })));
  const task = {
    task_id: 4,
    text: 'Add.',
    code: 'def from_mbpp(a, b):\r\n\treturn a + b\r\n',
    test_list: ['assert from_mbpp(1, 2) == 3'],
    test_setup_code: '',
    challenge_test_list: ['assert from_mbpp(2, 2) == 4'],
  };
  await file('mbpp.jsonl.gz', gzipSync(`${JSON.stringify(task)}\r\n`));
  await file('problems/p1/a.py', 'n = int(input())\nprint(n * 2)\n');
  await file('problems/p1/1.in', '21\n');
  await file('problems/p1/2.in', '4\n');
}

async function putObjects(): Promise<void> {
  const { services } = await testServices();
  const { endpoint, region, accessKeyId, secretAccessKey } = services.s3;
  const store = new S3Store({
    endpoint,
    region,
    accessKeyId,
    secretAccessKey,
    bucket: 'corpora-e2e-in',
  });
  await store.ensureBucket();
  const line = {
    source: 'def from_s3(x):\n    return -x\n',
    entry: 'from_s3',
    calls: ['from_s3(5)'],
  };
  await store.putIfAbsent('in/part-0/a.jsonl.gz', gzipSync(`${JSON.stringify(line)}\n`));
  store[Symbol.dispose]();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-corpora-'));
  await writeRepository();
  await writePackage();
  await writeRows();
  await putObjects();
  await file(
    'job.yaml',
    `specVersion: 1
name: corpora
corpus:
  - { kind: git, at: repository }
  - { kind: pypi, packages: packages.lock }
  - { kind: parquet, at: rows.parquet, map: { source: content, license: detected } }
  - { kind: mbpp, at: mbpp.jsonl.gz }
  - { kind: codenet, at: problems }
  - { kind: builtin, at: long }
  - { kind: stdlib, at: colorsys }
  - { kind: jsonl, at: "s3://corpora-e2e-in/in/*/*.jsonl.gz" }
inputs: { keep: 9 }
select: { licenses: [MIT, BSD-3-Clause, Apache-2.0, CC-BY-4.0] }
`,
  );
});
afterAll(async () => {
  await index[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Launched {
  readonly how: string;
  readonly published: {
    readonly set: string;
    readonly balance: readonly { readonly holds: boolean }[];
    readonly counts: { readonly recordsRejected: number; readonly invocationsFaulted: number };
  };
}

const env = (): Record<string, string> => ({
  TRACEMILL_BUCKET: BUCKET,
  TRACEMILL_PYPI_INDEX: index.url,
});
const launch = async (spec: string): Promise<Launched> =>
  (await cliJson(['launch', join(folder, spec), '--watch'], { env: env() })) as Launched;

async function rowsOf(set: string): Promise<readonly TraceRow[]> {
  const path = join(setFolder(BUCKET, set), 'traces', 'train-00000-of-00001.parquet');
  return await readTable(TRACES, await readFile(path));
}

const lineEvents = ({ events }: TraceRow): number =>
  (JSON.parse(events) as { kind: string }[]).filter(({ kind }) => kind === 'line').length;

test('a job over all kinds of places publishes rows that say where each is from, and Collatz of 3038 has 619 line events', async () => {
  // First without a selection: the programs and the object of the bucket have no licence that is known.
  const spec = (await readFile(join(folder, 'job.yaml'), 'utf8')).replace(/^select:.*\n/m, '');
  await file('all.yaml', spec.replace('name: corpora', 'name: corpora-all'));
  const { published } = await launch('all.yaml');
  expect(published.balance.every(({ holds }) => holds)).toBe(true);
  expect(published.counts).toMatchObject({ recordsRejected: 0, invocationsFaulted: 0 });
  const rows = await rowsOf(published.set);
  const row = (call: string): TraceRow => rows.find((each) => each.call === call)!;
  expect(row('from_git(1)')).toMatchObject({
    repository: 'https://host.example/group/project',
    path: 'src/mod.py',
    commit,
    license: 'MIT',
    license_source: 'header',
    return_value: '2',
  });
  expect(row('from_pypi(2)')).toMatchObject({
    repository: 'pkg:pypi/thing',
    path: 'thing-1.0/thing/mod.py',
    commit: '1.0',
    license: 'BSD-3-Clause',
    license_source: 'metadata',
    return_value: '4',
  });
  expect(row('from_parquet(3)')).toMatchObject({ license: 'Apache-2.0', return_value: '9' });
  expect(row('from_mbpp(2, 2)')).toMatchObject({ path: 'mbpp/mbpp.jsonl#4', return_value: '4' });
  expect(row('from_s3(5)')).toMatchObject({ return_value: '-5', license: null });
  const programs = rows.filter(({ kind }) => kind === 'program');
  expect(new Set(programs.map(({ stdin, stdout }) => `${stdin}${stdout}`))).toEqual(
    new Set(['21\n42\n', '4\n8\n']),
  );
  const long = rows.filter(({ path }) => path?.startsWith('long/') === true);
  expect(long).toHaveLength(9 + 9 + 5);
  expect(new Set(long.map(({ outcome }) => outcome))).toEqual(new Set(['returned']));
  expect(lineEvents(row('collatz(3038)'))).toBe(619);
  const whole = await cli(['verify', published.set], { env: env() });
  expect(whole.code).toBe(0);
});

test('a selection by licence rejects the records of others, and the same launch finds the same job', async () => {
  const { published } = await launch('job.yaml');
  expect(published.balance.every(({ holds }) => holds)).toBe(true);
  const licenses = new Set((await rowsOf(published.set)).map(({ license }) => license));
  expect(licenses).toEqual(new Set(['MIT', 'BSD-3-Clause', 'Apache-2.0', 'CC-BY-4.0']));
  // A program without a licence, the library under PSF-2.0, and the line of the bucket.
  expect(published.counts.recordsRejected).toBe(3);
  const why = await cli(['why', 'corpora', 'part-0/a.jsonl.gz:1'], { env: env() });
  expect(why.stdout).toContain('license-not-selected');
  expect((await launch('job.yaml')).how).toBe('found');
});

test.each([
  [['--corpus', 'git:nowhere'], 'corpus-missing'],
  [['--corpus', 's3'], 'usage'],
  [['--corpus', 'jsonl:s3://corpora-e2e-in/none/'], 'corpus-empty'],
])('launch %j ends before a job is started', async (args, code) => {
  const ended = await cli(['launch', ...args, '--json'], { env: env() });
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain(`"code":"${code}"`);
});
