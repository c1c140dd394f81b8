// Scripts for hosts: what a value holds is never read by a shell, and what a host says is understood.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { machineFiles } from '../../../src/fleet/machine.ts';
import { fleetSettingsSchema } from '../../../src/fleet/settings.ts';
import { shellWord, writeFileLines } from '../../../src/fleet/shell.ts';
import { parseStatus } from '../../../src/fleet/static-scripts.ts';

const folder = mkdtempSync(join(tmpdir(), 'tracemill-scripts-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const shell = (script: string): string =>
  execFileSync('sh', ['-s'], { input: script, encoding: 'utf8' });

const HOSTILE = [`'; touch ${folder}/pwned; '`, '$(id)', '`id`', '\\', '-n', 'a\nb', '"', '日本'];

test.each(HOSTILE)('the word %j reaches a shell as it is', (text) => {
  expect(shell(`printf %s ${shellWord(text)}`)).toBe(text);
});

test('a file is written whole, with its bytes and its mode, whatever they are', () => {
  const path = join(folder, "it's a name");
  const content = `${HOSTILE.join('\n')}\nEND\n${'x'.repeat(300)}`;
  shell(`set -eu\n${writeFileLines(path, '0400', content).join('\n')}\n`);
  expect(readFileSync(path, 'utf8')).toBe(content);
  expect(statSync(path).mode & 0o777).toBe(0o400);
});

test('what a host says of its machine is read, and a host of nobody is free', () => {
  const said = 'fleet=main\nlaunched=1790000000000\nleaving=yes\nNRestarts=4\nActiveState=active\n';
  expect(parseStatus(`${said}said=one = 1\nsaid=two\n`)).toEqual({
    fleet: 'main',
    launchedAtMs: 1_790_000_000_000,
    isLeaving: true,
    active: 'active',
    restarts: 4,
    lastWords: 'one = 1 | two',
  });
  expect(parseStatus('fleet=\nlaunched=\nActiveState=inactive\nNRestarts=0\n')).toMatchObject({
    fleet: '',
    launchedAtMs: null,
    isLeaving: false,
  });
});

const SOURCES = {
  'load-image': '#!/bin/sh\n',
  'run-worker': '#!/bin/sh\n',
  prepare: '#!/bin/sh\n',
  'tracemill-worker.service': 'ExecStart=/etc/tracemill/bin/run-worker\n',
};
const IMAGES = { worker: `sha256:${'a'.repeat(64)}`, sandbox: `sha256:${'b'.repeat(64)}` };

test('a machine is told its images, roles and configuration in files without secrets', () => {
  const setup = {
    images: IMAGES,
    roles: ['trace'],
    logs: null,
    variables: { TRACEMILL_SLOTS: '4' },
  };
  const files = new Map(
    machineFiles(setup, SOURCES, '/srv/t').map(({ path, content }) => [path, content]),
  );
  expect(files.get('/srv/t/worker.env')).toBe(
    `TRACEMILL_SANDBOX_IMAGE=${IMAGES.sandbox}\nTRACEMILL_SLOTS=4\n`,
  );
  expect(files.get('/srv/t/machine.env')).toContain(`TRACEMILL_WORKER_IMAGE=${IMAGES.worker}\n`);
  expect(files.get('/etc/systemd/system/tracemill-worker.service')).toBe(
    'ExecStart=/srv/t/bin/run-worker\n',
  );
  const broken = { ...setup, variables: { TRACEMILL_BUCKET: 'a\nTRACEMILL_ASLR=on' } };
  expect(() => machineFiles(broken, SOURCES)).toThrow(/TRACEMILL_BUCKET has several lines/);
});

const BASE = { fleetVersion: 1, name: 'main', max: 3 };
const machine = { images: IMAGES };

test.each([
  ['no machine', { kind: 'static', hosts: ['a'] }, null, 'needs `machine`'],
  ['an option', { kind: 'static', hosts: ['-oProxyCommand=id'] }, machine, 'not a name'],
  [
    'an address that is an option',
    { kind: 'static', hosts: [{ name: 'a', address: '-x' }] },
    machine,
    'not the name or address',
  ],
  ['a user that is an option', { kind: 'static', hosts: ['a'], user: '-l' }, machine, 'pattern'],
  ['two of one name', { kind: 'static', hosts: ['a', 'a'] }, machine, 'two hosts have one name'],
  [
    'a tag',
    { kind: 'static', hosts: ['a'] },
    { images: { ...IMAGES, worker: 'x:latest' } },
    'is not sha256',
  ],
])('hosts with %s are refused', (_, provider, told, sentence) => {
  const parsed = fleetSettingsSchema.safeParse({ ...BASE, provider, machine: told });
  expect(JSON.stringify(parsed.error?.issues)).toContain(sentence);
});
