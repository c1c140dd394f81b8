// `npm run test:memory [-- --runs N --only PART]`: memory safety of the tracer. Its suite with AddressSanitizer and
// UndefinedBehaviorSanitizer, its suite with the interpreter's own debug allocator, and many runs in one process.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from './lib/command.mjs';
import { ROOT } from './lib/project.mjs';
import { withTracerImage } from './lib/tracer-image.mjs';
import { countedRun } from './lib/tracer-tests.mjs';

/** A sanitized run takes about four times as long: an hour of one processor. */
const LIMIT_MS = 3 * 60 * 60_000;
const MEMORY = '3g';
const SANITIZED = '/opt/sanitized';

const say = (line) => process.stderr.write(`test:memory: ${line}\n`);

const COMPILED = `FROM debian:trixie AS sanitized
RUN test -e /usr/include/python3.13/Python.h && command -v gcc >/dev/null \\
    || { apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev python3.13-dev; }
COPY csrc /src
WORKDIR /src
RUN set -eu; mkdir -p /out; \\
    flags="-O1 -g -std=c17 -fPIC -shared -fno-omit-frame-pointer -I/usr/include/python3.13"; \\
    checks="-fsanitize=address,undefined -fno-sanitize-recover=undefined"; \\
    gcc $flags $checks peek*.c -o /out/_peek.so; \\
    gcc $flags $checks core*.c peek_storage.c peek_itertools.c peek_quiet.c peek_hash.c -o /out/_core.so; \\
    cp -L $(gcc -print-file-name=libasan.so) /out/libasan.so.8; \\
    cp -L $(gcc -print-file-name=libubsan.so) /out/libubsan.so.1
`;
/** Beside the product's own modules, which the other parts run. */
const INSTALLED = `COPY --from=sanitized /out ${SANITIZED}
RUN cp -r /opt/tracemill ${SANITIZED}/tracemill && mv ${SANITIZED}/_*.so ${SANITIZED}/tracemill/tracer/
`;

/** Leaks are what the interpreter keeps to its end; growth is looked for in a part of its own. */
const ASAN = 'detect_leaks=0:abort_on_error=1:log_path=/tmp/sanitizer:allocator_may_return_null=1';
const sanitizers = {
  PYTHONPATH: `/opt/pytest:${SANITIZED}/tracemill`,
  LD_PRELOAD: `${SANITIZED}/libasan.so.8 ${SANITIZED}/libubsan.so.1`,
  ASAN_OPTIONS: ASAN,
  UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1:log_path=/tmp/sanitizer',
  // Every object on its own, so that a look beyond one is seen.
  PYTHONMALLOC: 'malloc',
  TRACEMILL_PARITY_PROGRAMS: '300',
  TRACEMILL_PARITY_SECONDS: '600',
};
/** Tests of what has nothing to do with the two C modules are left out. */
const SUITE = ['events', 'golden', 'interference', 'iterators', 'parity', 'states', 'values'].map(
  (name) => `tests/test_${name}.py`,
);

const pytest =
  (env, python = []) =>
  async (opened) => {
    const { passed, failed } = await countedRun(opened, SUITE, {
      timeoutMs: LIMIT_MS,
      memory: MEMORY,
      env,
      python,
    });
    return { failed, line: `${passed} passed, ${failed} failed` };
  };

const growth = (runs) => async (opened) => {
  const { code } = await opened.runTests(['tests/long_growth.py', '--runs', runs], {
    timeoutMs: LIMIT_MS,
    env: { PYTHONHASHSEED: '0' },
  });
  return { failed: code === 0 ? 0 : 1, line: code === 0 ? 'flat' : 'grew, or failed' };
};

const partsOf = (runs) => ({
  sanitizers: pytest(sanitizers),
  debug: pytest({ PYTHONMALLOC: 'debug' }, ['-X', 'dev']),
  growth: growth(runs),
});

async function main() {
  const options = { runs: { type: 'string', default: '10000' }, only: { type: 'string' } };
  const { values } = parseArgs({ options });
  if (!/^[1-9]\d{2,6}$/.test(values.runs)) throw new Error('--runs takes a number from 100 on');
  const parts = Object.entries(partsOf(values.runs));
  const chosen = parts.filter(([name]) => values.only === undefined || values.only === name);
  if (chosen.length === 0) {
    throw new Error(`--only takes one of ${parts.map(([name]) => name).join(', ')}`);
  }
  const files = [[join(ROOT, 'tracer', 'csrc'), 'csrc']];
  const additions = { before: COMPILED, more: INSTALLED, files };
  const results = [];
  await withTracerImage(
    say,
    () => additions,
    async (opened) => {
      for (const [name, work] of chosen) {
        process.stdout.write(`\n== ${name}\n`);
        results.push({ name, ...(await work(opened)) });
      }
    },
  );
  for (const { name, line } of results) process.stdout.write(`${name.padEnd(12)}${line}\n`);
  return results.some(({ failed }) => failed > 0) ? 1 : 0;
}

await runCommand(say, main);
