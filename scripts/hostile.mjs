// `npm run test:hostile [-- --seed N] [--only PREFIX] [--form alone|after|shuffled]`: the long form of the hostile suite;
// prints a table and totals.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from './lib/command.mjs';
import { preparePackages } from './lib/prepare.mjs';
import { onInterrupt, run } from './lib/processes.mjs';
import { ROOT } from './lib/project.mjs';

const LIMIT_MS = 90 * 60_000;
const FORMS = ['alone', 'after', 'shuffled'];
const CONFIG = join('test', 'hostile', 'long.config.ts');

const say = (line) => process.stderr.write(`test:hostile: ${line}\n`);

async function main() {
  const text = { type: 'string' };
  const { values } = parseArgs({ options: { seed: text, only: text, form: text } });
  const seed = values.seed ?? String(Date.now() % 1_000_000);
  if (!/^\d{1,9}$/.test(seed)) throw new Error('--seed takes a whole number below 1,000,000,000');
  const form = values.form ?? '';
  if (!['', ...FORMS].includes(form)) throw new Error(`--form takes one of ${FORMS.join(', ')}`);
  await preparePackages(say);
  const folder = mkdtempSync(join(tmpdir(), 'tracemill-hostile-table-'));
  const file = join(folder, 'table.txt');
  const chosen = { HOSTILE_SEED: seed, HOSTILE_ONLY: values.only ?? '', HOSTILE_FORM: form };
  const env = { ...chosen, HOSTILE_TABLE: file };
  say(`seed ${seed}; --seed ${seed} repeats the order`);
  onInterrupt(() => undefined);
  try {
    const vitest = join(ROOT, 'node_modules', '.bin', 'vitest');
    const command = [vitest, 'run', '--config', CONFIG, '--reporter', 'dot'];
    const { code, timedOut } = await run(command, { timeoutMs: LIMIT_MS, env });
    process.stdout.write(existsSync(file) ? readFileSync(file, 'utf8') : 'no case was run\n');
    if (code === 0 && !timedOut) return 0;
    say(timedOut || code === null ? 'the run was cut short' : 'there were failures');
    return 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await runCommand(say, main);
