// The name of the sandbox image follows what goes into it, and nothing else.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sandboxReference } from '../../../infra/dev/sandbox-image.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tracemill-image-'));
  await mkdir(join(root, 'tracer', 'tests'), { recursive: true });
  await writeFile(join(root, 'tracer', 'a.py'), 'a = 1\n');
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

test('a change of a source or of a base image names another image; a test does not', async () => {
  const before = await sandboxReference(root, ['base']);
  expect(before).toMatch(/^tracemill-sandbox:[0-9a-f]{16}$/);
  await writeFile(join(root, 'tracer', 'tests', 'test_a.py'), 'b = 1\n');
  expect(await sandboxReference(root, ['base'])).toBe(before);
  expect(await sandboxReference(root, ['other'])).not.toBe(before);
  await writeFile(join(root, 'tracer', 'a.py'), 'a = 2\n');
  expect(await sandboxReference(root, ['base'])).not.toBe(before);
});

test('another lock file of packages names another image', async () => {
  const lock = (text: string) => ({ path: 'packages.lock', bytes: Buffer.from(text) });
  const none = await sandboxReference(root, ['base']);
  const one = await sandboxReference(root, ['base'], lock('a==1'));
  expect(one).not.toBe(none);
  expect(await sandboxReference(root, ['base'], lock('a==2'))).not.toBe(one);
  expect(await sandboxReference(root, ['base'], lock('a==1'))).toBe(one);
});
