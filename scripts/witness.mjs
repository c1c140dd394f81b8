// `npm run test:witness [-- --only MODULE,…]`: modules of CPython's own test suite pass and fail alike with and without the
// tracer. The suite is a package of Debian (lib/test-suite.mjs).
import { parseArgs } from 'node:util';
import { runCommand } from './lib/command.mjs';
import { ensureSuiteImage, SUITE_IMAGE } from './lib/test-suite.mjs';
import { withTracerImage } from './lib/tracer-image.mjs';

const LIMIT_MS = 60 * 60_000;
const say = (line) => process.stderr.write(`test:witness: ${line}\n`);

/** The tracer beside Debian's test suite. */
async function suiteImage(services) {
  await ensureSuiteImage(services);
  return {
    before: `FROM ${services.image} AS sandbox\n`,
    base: SUITE_IMAGE.reference,
    more: 'COPY --from=sandbox /opt/tracemill /opt/tracemill\nWORKDIR /tmp\n',
  };
}

async function main() {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  if (values.only !== undefined && !/^test_\w+(,test_\w+)*$/.test(values.only)) {
    throw new Error('--only takes names of modules, with commas: test_list,test_dict');
  }
  const only = values.only === undefined ? [] : ['--only', values.only];
  return withTracerImage(say, suiteImage, async (opened) => {
    const options = { timeoutMs: LIMIT_MS, memory: '3g', env: { PYTHONHASHSEED: '0' } };
    const { code } = await opened.runTests(
      ['/opt/tracer-tests/tests/witness.py', ...only],
      options,
    );
    return code ?? 1;
  });
}

await runCommand(say, main);
