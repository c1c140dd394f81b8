// The published traces of CRUXEval, for benches of what comes after them.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../scripts/lib/project.mjs';

const BUCKET = 'bench-cruxeval';
const OUTPUT_BYTES_MAX = 64_000_000;

/** The folder with their files: the one after `--traces`, or that of a job over all 800 programs. */
export async function tracesOfCruxeval(services, say) {
  const at = process.argv.indexOf('--traces');
  if (at !== -1) return process.argv[at + 1];
  const file = join(services.config.testData, 'cruxeval.jsonl');
  const env = { ...process.env, TRACEMILL_HOME: services.home, TRACEMILL_BUCKET: BUCKET };
  say('tracing 800 programs');
  const command = [join(ROOT, 'bin', 'tracemill.js'), 'launch', '--corpus', `cruxeval:${file}`];
  const launched = spawnSync(process.execPath, [...command, '--watch', '--json'], {
    ...{ env, encoding: 'utf8', maxBuffer: OUTPUT_BYTES_MAX },
  });
  if (launched.status !== 0) throw new Error(launched.stderr.slice(-2000));
  const { set } = JSON.parse(launched.stdout).published;
  return join(services.home, 's3', BUCKET, 'sets', ...set.split('@'), 'traces');
}
