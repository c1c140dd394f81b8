// From an empty clone to a data set: packages, build, services, one job on real functions, and what came of it.
import { join } from 'node:path';
import { onInterrupt, run } from './lib/processes.mjs';
import { prepare } from './lib/prepare.mjs';
import { ROOT, nodeProblem } from './lib/project.mjs';

const CLI = [process.execPath, join(ROOT, 'bin', 'tracemill.js')];
const INTERRUPTED = 130;

const say = (line) => process.stderr.write(`quickstart: ${line}\n`);

async function main() {
  const startedMs = Date.now();
  const problem = nodeProblem();
  if (problem !== null) {
    say(problem);
    return 2;
  }
  await prepare(say);
  const up = await run([...CLI, 'up']);
  if (up.code !== 0) return up.code ?? 1;
  const job = await run([...CLI, 'launch', 'examples/quickstart.yaml', '--watch', '--example']);
  if (job.code !== 0) return job.code ?? 1;
  say(
    `done in ${((Date.now() - startedMs) / 1000).toFixed(1)} s; \`npx tracemill down\` ends the services`,
  );
  return 0;
}

let interrupted = false;
onInterrupt(() => {
  interrupted = true;
});
try {
  const code = await main();
  process.exitCode = interrupted ? INTERRUPTED : code;
} catch (error) {
  say(error.message);
  process.exitCode = interrupted ? INTERRUPTED : 1;
}
