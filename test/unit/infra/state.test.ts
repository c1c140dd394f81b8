// services.json: parts that change at once do not overwrite each other, and damage is told.
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readState, updateState } from '../../../infra/dev/state.ts';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tracemill-state-'));
});
afterEach(async () => {
  await rm(home, { recursive: true });
});

const mark = { pid: 7, started: '11' };

test('a home without state has no services', async () => {
  expect(await readState({ home })).toEqual({
    v: 1,
    temporal: null,
    s3: null,
    worker: null,
    llmWorker: null,
  });
});

test('changes of two parts at the same time are both kept, readable by the owner only', async () => {
  const temporal = { mark, port: 1, uiPort: 2, namespace: 'default' };
  const s3 = { mark, port: 3, accessKeyId: 'k' };
  await Promise.all([updateState({ home }, { temporal }), updateState({ home }, { s3 })]);
  expect(await readState({ home })).toEqual({ v: 1, temporal, s3, worker: null, llmWorker: null });
  expect(await readdir(home)).toEqual(['services.json']);
  expect((await stat(join(home, 'services.json'))).mode & 0o777).toBe(0o600);
});

test('a damaged state is a fault that names the file', async () => {
  await writeFile(join(home, 'services.json'), '{"v":1}');
  await expect(readState({ home })).rejects.toMatchObject({ code: 'config-invalid' });
});
