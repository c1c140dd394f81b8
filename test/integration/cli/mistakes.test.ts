// Mistakes and missing services at launch, through the whole command line: one sentence, the right exit code, and
// nothing started or written. Addresses are of ports on which nothing listens, so no server is touched.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../../src/cli/program.ts';
import { createGateway } from '../../../src/main/cli-gateway.ts';

let folder = '';
let home = '';
/** Nobody listens there, and no connection of this machine gets it for its own end. */
const DEAD_PORT = 1;
const listener = createServer();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-cli-'));
  home = join(folder, 'home');
  await writeFile(join(folder, 'secret'), 'secret');
  await writeFile(
    join(folder, 'good.jsonl'),
    '{"source":"def f(n):\\n    return n\\n","entry":"f","calls":["f(3)"]}\n',
  );
  await writeFile(join(folder, 'empty.jsonl'), '');
  await writeFile(join(folder, 'prose.jsonl'), 'this is no JSON\nnor is this\n');
  await writeFile(join(folder, 'latin.jsonl'), Buffer.from([0xff, 0xfe, 0x7b, 0x00]));
  await mkdir(join(folder, 'no-python'));
  await writeFile(join(folder, 'unknown-key.yaml'), 'specVersion: 1\ncorpus: []\nslots: 3\n');
  await writeFile(
    join(folder, 'later.yaml'),
    'specVersion: 1\ncorpus: [{ kind: jsonl, at: good.jsonl }]\ntrace: { packages: lock.txt }\n',
  );
  await writeFile(join(folder, 'no-yaml.yaml'), 'corpus: [\n');
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  await new Promise((resolve) => listener.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

/** `temporal: 'dead'` is a port on which nothing listens; `'listening'` takes the connection and says nothing. */
async function tracemill(
  argv: readonly string[],
  temporal: 'dead' | 'listening' = 'dead',
): Promise<{ code: number; out: string; err: string }> {
  const told = { out: '', err: '' };
  const port = temporal === 'dead' ? DEAD_PORT : (listener.address() as AddressInfo).port;
  const gateway = createGateway({
    releaseInterrupt: () => undefined,
    environment: {
      TRACEMILL_HOME: home,
      TRACEMILL_TEMPORAL_ADDRESS: `127.0.0.1:${String(port)}`,
      TRACEMILL_S3_ENDPOINT: `http://127.0.0.1:${String(DEAD_PORT)}`,
      TRACEMILL_S3_ACCESS_KEY_ID: 'key',
      TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: join(folder, 'secret'),
    },
  });
  const code = await runCli({
    argv,
    version: '0',
    out: { write: (text) => (told.out += text) },
    err: { write: (text) => (told.err += text) },
    gateway: () => Promise.resolve(gateway),
    signal: new AbortController().signal,
  });
  await gateway.close();
  return { code, ...told };
}

const at = (name: string): string => join(folder, name);

const MISTAKES: readonly (readonly [string, () => readonly string[], RegExp])[] = [
  ['a spec that is not there', () => [at('none.yaml')], /job spec ".*none\.yaml" is not there/],
  ['a spec that is no YAML', () => [at('no-yaml.yaml')], /no-yaml\.yaml" line \d+ is no YAML/],
  [
    'a spec with an unknown key',
    () => [at('unknown-key.yaml')],
    /slots is no key of the job spec; remove it or correct its name/,
  ],
  [
    'a spec with a key of a later stage',
    () => [at('later.yaml')],
    /trace\.packages .*not built yet/,
  ],
  ['a corpus of no kind', () => ['--corpus', at('good.jsonl')], /is not KIND:WHERE/],
  [
    'a corpus file that is not there',
    () => ['--corpus', `jsonl:${at('none.jsonl')}`],
    /corpus ".*none\.jsonl" is not there; check the path/,
  ],
  [
    'an empty corpus file',
    () => ['--corpus', `jsonl:${at('empty.jsonl')}`],
    /corpus ".*empty\.jsonl" holds no line/,
  ],
  [
    'a folder without Python files',
    () => ['--corpus', `files:${at('no-python')}`],
    /corpus ".*no-python" holds no \.py file/,
  ],
  [
    'a corpus file without one JSON object',
    () => ['--corpus', `jsonl:${at('prose.jsonl')}`],
    /corpus ".*prose\.jsonl" has no line that is a JSON object/,
  ],
  [
    'a corpus file in UTF-16',
    () => ['--corpus', `jsonl:${at('latin.jsonl')}`],
    /corpus ".*latin\.jsonl" is UTF-16; write it as UTF-8/,
  ],
];

for (const [what, argv, sentence] of MISTAKES) {
  test(`launching ${what} ends with exit code 2 before anything is started or written`, async () => {
    const { code, out, err } = await tracemill(['launch', ...argv()]);
    expect(err).toMatch(/^tracemill: /);
    expect(err).toMatch(sentence);
    expect(out).toBe('');
    expect(code).toBe(2);
    await expect(readdir(home)).rejects.toThrow('ENOENT');
  });
}

test('with Temporal down a launch ends with exit code 3 and says where it looked', async () => {
  const { code, err } = await tracemill(['launch', '--corpus', `jsonl:${at('good.jsonl')}`]);
  expect(err).toContain(`Temporal server answers at 127.0.0.1:${String(DEAD_PORT)}`);
  expect(err).toContain('temporal-unreachable');
  expect(code).toBe(3);
});

test('with S3 down a launch ends with exit code 3 and says where it looked', async () => {
  const corpus = `jsonl:${at('good.jsonl')}`;
  const { code, err } = await tracemill(['launch', '--corpus', corpus], 'listening');
  expect(err).toContain(`S3 server answers at http://127.0.0.1:${String(DEAD_PORT)}`);
  expect(err).toContain('store-unreachable');
  expect(code).toBe(3);
});

for (const argv of [
  ['status'],
  ['jobs'],
  ['show', '@last'],
  ['why', '@last', 'x'],
  ['pause', 'j'],
]) {
  test(`with Temporal down ${argv[0] ?? ''} ends with exit code 3`, async () => {
    const { code, out, err } = await tracemill(argv);
    expect(err).toContain('Temporal does not answer at');
    expect(out).toBe('');
    expect(code).toBe(3);
  });
}

test('with S3 down verify of a set ends with exit code 3', async () => {
  const { code, err } = await tracemill(['verify', 'set@v1']);
  expect(err).toContain('S3 does not answer at');
  expect(code).toBe(3);
});
