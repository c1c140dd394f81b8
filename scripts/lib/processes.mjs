// Runs commands for the scripts: to the end, with a limit, and never leaving children behind.
import { spawn } from 'node:child_process';
import { ROOT } from './project.mjs';

const running = new Set();

function killGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}

/** Ends what runs; for signals and limits. */
export function stopAll(signal = 'SIGTERM') {
  for (const child of running) killGroup(child, signal);
}

const KILL_AFTER_MS = 20_000;
const OUTPUT_KEPT = 64 * 1024;

/**
 * @param {readonly string[]} command
 * @param {{ timeoutMs?: number, env?: Record<string, string>, quiet?: boolean, cwd?: string, outputMax?: number, onText?: (text: string) => void }} options
 * @returns {Promise<{ code: number | null, output: string, timedOut: boolean }>} `output`: its last 64 KiB, or as many as asked, where quiet
 */
export function run(command, options = {}) {
  const { timeoutMs, env, quiet = false, cwd = ROOT, outputMax = OUTPUT_KEPT, onText } = options;
  const [name, ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(name, args, {
      cwd,
      env: { ...process.env, ...env },
      // A group of its own, so that a limit ends the children too; an interrupt is passed on by `stopAll`.
      detached: true,
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    });
    running.add(child);
    let output = '';
    let timedOut = false;
    const take = (chunk) => {
      output = (output + chunk.toString('utf8')).slice(-outputMax);
      onText?.(chunk.toString('utf8'));
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    const timers = [];
    if (timeoutMs !== undefined) {
      timers.push(
        setTimeout(() => {
          timedOut = true;
          killGroup(child, 'SIGTERM');
          timers.push(setTimeout(killGroup, KILL_AFTER_MS, child, 'SIGKILL'));
        }, timeoutMs),
      );
    }
    const done = (code) => {
      for (const timer of timers) clearTimeout(timer);
      running.delete(child);
      resolve({ code, output, timedOut });
    };
    child.once('error', (error) => {
      output += String(error.message);
      done(null);
    });
    child.once('close', done);
  });
}

/** Passes an interrupt on to what runs, then lets `then` say how to end. */
export function onInterrupt(then) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      stopAll(signal);
      then();
    });
  }
}
