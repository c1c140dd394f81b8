// `npm run test:witness [-- --only MODULE,…]`: modules of CPython's own test suite pass and fail alike with and without the
// tracer. The suite is a package of Debian; the image that holds it is made once and kept in the cache.
import { parseArgs } from 'node:util';
import { runCommand } from './lib/command.mjs';
import { built } from './lib/sandboxes.mjs';
import { withTracerImage } from './lib/tracer-image.mjs';

const LIMIT_MS = 60 * 60_000;
/** As infra/dev makes the sandbox's own bases. */
const SUITE_IMAGE = {
  reference: 'tracemill-python-testsuite:trixie',
  file: 'trixie-testsuite.tar',
  packages: ['python3.13', 'libpython3.13-testsuite'],
};

const say = (line) => process.stderr.write(`test:witness: ${line}\n`);

/** The tracer beside Debian's test suite, whose image is made where it is not there. */
async function suiteImage({ socketPath, image, context }) {
  const { imageId } = await built('infra/dev/engine-api.js');
  const { importMadeImage } = await built('infra/dev/base-images.js');
  if ((await imageId(socketPath, SUITE_IMAGE.reference)) === null) {
    await importMadeImage(context, socketPath, SUITE_IMAGE);
  }
  return {
    before: `FROM ${image} AS sandbox\n`,
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
