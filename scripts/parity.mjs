// `npm run test:parity [-- --programs N --seed S --only SOURCE]`: the recorder in C against the reference, on corner cases,
// corpora, the standard library and generated programs, and the matrix that these have to fill.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from './lib/command.mjs';
import { withTracerImage } from './lib/tracer-image.mjs';

/** 20,000 programs take an hour of CPU time, on two cores half of that. */
const LIMIT_MS = 6 * 60 * 60_000;
const CORPORA = ['cruxeval.jsonl', 'humaneval.jsonl'];

const say = (line) => process.stderr.write(`test:parity: ${line}\n`);

function argumentsOf() {
  const { values } = parseArgs({
    options: {
      programs: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '0' },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  for (const name of ['programs', 'seed']) {
    if (!/^\d{1,9}$/.test(values[name])) throw new Error(`--${name} takes a whole number`);
  }
  const only = values.only.flatMap((names) => names.split(',')).flatMap((name) => ['--only', name]);
  return ['--programs', values.programs, '--seed', values.seed, ...only];
}

async function main() {
  const args = argumentsOf();
  const additionsOf = ({ config }) => ({
    files: CORPORA.map((file) => [join(config.testData, file), `tracer/data/${file}`]),
  });
  return withTracerImage(say, additionsOf, async (opened) => {
    const command = ['tests/long_parity.py', '--data', 'data', ...args];
    const env = { PYTHONHASHSEED: '0' };
    const { code } = await opened.runTests(command, { timeoutMs: LIMIT_MS, memory: '3g', env });
    return code ?? 1;
  });
}

await runCommand(say, main);
