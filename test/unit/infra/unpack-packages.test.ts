// What the build of the image does with wheels: all that the lock file names, nothing else, and nowhere else.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const run = promisify(execFile);
const MAKE = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as archive:
    for name in sys.argv[2:]:
        archive.writestr(name, "text of " + name)
`;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-wheels-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Digest of a wheel with these members. */
async function wheel(name: string, members: readonly string[]): Promise<string> {
  const path = join(folder, `${name}-1.0-py3-none-any.whl`);
  await run('python3', ['-c', MAKE, path, ...members]);
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

async function unpack(lock: string): Promise<string[]> {
  await writeFile(join(folder, 'lock'), lock);
  const target = join(folder, 'out');
  await run('python3', [
    ...['-I', 'infra/docker/packages/unpack.py', join(folder, 'lock')],
    ...[folder, target],
  ]);
  return (await readdir(target, { recursive: true })).sort();
}

const line = (name: string, digest: string): string => `${name}==1.0 --hash=sha256:${digest}\n`;

test('wheels are unpacked beside each other, without their scripts', async () => {
  const a = await wheel('a', ['a/__init__.py', 'a-1.0.data/scripts/tool']);
  const b = await wheel('b', ['b.py', 'b-1.0.data/purelib/c.py']);
  expect(await unpack(`# two\n${line('a', a)}${line('b', b)}`)).toEqual([
    'a',
    'a/__init__.py',
    'b.py',
    'c.py',
  ]);
});

test.each([
  ['a wheel that is not there', ['a.py'], line('a', '0'.repeat(64)), /0 wheels fit/],
  ['a wheel that no line names', ['a.py'], '', /not in the lock file/],
  ['a line without a digest', ['a.py'], 'a==1.0\n', /not name==version/],
  [
    'a range of versions',
    ['a.py'],
    `a>=1.0 --hash=sha256:${'0'.repeat(64)}\n`,
    /not name==version/,
  ],
])('%s is refused', async (_, members, lock, message) => {
  await wheel('a', members);
  await expect(unpack(lock)).rejects.toThrow(message);
});

test('a member that leaves the folder and a file of two wheels are refused', async () => {
  const a = await wheel('a', ['../a.py']);
  await expect(unpack(line('a', a))).rejects.toThrow(/a wheel names/);
  const again = await wheel('a', ['same.py']);
  const b = await wheel('b', ['same.py', 'b.py']);
  await expect(unpack(line('a', again) + line('b', b))).rejects.toThrow(/FileExistsError/);
});
