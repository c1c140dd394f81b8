// Programs that outlive us: started detached, known again by process id and start time, ended only where both match.
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { open, mkdir, readFile } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './run.ts';

/** A process id is used again by the system; with its start time it is not. */
export interface ProcessMark {
  readonly pid: number;
  readonly started: string;
}

async function startTime(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
    // The command in parentheses may hold spaces; the start time is the 20th field after it, the state the first.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    if (process.platform === 'linux') return null;
    const shown = await run(['ps', '-o', 'lstart=', '-p', String(pid)], { timeoutMs: 5_000 });
    return shown.ok && shown.output.trim() !== '' ? shown.output.trim() : null;
  }
}

/** Null where no such process lives. */
export async function markOf(pid: number): Promise<ProcessMark | null> {
  const started = await startTime(pid);
  return started === null ? null : { pid, started };
}

export async function isAlive(mark: ProcessMark | null): Promise<boolean> {
  return mark !== null && (await startTime(mark.pid)) === mark.started;
}

export interface DetachedCommand {
  readonly command: readonly string[];
  readonly logFile: string;
  /** The whole environment of the program where given; else ours is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Starts a program that goes on after we end. Null where it could not be started or ended at once. */
export async function spawnDetached(options: DetachedCommand): Promise<ProcessMark | null> {
  const [name = '', ...args] = options.command;
  await mkdir(dirname(options.logFile), { recursive: true });
  await using log = await open(options.logFile, 'a');
  const child = spawn(name, args, {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const spawned = await new Promise<boolean>((resolve) => {
    child.once('spawn', () => {
      resolve(true);
    });
    child.once('error', () => {
      resolve(false);
    });
  });
  child.unref();
  if (!spawned || child.pid === undefined) return null;
  return await markOf(child.pid);
}

const STOP_POLL_MS = 50;

/** Asks, waits, then kills. False where it was not running. */
export async function stopProcess(mark: ProcessMark | null, graceMs: number): Promise<boolean> {
  if (mark === null || !(await isAlive(mark))) return false;
  signal(mark.pid, 'SIGTERM');
  const deadline = Date.now() + graceMs;
  while (Date.now() < deadline) {
    if (!(await isAlive(mark))) return true;
    await sleep(STOP_POLL_MS);
  }
  signal(mark.pid, 'SIGKILL');
  while (await isAlive(mark)) await sleep(STOP_POLL_MS);
  return true;
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended between the look and the signal.
  }
}

/** Below the ports that Linux (from 32768), macOS and BSD (from 49152) give to outgoing connections. */
const PORTS = { from: 15_000, to: 32_000 };
const PORT_TRIES = 100;
const given = new Set<number>();

/**
 * A loopback port that was free a moment ago; `wanted` if that one was. Until whoever asked listens there, no outgoing
 * connection gets it, and nobody else in this process.
 */
export async function freePort(wanted: number | null = null): Promise<number> {
  if (wanted !== null && (await tryListen(wanted)) !== null) return wanted;
  for (let tried = 0; tried < PORT_TRIES; tried += 1) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (given.has(port)) continue;
    given.add(port);
    if ((await tryListen(port)) !== null) return port;
  }
  throw new Error('no free loopback port');
}

function tryListen(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(null);
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const taken = address !== null && typeof address === 'object' ? address.port : null;
      server.close(() => {
        resolve(taken);
      });
    });
  });
}

/** Whether something accepts a connection at `host:port` within the time. */
export function answers(address: string, timeoutMs: number): Promise<boolean> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(address.slice(colon + 1));
  return new Promise((resolve) => {
    if (!(port > 0 && port < 65_536)) {
      resolve(false);
      return;
    }
    const socket = connect({ host, port });
    const done = (ok: boolean): void => {
      socket.destroy();
      resolve(ok);
    };
    socket.setTimeout(timeoutMs, () => {
      done(false);
    });
    socket.once('connect', () => {
      done(true);
    });
    socket.once('error', () => {
      done(false);
    });
  });
}

/** Polls until `check` holds; false at the deadline, or at once where `mark` is given and its process is gone. */
export async function waitFor(
  check: () => Promise<boolean>,
  limits: { readonly timeoutMs: number; readonly mark?: ProcessMark },
): Promise<boolean> {
  const deadline = Date.now() + limits.timeoutMs;
  while (!(await check())) {
    if (Date.now() >= deadline) return false;
    if (limits.mark !== undefined && !(await isAlive(limits.mark))) return false;
    await sleep(STOP_POLL_MS);
  }
  return true;
}
