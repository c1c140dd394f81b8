// npm run bench:peers: coverage beside Hypothesis and CrossHair on the same functions, at equal executions.
//   npm run bench:peers -- [--functions 200] [--seconds 3]
// Functions of the library with parameters, in the order of a digest. Hypothesis has the strategies that its ghost writer
// guesses from annotations, names and docstrings, and any plain value where it guesses nothing; CrossHair explores as many
// paths as the others make executions, or for as many seconds of processor time, and what it selects is run.
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureWheels } from '../../scripts/lib/python-tools.mjs';
import { buildScratch, removeScratch } from '../../scripts/lib/scratch-image.mjs';
import { openSearch } from '../extraction/search.mjs';
import { shuffled, sourcesOf } from '../extraction/sources.mjs';
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { built, openSandboxes } from '../lib/services.mjs';

/** black writes the ghost writer's texts. */
const PEERS = ['hypothesis==6.170.15', 'crosshair-tool==0.0.112', 'black==26.3.1'];
const SEED = 5;
const BUILD_MS = 5 * 60_000;
const dockerfile = (image) => `FROM ${image}
USER 0:0
COPY wheels /opt/wheels
RUN ["python3.13", "-c", "import glob, zipfile; [zipfile.ZipFile(w).extractall('/opt/peers') for w in glob.glob('/opt/wheels/*.whl')]"]
COPY compare.py /opt/bench/compare.py
ENV PYTHONPATH=/opt/tracemill:/opt/packages:/opt/peers PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0 HOME=/tmp
WORKDIR /tmp
USER 65534:65534
`;

/** Functions of the module with parameters of their own: what all three can call. */
function isPlain({ each }, text) {
  if (each.reject !== null || each.qualname.includes('.')) return false;
  const lines = (each.source ?? text).split('\n').slice(each.line_start - 1, each.line_end);
  const head = lines.join('\n').split(`def ${each.qualname}`)[1] ?? '';
  return !/^(\[[^\]]*\])?\(\s*\)/.test(head) && !/^\s*async /m.test(lines.join('\n'));
}

function compare(command, functions, say) {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    let text = '';
    let told = 0;
    child.stdout.on('data', (piece) => {
      text += piece;
      const done = text.split('\n').length - 1;
      if (done - told >= 20) say(`${(told = done)} of ${functions.length}`);
    });
    child.once('close', (code) => {
      if (code !== 0) reject(new Error(`comparing: exit ${String(code)}`));
      else
        resolve(
          text
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line)),
        );
    });
    child.stdin.end(JSON.stringify(functions));
  });
}

async function chosenFunctions(services) {
  const search = await openSearch(services, await built('src/log/logger.js'));
  try {
    const found = await search.extract(sourcesOf(services));
    const plain = found.filter((one) => isPlain(one, one.text));
    return shuffled(SEED, plain)
      .slice(0, numberArgument('functions', 200))
      .map(({ name, text, each }) => ({
        ...{ name: `${name}:${each.qualname}`, entry: each.entry },
        ...{ kind: each.kind ?? 'source', source: each.source ?? text },
        ...{ peers: ['hypothesis', 'crosshair'], seconds: numberArgument('seconds', 3) },
      }));
  } finally {
    await search.close();
  }
}

const isAnswer = (answer) => 'lines' in answer;
const sum = (list, key) => list.reduce((total, each) => total + (each[key] ?? 0), 0);

/** Shares of what the functions have: where a search gave no answer it reached nothing. */
function reached(answers, whole) {
  return [
    ['lines reached, of all', (100 * sum(answers, 'lines')) / sum(whole, 'of_lines')],
    ['ways of branches, of all', (100 * sum(answers, 'ways')) / sum(whole, 'of_ways')],
    [
      'functions with a returning input',
      (100 * answers.filter(({ returned }) => returned).length) / answers.length,
    ],
  ];
}

function figures(found) {
  const rows = [];
  const add = (metric, value, unit = '%') => rows.push(row(metric, { unit, samples: [value] }));
  // A size is told by every search that answers; without any nothing is known of the function.
  const wholeOf = (each) => [each.own, each.hypothesis, each.crosshair].find(isAnswer);
  const known = found.filter((each) => wholeOf(each) !== undefined);
  const whole = known.map(wholeOf);
  add('functions', known.length, '');
  add('functions that no search could run', found.length - known.length, '');
  for (const name of ['own', 'hypothesis', 'crosshair']) {
    const answers = known.map((each) => each[name]);
    add(`${name}: executions`, sum(answers, 'executions'), '');
    for (const [what, value] of reached(answers, whole)) add(`${name}: ${what}`, value);
    add(
      `${name}: functions without an answer`,
      answers.filter((each) => !isAnswer(each)).length,
      '',
    );
  }
  // Where a peer runs, side by side.
  for (const name of ['hypothesis', 'crosshair']) {
    const both = known.filter((each) => isAnswer(each[name]) && isAnswer(each.own));
    add(`where ${name} runs: functions`, both.length, '');
    const of = both.map(({ own }) => own);
    for (const side of ['own', name]) {
      const answers = both.map((each) => each[side]);
      for (const [what, value] of reached(answers, of)) {
        add(`where ${name} runs: ${side}: ${what}`, value);
      }
    }
  }
  return rows;
}

await bench('peers', async (say) => {
  const services = await openSandboxes(say);
  const docker = ['docker', '--host', `unix://${services.socketPath}`];
  const folder = mkdtempSync(join(tmpdir(), 'tracemill-bench-peers-'));
  const tag = `tracemill-bench-peers:${process.pid}`;
  const scratch = { docker, tag, folder };
  try {
    const functions = await chosenFunctions(services);
    cpSync(await ensureWheels(say, PEERS), join(folder, 'wheels'), { recursive: true });
    cpSync(fileURLToPath(new URL('compare.py', import.meta.url)), join(folder, 'compare.py'));
    writeFileSync(join(folder, 'Dockerfile'), dockerfile(services.image));
    await buildScratch(scratch, BUILD_MS);
    const limits = [
      '--network',
      'none',
      '--cap-drop',
      'ALL',
      '--memory',
      '2g',
      '--pids-limit',
      '64',
    ];
    const start = [
      ...docker,
      'run',
      '--rm',
      '--interactive',
      ...limits,
      '--entrypoint',
      'python3.13',
    ];
    const found = await compare(
      [...start, tag, '-s', '-P', '/opt/bench/compare.py'],
      functions,
      say,
    );
    return figures(found);
  } finally {
    await removeScratch(scratch);
    services.close();
  }
});
