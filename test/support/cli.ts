// Runs the built command line as a user does, with a home of its own.
import { execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const command = fileURLToPath(new URL('../../bin/tracemill.js', import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

let isBuilt = false;

/** Compiles where the sources changed since the last build. */
function ensureBuilt(): void {
  if (isBuilt) return;
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'pipe' });
  isBuilt = true;
}

/** `tracemill ARGS…` to its end. */
export async function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  ensureBuilt();
  const child = spawn(process.execPath, [command, ...args], {
    cwd: options.cwd ?? root,
    env: { ...process.env, TRACEMILL_HOME: inject('tracemillHome'), NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout: stdout(), stderr: stderr() };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  return () => text;
}

/** The answer of a command that must succeed, as JSON. */
export async function cliJson(args: readonly string[], options: CliOptions = {}): Promise<unknown> {
  const result = await cli([...args, '--json'], options);
  if (result.code !== 0) {
    throw new Error(
      `tracemill ${args.join(' ')} ended with ${String(result.code)}:\n${result.stderr}`,
    );
  }
  return JSON.parse(result.stdout);
}
