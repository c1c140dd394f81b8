// What a new user does first: one command, from services to a readable trace; the second time the same job is found.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { renderDynamic } from '../../src/render/dynamic.ts';
import type { SetManifest } from '../../src/store/manifest.ts';
import { TRACES } from '../../src/store/tables.ts';
import { readTable } from '../../src/store/table-file.ts';
import { cli } from '../support/cli.ts';
import { setFolder } from '../support/data-objects.ts';
import { pythonVenv } from '../support/python-venv.ts';
import { testServices } from '../support/services.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function quickstart(): string {
  return execFileSync(process.execPath, ['scripts/quickstart.mjs'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TRACEMILL_HOME: inject('tracemillHome'), NO_COLOR: '1' },
  });
}

test('the quickstart traces real functions and shows what came out', async () => {
  await testServices();
  const first = quickstart();
  expect(first).toMatch(/returned\s+\d+/);
  expect(first).toMatch(/accepted\s+\d+/);
  expect(first).toContain('The balance holds');
  expect(first).not.toContain('faulted');
  expect(first).toMatch(/sets\//);
  const second = quickstart();
  expect(second).toContain('The balance holds');
  // The same job, not another that ended alike: what it took is a property of the job.
  const took = String(/published after .*/.exec(first)?.[0]);
  expect(second).toContain(took);
});

/** What the reader in Python makes of a set. */
interface Read {
  readonly isWhatSpansSay: boolean;
  readonly examples: number;
  readonly fitting: number;
  readonly boundaries: { readonly wrong: number; readonly across: number };
  readonly lengths: readonly number[];
  /** Digest of the dynamic text by id of the trace. */
  readonly states: Readonly<Record<string, string>>;
}

async function readInPython(folder: string): Promise<Read> {
  const venv = await pythonVenv('read-set', ['pyarrow==22.0.0']);
  const script = fileURLToPath(new URL('read_set.py', import.meta.url));
  const stdout = execFileSync(
    join(venv, 'bin', 'python'),
    ['-B', script, folder, join(root, 'reader', 'README.md')],
    { encoding: 'utf8', env: { PYTHONPATH: join(root, 'reader', 'src') } },
  );
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Read;
}

/** Of traces whose states are compared; read_set.py has the same. */
const EVENTS_MAX = 40;

async function statesOf(folder: string): Promise<Record<string, string>> {
  const found: [string, string][] = [];
  for (const file of await readdir(join(folder, 'traces'))) {
    for (const row of await readTable(TRACES, await readFile(join(folder, 'traces', file)))) {
      if (row.n_events > EVENTS_MAX) continue;
      found.push([row.id, createHash('sha256').update(renderDynamic(row)).digest('hex')]);
    }
  }
  return Object.fromEntries(found);
}

test('its set gets texts in which each state decides the next, and a reader of Python learns from them', async () => {
  await testServices();
  quickstart();
  const formats = ['dynamic', 'inverse', 'direct', 'compact', 'cwm'];
  const rendered = await cli([
    ...['render', 'quickstart@v1', '--format', ...formats],
    // Short enough that texts with a whole module of the library are left out.
    ...['--pairs', '4', '--context', '2000', '--as', 'quickstart@v2'],
  ]);
  expect(rendered.stderr).toBe('');
  expect((await cli(['status', 'quickstart', '--watch'])).code).toBe(0);
  const verified = await cli(['verify', 'quickstart@v2']);
  expect(verified.stdout).not.toContain('FAILED');
  expect(verified.code).toBe(0);
  const folder = setFolder('tracemill', 'quickstart@v2');
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as SetManifest;
  const { counts, selfContained } = manifest.text ?? expect.unreachable();
  expect(selfContained.ambiguous).toBe(0);
  expect(selfContained.states).toBeGreaterThan(10_000);

  const read = await readInPython(folder);
  expect(read).toMatchObject({ isWhatSpansSay: true, lengths: [8_192], boundaries: { wrong: 0 } });
  expect(read.examples).toBe(read.fitting);
  expect(read.fitting).toBeGreaterThan(counts.published / 2);
  expect(Object.keys(read.states).length).toBeGreaterThan(150);
  expect(read.states).toEqual(await statesOf(folder));
});
