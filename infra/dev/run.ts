// Runs a command to its end with a time limit. Programs that stay are infra/dev/processes.ts.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';

export interface RunOptions {
  readonly timeoutMs: number;
  /** The command is ended where it prints nothing for so long: a download that hangs. */
  readonly silenceMs?: number;
  /** Added to the inherited environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Everything it prints is also written to this file. */
  readonly logFile?: string;
  /** Called with each line that it prints, at most once a second. */
  readonly onLine?: (line: string) => void;
}

export interface RunResult {
  readonly ok: boolean;
  readonly code: number | null;
  /** The last 16 KiB of standard output and standard error together. */
  readonly output: string;
  /** Why it did not run to its end by itself; null where it did. */
  readonly cut: 'timeout' | 'silence' | 'not-found' | null;
}

const OUTPUT_KEPT = 16 * 1024;
const LINE_EVERY_MS = 1_000;

/** Name and arguments under `env`, so that variables are added without reading our own environment. */
function withEnvironment(
  command: readonly string[],
  env: Readonly<Record<string, string>> | undefined,
): readonly string[] {
  if (env === undefined) return command;
  return ['env', ...Object.entries(env).map(([key, value]) => `${key}=${value}`), ...command];
}

async function openLog(file: string): Promise<ReturnType<typeof createWriteStream>> {
  await mkdir(dirname(file), { recursive: true });
  return createWriteStream(file, { flags: 'a' });
}

/** Never throws for what the command does: a missing command is `not-found`, a failing one has its code. */
export async function run(command: readonly string[], options: RunOptions): Promise<RunResult> {
  const [name = '', ...args] = withEnvironment(command, options.env);
  const log = options.logFile === undefined ? null : await openLog(options.logFile);
  const child = spawn(name, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let output = '';
  let cut = null as RunResult['cut'];
  let lineAtMs = 0;
  const end = (why: 'timeout' | 'silence'): void => {
    cut ??= why;
    killGroup(child.pid);
  };
  const limit = setTimeout(end, options.timeoutMs, 'timeout');
  const silence = setTimeout(end, options.silenceMs ?? options.timeoutMs, 'silence');
  const take = (chunk: Buffer): void => {
    silence.refresh();
    log?.write(chunk);
    const text = chunk.toString('utf8');
    output = (output + text).slice(-OUTPUT_KEPT);
    if (options.onLine === undefined || Date.now() - lineAtMs < LINE_EVERY_MS) return;
    lineAtMs = Date.now();
    options.onLine(text.trimEnd().split('\n').at(-1) ?? '');
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => {
      cut ??= 'not-found';
      resolve(null);
    });
    child.once('close', (exit) => {
      resolve(exit);
    });
  });
  clearTimeout(limit);
  clearTimeout(silence);
  if (log !== null) await finished(log.end());
  const missing = code === 127 && options.env !== undefined;
  return { ok: code === 0 && cut === null, code, output, cut: missing ? 'not-found' : cut };
}

/** The whole group: a builder's own children go with it. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}

/** Absolute path of a command on the search path, or null. */
export async function which(name: string): Promise<string | null> {
  const found = await run(['sh', '-c', 'command -v "$1"', 'sh', name], { timeoutMs: 5_000 });
  const path = found.output.trim();
  return found.ok && path.startsWith('/') ? path : null;
}

/** The last lines of what a command printed, for an error message. */
export function lastLines(output: string, count = 3): string {
  return output.trim().split('\n').slice(-count).join(' | ').slice(0, 600);
}
