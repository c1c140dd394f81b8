// Commands with limits, and programs that stay: ended only where they are still the same.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  answers,
  freePort,
  isAlive,
  markOf,
  spawnDetached,
  stopProcess,
  waitFor,
} from '../../../infra/dev/processes.ts';
import { lastLines, run, which } from '../../../infra/dev/run.ts';

/** In which a shell has said its first word, on a busy machine too. */
const STARTS_MS = 2_000;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracemill-processes-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('a command gives its code, its output and its log', async () => {
  const logFile = join(folder, 'log', 'a.log');
  const command = ['sh', '-c', 'echo out; echo "$ADDED" >&2; exit 3'];
  const result = await run(command, { timeoutMs: 60_000, env: { ADDED: 'yes' }, logFile });
  expect(result).toEqual({ ok: false, code: 3, output: 'out\nyes\n', cut: null });
  expect(await readFile(logFile, 'utf8')).toBe('out\nyes\n');
});

test('a command that takes too long is ended with its children', async () => {
  const result = await run(['sh', '-c', 'sleep 600 & echo $!; wait'], { timeoutMs: STARTS_MS });
  expect(result).toMatchObject({ ok: false, cut: 'timeout' });
  const child = Number(result.output);
  expect(child).toBeGreaterThan(1);
  await expect.poll(() => markOf(child)).toBeNull();
});

test('a command that falls silent is ended', async () => {
  const result = await run(['sh', '-c', 'echo one; sleep 600'], {
    timeoutMs: 300_000,
    silenceMs: STARTS_MS,
  });
  expect(result).toMatchObject({ ok: false, cut: 'silence', output: 'one\n' });
});

test('a command that is not installed is told as such', async () => {
  const name = 'tracemill-no-such-command';
  expect(await run([name], { timeoutMs: 60_000 })).toMatchObject({ cut: 'not-found' });
  expect(await run([name], { timeoutMs: 60_000, env: { A: 'b' } })).toMatchObject({
    cut: 'not-found',
  });
  expect(await which(name)).toBeNull();
  expect(await which('sh')).toMatch(/^\/.*sh$/);
});

test('an error message quotes the last lines only', () => {
  expect(lastLines('a\nb\nc\nd\n')).toBe('b | c | d');
});

test('a detached program is found again and ended', async () => {
  const mark = await spawnDetached({ command: ['sleep', '600'], logFile: join(folder, 'a.log') });
  expect(await isAlive(mark)).toBe(true);
  expect(await stopProcess(mark, 30_000)).toBe(true);
  expect(await isAlive(mark)).toBe(false);
  expect(await stopProcess(mark, 30_000)).toBe(false);
});

test('a program that ignores the request is killed after the grace', async () => {
  const command = ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done'];
  const logFile = join(folder, 'a.log');
  const mark = await spawnDetached({ command, logFile });
  const isReady = async (): Promise<boolean> => (await readFile(logFile, 'utf8')) !== '';
  expect(await waitFor(isReady, { timeoutMs: 30_000 })).toBe(true);
  expect(await stopProcess(mark, 200)).toBe(true);
  expect(await isAlive(mark)).toBe(false);
});

test('a process of the same id that started at another time is left alone', async () => {
  const mark = await markOf(process.pid);
  expect(await isAlive(mark)).toBe(true);
  expect(await stopProcess({ pid: process.pid, started: 'another' }, 100)).toBe(false);
});

test('a port that nobody holds is free, and nothing answers there', async () => {
  const port = await freePort();
  expect(await freePort(port)).toBe(port);
  expect(await answers(`127.0.0.1:${String(port)}`, 1_000)).toBe(false);
  expect(await answers('no-port', 1_000)).toBe(false);
});
