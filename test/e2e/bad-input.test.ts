// Mistakes and missing services: one clear sentence, the right exit code, nothing half-written.
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli, cliJson } from '../support/cli.ts';
import { setFolder } from '../support/data-objects.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-bad-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const GOOD = JSON.stringify({
  source: 'def double(x):\n    return 2 * x\n',
  entry: 'double',
  calls: ['double(21)'],
});

async function corpusOf(name: string, content: string | Buffer): Promise<string> {
  await writeFile(join(folder, name), content);
  return `jsonl:${join(folder, name)}`;
}

/** Exactly one line on stderr, which says what is wrong. */
function sentence(stderr: string): string {
  const lines = stderr.trim().split('\n');
  expect(lines).toHaveLength(1);
  return lines[0] ?? '';
}

test.each([
  ['a corpus that is not there', 'missing.jsonl', null, /missing\.jsonl/],
  ['an empty corpus', 'empty.jsonl', '', /empty/],
])('%s is a mistake of the user', async (_what, name, content, message) => {
  const corpus = content === null ? `jsonl:${join(folder, name)}` : await corpusOf(name, content);
  const result = await cli(['launch', '--corpus', corpus]);
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(sentence(result.stderr)).toMatch(message);
});

test('an unknown option, an unknown kind of corpus and an unknown key of a spec end with code 2', async () => {
  const spec = join(folder, 'bad.yaml');
  await writeFile(spec, 'specVersion: 1\nname: x\ncorpsu: []\n');
  const mistakes = [
    ['launch', '--no-such'],
    ['launch', '--corpus', 'zip:x'],
    ['launch', spec],
  ];
  for (const mistake of mistakes) {
    const result = await cli(mistake);
    expect({ mistake, code: result.code, stdout: result.stdout }).toEqual({
      mistake,
      code: 2,
      stdout: '',
    });
  }
});

test.each([
  ['Temporal', { TRACEMILL_TEMPORAL_ADDRESS: '127.0.0.1:1' }, /Temporal.*127\.0\.0\.1:1/],
  ['Docker', { TRACEMILL_DOCKER_SOCKET: '/nonexistent/docker.sock' }, /Docker.*nonexistent/],
  ['S3', { TRACEMILL_S3_ENDPOINT: 'http://127.0.0.1:1' }, /S3.*127\.0\.0\.1:1/],
])('a launch without %s ends with code 3', async (_what, env, message) => {
  const secret = join(folder, 'secret');
  await writeFile(secret, 'x');
  const result = await cli(['launch', '--corpus', await corpusOf('good.jsonl', `${GOOD}\n`)], {
    env: {
      TRACEMILL_S3_ACCESS_KEY_ID: 'x',
      TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: secret,
      ...env,
    },
  });
  expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 3, stdout: '' });
  expect(result.stderr).toMatch(message);
  expect(result.stderr).toMatch(/docs\/errors\.md says what to do$/m);
});

test('records that are broken are rejected with their reason, and the others are traced', async () => {
  const lines = Array.from({ length: 20 }, () => GOOD);
  lines[3] = JSON.stringify({ source: 'print "two"\n', entry: 'f', calls: ['f()'] });
  lines[9] = JSON.stringify({ source: 'def f(): return 1\n', entry: 'g', calls: ['g()'] });
  lines[16] = '{"source": ';
  const bytes = lines.map((text) => Buffer.from(`${text}\n`));
  bytes[12] = Buffer.concat([
    Buffer.from('{"source": "'),
    Buffer.from([0xff]),
    Buffer.from('"}\n'),
  ]);
  const spec = join(folder, 'rejects.yaml');
  await corpusOf('rejects.jsonl', Buffer.concat(bytes));
  await writeFile(
    spec,
    'specVersion: 1\nname: rejects\ncorpus: [{ kind: jsonl, at: rejects.jsonl }]\noutput: { set: rejects@v1 }\n',
  );
  const env = { TRACEMILL_BUCKET: 'rejects' };
  const launched = (await cliJson(['launch', spec, '--watch'], { env })) as {
    readonly published: { readonly counts: Readonly<Record<string, unknown>> };
  };
  expect(launched.published.counts).toMatchObject({
    recordsRead: 20,
    recordsParsed: 16,
    recordsRejected: 4,
  });
  const reasons: Readonly<Record<number, string>> = {
    4: 'syntax-error',
    10: 'entry-missing',
    13: 'not-utf8',
    17: 'not-json',
  };
  for (const [number, reason] of Object.entries(reasons)) {
    const why = await cli(['why', 'rejects@v1', `rejects.jsonl:${number}`], { env });
    expect(why.stdout).toContain(reason);
  }
  expect((await stat(join(setFolder('rejects', 'rejects@v1'), 'manifest.json'))).isFile()).toBe(
    true,
  );
});
