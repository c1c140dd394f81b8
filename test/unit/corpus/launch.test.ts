// What launch reads, decides and uploads before there is a job.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { corpusKey, specKey } from '../../../src/core/keys.ts';
import { loadLaunchSpec, prepareLaunch, uploadLaunch } from '../../../src/corpus/launch.ts';
import type { PreparedLaunch } from '../../../src/corpus/launch.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { readPolicy } from '../../../src/store/stored-policy.ts';
import { bytesOf, launchTools, linesOf, toolsFolder } from '../../support/launch-tools.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { rejectedBy } from '../../support/thrown.ts';

const LINE = '{"source":"def f(): return 1","entry":"f","calls":["f()"]}\n';
let folder: string;
let tools: string;

beforeEach(async () => {
  tools = await toolsFolder();
  folder = await mkdtemp(join(tmpdir(), 'tracemill-launch-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  await rm(tools, { recursive: true });
});

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  return path;
}

async function prepare(
  corpora: readonly string[],
  name: string | null = null,
): Promise<PreparedLaunch> {
  const loaded = await loadLaunchSpec({ specPath: null, corpora, name }, folder);
  return await prepareLaunch(loaded, 'bucket-of-config', await launchTools(tools));
}

test('the same launch gives the same job, another corpus another one', async () => {
  await file('my data.jsonl', LINE);
  const first = await prepare(['jsonl:my data.jsonl']);
  const second = await prepare(['jsonl:my data.jsonl']);
  expect(second.jobId).toBe(first.jobId);
  expect(second.resolvedSpec).toEqual(first.resolvedSpec);
  expect(first.resolvedSpec.name).toMatch(/^my-data-[0-9a-f]{8}$/);
  expect(first.resolvedSpec.output).toEqual({
    bucket: 'bucket-of-config',
    set: `${first.resolvedSpec.name}@v1`,
  });
  expect(first.resolvedSpec.corpus).toEqual([
    { kind: 'jsonl', name: 'my data.jsonl', digest: sha256(LINE), map: {} },
  ]);
  await file('my data.jsonl', LINE + LINE);
  const other = await prepare(['jsonl:my data.jsonl']);
  expect(other.jobId).not.toBe(first.jobId);
  expect(other.resolvedSpec.name).not.toBe(first.resolvedSpec.name);
});

test('paths are relative to the spec file', async () => {
  await file(
    'specs/job.yaml',
    'specVersion: 1\nname: mine\ncorpus: [{ kind: jsonl, at: a.jsonl }]\n',
  );
  await file('specs/a.jsonl', LINE);
  const request = { specPath: 'specs/job.yaml', corpora: [], name: null };
  const loaded = await loadLaunchSpec(request, folder);
  const { resolvedSpec } = await prepareLaunch(loaded, 'b', await launchTools(tools));
  expect(resolvedSpec).toMatchObject({ name: 'mine', output: { set: 'mine@v1' } });
});

test('an upload writes each corpus under its digest and the resolved spec', async () => {
  await file('a.jsonl', LINE);
  await file('pkg/b.py', 'def g(): pass\n');
  const prepared = await prepare(['jsonl:a.jsonl', 'files:pkg'], 'two');
  const store = new MemoryStore();
  await uploadLaunch(store, prepared);
  await uploadLaunch(store, prepared);
  for (const { digest } of prepared.corpora) {
    expect(sha256(await store.get(corpusKey(digest)))).toBe(digest);
  }
  const spec: unknown = JSON.parse(
    Buffer.from(await store.get(specKey(prepared.jobId))).toString(),
  );
  expect(spec).toEqual(prepared.resolvedSpec);
});

test('a corpus that changes between reading and upload is not uploaded', async () => {
  await file('a.jsonl', LINE);
  const prepared = await prepare(['jsonl:a.jsonl']);
  await file('a.jsonl', `${LINE} `);
  const error = await rejectedBy(uploadLaunch(new MemoryStore(), prepared));
  expect(error).toMatchObject({ code: 'corpus-unreadable' });
  expect(error.message).toContain('changed while it was read');
});

test('a folder is an archive of its Python files in order of their paths', async () => {
  await file('pkg/b.py', 'x = 1\n');
  await file('pkg/a/é.py', Buffer.from([0xff]));
  await file('pkg/a.py', 'y'.repeat(2 ** 20 + 1));
  await file('pkg/__pycache__/b.py', 'no');
  await file('pkg/.git/c.py', 'no');
  await file('pkg/notes.txt', 'no');
  await symlink(join(folder, 'pkg/b.py'), join(folder, 'pkg/link.py'));
  const [corpus] = (await prepare(['files:pkg'])).corpora;
  expect(await linesOf(corpus!)).toEqual([
    { path: 'a.py', bytes: 2 ** 20 + 1 },
    { path: 'a/é.py', base64: '/w==' },
    { path: 'b.py', text: 'x = 1\n' },
  ]);
});

test('one file is an archive of itself', async () => {
  await file('pkg/b.py', 'x = 1\n');
  const [corpus] = (await prepare(['files:pkg/b.py'])).corpora;
  expect(corpus?.name).toBe('pkg');
  expect((await bytesOf(corpus!)).toString()).toBe('{"path":"b.py","text":"x = 1\\n"}\n');
});

test('two corpora of one name are told apart', async () => {
  await file('x/a.jsonl', LINE);
  await file('y/a.jsonl', LINE + LINE);
  const { resolvedSpec } = await prepare(['jsonl:x/a.jsonl', 'jsonl:y/a.jsonl']);
  expect(resolvedSpec.corpus.map(({ name }) => name)).toEqual(['a.jsonl', 'a.jsonl~2']);
});

test.each<[string, string | Uint8Array, string, string]>([
  ['empty', '', 'corpus-empty', 'holds no line'],
  ['blank', ' \n\r\n\t', 'corpus-empty', 'holds no line'],
  ['no JSON at all', 'def f():\n    pass\n', 'corpus-unreadable', 'no line that is a JSON object'],
  ['damaged gzip', gzipSync(LINE).subarray(0, 30), 'corpus-unreadable', 'does not decompress'],
  ['UTF-16', Buffer.from(`\uFEFF${LINE}`, 'utf16le'), 'corpus-unreadable', 'is UTF-16'],
])('a file that is %s is refused as a whole', async (_what, content, code, says) => {
  await file('a.jsonl', content);
  const error = await rejectedBy(prepare(['jsonl:a.jsonl']));
  expect(error).toMatchObject({ code });
  expect(error.message).toContain(says);
  expect(error.message).toContain('a.jsonl');
});

test('a path that is not there, a folder for a file and an empty folder are refused', async () => {
  await mkdir(join(folder, 'empty'));
  expect(await rejectedBy(prepare(['jsonl:no.jsonl']))).toMatchObject({ code: 'corpus-missing' });
  expect(await rejectedBy(prepare(['files:no']))).toMatchObject({ code: 'corpus-missing' });
  expect(await rejectedBy(prepare(['jsonl:empty']))).toMatchObject({ code: 'corpus-empty' });
  expect(await rejectedBy(prepare(['files:empty']))).toMatchObject({ code: 'corpus-empty' });
});

test('a line of another kind of mistake does not refuse the corpus', async () => {
  await file('a.jsonl', `${LINE}{broken\n`);
  expect((await prepare(['jsonl:a.jsonl'])).corpora).toHaveLength(1);
});

test('a spec file that is not there is wrong usage', async () => {
  const request = { specPath: 'no.yaml', corpora: [], name: null };
  expect(await rejectedBy(loadLaunchSpec(request, folder))).toMatchObject({ code: 'usage' });
});

test('a name given beside a spec file obeys the rules of its key', async () => {
  await file('job.yaml', 'specVersion: 1\ncorpus: [{ kind: jsonl, at: a.jsonl }]\n');
  const request = { specPath: 'job.yaml', corpora: [], name: 'Not A Name' };
  expect(await rejectedBy(loadLaunchSpec(request, folder))).toMatchObject({ code: 'spec-invalid' });
});

test('a policy file goes with the job, by what it says and not by where it lies', async () => {
  await file('f.jsonl', LINE);
  const spec = (policy: string): string =>
    JSON.stringify({
      specVersion: 1,
      name: 'p',
      corpus: [{ kind: 'jsonl', at: 'f.jsonl' }],
      policy,
    });
  const launch = async (policy: string): Promise<PreparedLaunch> => {
    const specPath = await file('spec.json', spec(policy));
    const loaded = await loadLaunchSpec({ specPath, corpora: [], name: null }, '/');
    return await prepareLaunch(loaded, 'b', await launchTools(tools));
  };
  await file('a/strict.yaml', 'policyVersion: 1\nname: strict@1\nsteps: { min: 2 }\n');
  await file(
    'b.yml',
    '{ name: strict@1, steps: { min: 2 }, labels: [borderline, tampered, threads, nondeterministic], policyVersion: 1 }',
  );
  await file('c.yaml', 'policyVersion: 1\nname: strict@1\nsteps: { min: 3 }\n');
  const first = await launch('a/strict.yaml');
  expect((await launch('b.yml')).jobId).toBe(first.jobId);
  expect((await launch('c.yaml')).jobId).not.toBe(first.jobId);
  expect((await launch('default@1')).resolvedSpec.policy).toBe('default@1');
  const store = new MemoryStore();
  await uploadLaunch(store, first);
  const { policy } = first.resolvedSpec;
  expect(await readPolicy(store, first.jobId, policy)).toEqual(first.policy);
  const missing = await rejectedBy(launch('none.yaml'));
  expect(missing).toMatchObject({ code: 'usage' });
  await file('bad.yaml', 'policyVersion: 2\n');
  expect(await rejectedBy(launch('bad.yaml'))).toMatchObject({ code: 'policy-invalid' });
});
