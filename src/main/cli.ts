// The command line as a process: streams, signals, version. What a command needs is loaded when it asks for it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectRoot } from '../../infra/dev/paths.ts';
import { runCli } from '../cli/program.ts';
import type { LiveGateway } from './cli-gateway.ts';

/** A command that watches ends at once; one that is in the middle of a request gets this long to come back. */
const INTERRUPT_GRACE_MS = 1_500;
const CLOSE_MS = 1_000;
const LINGER_MS = 100;

function versionOf(): string {
  const text = readFileSync(join(projectRoot(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** A reader that closes the pipe (`| head`) ends the command quietly. */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}

async function main(): Promise<number> {
  let gateway: LiveGateway | null = null;
  const interrupt = new AbortController();
  const onInterrupt = (): void => {
    interrupt.abort();
    setTimeout(() => process.exit(130), INTERRUPT_GRACE_MS).unref();
  };
  process.once('SIGINT', onInterrupt);
  process.stdout.on('error', endOnClosedPipe);
  // Node would print warnings of libraries in the middle of an answer; they belong into the log.
  process.removeAllListeners('warning');
  process.on('warning', (warning) => gateway?.warn(warning));
  try {
    return await runCli({
      argv: process.argv.slice(2),
      version: versionOf(),
      out: process.stdout,
      err: process.stderr,
      signal: interrupt.signal,
      gateway: async () => {
        const { createGateway } = await import('./cli-gateway.ts');
        gateway = createGateway({ releaseInterrupt: () => process.off('SIGINT', onInterrupt) });
        return gateway;
      },
    });
  } finally {
    // Closing may wait for a call that nobody waits for any more.
    const closed = (gateway as LiveGateway | null)?.close().catch(() => undefined);
    await Promise.race([closed, sleep(CLOSE_MS, undefined, { ref: false })]);
  }
}

const code = await main();
process.exitCode = code;
// A call that nobody waits for any more may still be under way: it does not hold the prompt back.
setTimeout(() => process.exit(code), LINGER_MS).unref();
