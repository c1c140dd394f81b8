// The tests of a tiny package run in a container made of the sandbox image, and the lines that they reach come back.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testServices } from '../../support/services.ts';

interface Container {
  ask: (program: string, request: object) => Promise<unknown>;
  remove: () => Promise<void>;
}
interface Answer {
  readonly units: readonly { name: string; outcome: string; tests: number; why: string | null }[];
}
const url = (path: string) => new URL(`../../../${path}`, import.meta.url).href;
const { openContainer } = (await import(url('bench/own-tests/container.mjs'))) as {
  openContainer: (services: object, parts: object) => Promise<Container>;
};
type Ask = (program: string, request: object) => Promise<unknown>;
const { keyOf, reachedLines } = (await import(url('bench/own-tests/reached.mjs'))) as {
  keyOf: (files: string[], words: string[]) => string;
  reachedLines: (
    from: { cache: string; ask: Ask },
    groups: object[],
    say: () => void,
  ) => Promise<{ units: Answer['units']; lines: ReadonlyMap<string, ReadonlySet<number>> }>;
};
const { ensureTestWheels } = (await import(url('scripts/lib/python-tools.mjs'))) as {
  ensureTestWheels: (say: (line: string) => void) => Promise<string>;
};

const TINY = `import os


def sign(value):
    if value < 0:
        return -1
    return 1 if value else 0


def leave(status):
    status = status + 1
    os._exit(status)


def never(value):
    return value
`;
const TEST = `import os, subprocess, sys
import pytest, tiny


def test_sign():
    assert tiny.sign(2) == 1


def test_a_process_that_ends_at_once():
    code = "import tiny; tiny.leave(4)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 5


def test_that_nothing_is_in_reach():
    with pytest.raises(OSError):
        open("/opt/packages/tiny.py", "a")
    assert os.listdir("/sys/class/net") == ["lo"]
`;
const FILES = {
  'tree/tiny-1.0/src/tiny.py': TINY,
  'tree/tiny-1.0/tests/test_tiny.py': TEST,
  'tree/tiny-1.0/tests/test_other.py': 'import tiny_extras\n',
  'tree/tiny-1.0/tests/conftest.py':
    'import pathlib, sys\nsys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "src"))\n',
  'image/tiny.py': TINY,
  'image/tiny-1.0.dist-info/RECORD': 'tiny.py,,\n',
};

let folder: string;
let image: string;
let container: Container;
let docker: (...args: string[]) => void;

beforeAll(async () => {
  const { services } = await testServices();
  const { socketPath } = services.docker;
  docker = (...args) => {
    execFileSync('docker', ['--host', `unix://${socketPath}`, ...args], { stdio: 'ignore' });
  };
  folder = await mkdtemp(join(tmpdir(), 'tracemill-tiny-'));
  const dockerfile = `FROM ${services.sandboxImage.reference}\nCOPY . /opt/packages/\n`;
  for (const [path, text] of Object.entries({ ...FILES, 'image/Dockerfile': dockerfile })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const archive = join(folder, 'tiny.tar.gz');
  await create({ gzip: true, file: archive, cwd: join(folder, 'tree') }, ['tiny-1.0']);
  image = `tracemill-tiny:${String(process.pid)}`;
  docker('build', '--network', 'none', '--tag', image, join(folder, 'image'));
  const wheels = await ensureTestWheels(() => undefined);
  const sdists = new Map([['tiny-1.0', archive]]);
  container = await openContainer({ socketPath, image }, { suite: image, wheels, sdists });
});

afterAll(async () => {
  await container.remove();
  docker('rmi', '--force', image);
  await rm(folder, { recursive: true });
});

test('lines of functions are told by the file of the image, those of ended processes too, once', async () => {
  const tests = { library: [], trees: ['tiny-1.0'] };
  const groups = [{ key: keyOf([], ['tiny']), tests }];
  const reached = (ask: Ask) => reachedLines({ cache: folder, ask }, groups, () => undefined);
  const { units, lines } = await reached((program, request) => container.ask(program, request));
  expect(units).toMatchObject([
    { name: 'tests/test_other.py', outcome: 'not run', tests: 0 },
    { name: 'tests/test_tiny.py', outcome: 'passed', tests: 3, why: null },
  ]);
  expect(units[0]?.why).toContain("No module named 'tiny_extras'");
  expect(lines.get('/opt/packages/tiny.py')).toEqual(new Set([5, 7, 11, 12]));
  const again = await reached(() => Promise.reject(new Error('it is kept')));
  expect(again).toEqual({ units, lines });
});

test('lines of a function are counted as the search counts them, in its file and in its slice', async () => {
  const path = '/opt/packages/tiny.py';
  const sign = `X = 1\n${TINY.split('\n').slice(3, 8).join('\n')}\n`;
  const found = await container.ask('count_lines.py', [
    { path, qualname: 'sign', slice: { source: sign, entry: 'sign' } },
    { path, qualname: 'absent', slice: null },
  ]);
  expect(found).toEqual([
    { path, part: 'tiny', lines: [5, 6, 7], slice_lines: 3 },
    { path, part: 'tiny', lines: null, slice_lines: 0 },
  ]);
});
