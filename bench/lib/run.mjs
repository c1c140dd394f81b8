// The main function of a bench: says on stderr how far it is, and fails where a goal does not hold.
import { stopAll } from '../../scripts/lib/processes.mjs';
import { report } from './report.mjs';

const INTERRUPTED = 130;

/**
 * @param {string} name
 * @param {(say: (line: string) => void) => Promise<readonly import('./report.mjs').Row[]>} work
 */
export async function bench(name, work) {
  const say = (line) => process.stderr.write(`bench:${name}: ${line}\n`);
  // Sandboxes end by themselves when this process is gone.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      stopAll();
      process.exit(INTERRUPTED);
    });
  }
  try {
    if (!report(name, await work(say))) process.exitCode = 1;
  } catch (error) {
    say(error.stack);
    process.exitCode = 1;
  }
}

/** The number after `--name` on the command line, or the default. */
export function numberArgument(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  if (at === -1) return fallback;
  const value = Number(process.argv[at + 1]);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} needs a whole number above 0`);
}
