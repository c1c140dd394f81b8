// `npm run compose -- ARGS…`: docker compose with docker-compose.yml, after everything that it needs was found or made.
import { spawn } from 'node:child_process';
import { prepare } from './lib/prepare.mjs';
import { ROOT, nodeProblem } from './lib/project.mjs';

const say = (line) => process.stderr.write(`compose: ${line}\n`);

async function main() {
  const problem = nodeProblem();
  if (problem !== null) throw new Error(problem);
  await prepare(say);
  const { loadConfig } = await import('../dist/src/config/load.js');
  const { createLogger } = await import('../dist/src/log/logger.js');
  const { ensureCompose } = await import('../dist/infra/dev/compose.js');
  const config = loadConfig();
  const log = createLogger({ level: config.logLevel, name: 'compose' });
  const note = (entry) => {
    if (entry.kind === 'working') say(entry.detail);
  };
  const { command, variables } = await ensureCompose(config, log, { note });
  const [program, ...args] = [...command, ...process.argv.slice(2)];
  const env = { ...variables, ...process.env };
  const child = spawn(program, args, { cwd: ROOT, stdio: 'inherit', env });
  // Compose ends its own work on an interrupt, which the terminal sends to both.
  process.on('SIGINT', () => undefined);
  process.exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

try {
  await main();
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
