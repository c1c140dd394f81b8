// npm run bench:dedup [-- --largest N]: precision, recall, speed and memory of finding near duplicates.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare } from '../../scripts/lib/prepare.mjs';
import { run } from '../../scripts/lib/processes.mjs';
import { ensureVenv } from '../../scripts/lib/python-tools.mjs';
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { built } from '../lib/services.mjs';
import { functions } from './functions.mjs';

const MIB = 1024 * 1024;
const LEVEL = 0.7;
const CHECKED = 20_000;
const SIZES = [10_000, 100_000, 300_000];
const PEER = ['datasketch==2.0.0', 'numpy==2.3.5'];
const LIMIT_MS = 30 * 60_000;
const ROUNDS = 3;
const HERE = import.meta.dirname;

async function answerOf(command) {
  const { code, output } = await run(command, {
    quiet: true,
    timeoutMs: LIMIT_MS,
    outputMax: 64 * MIB,
  });
  if (code !== 0) throw new Error(`${command.join(' ')} failed: ${output.slice(-2000)}`);
  return JSON.parse(output.trim().split('\n').at(-1));
}

const ours = (file, tasks, levels = [LEVEL]) =>
  answerOf([process.execPath, join(HERE, 'ours.mjs'), file, String(tasks), ...levels.map(String)]);

function writeTexts(folder, texts) {
  const file = join(folder, `${texts.length}.jsonl`);
  writeFileSync(file, texts.map((text) => `${JSON.stringify(text)}\n`).join(''));
  return file;
}

/** Of the pairs that the index without a miss has at the level: those that are together here; and the other way round. */
async function quality(folder, { shinglesOf, similarity }) {
  const { exactGroups } = await import('./exact.mjs');
  const texts = functions(CHECKED, similarity);
  const file = writeTexts(folder, texts);
  const exact = exactGroups(
    texts.map((text) => shinglesOf(text)),
    LEVEL,
  );
  const found = await ours(file, 1);
  const pairs = [...exact.pairs.keys()].map((pair) => pair.split(' ').map(Number));
  const recalled = pairs.filter(([a, b]) => found.roots[a] === found.roots[b]).length;
  const wrong = found.roots.filter(
    (root, place) => exact.roots[root] !== exact.roots[place],
  ).length;
  const others = [];
  for (const tasks of [4, 64]) {
    const { roots } = await ours(file, tasks);
    others.push(roots.filter((root, place) => root !== found.roots[place]).length);
  }
  return { file, pairs: pairs.length, recall: recalled / pairs.length, wrong, others };
}

function qualityRows({ pairs, recall, wrong, others }) {
  const one = (metric, value, goal) => row(metric, { unit: '', samples: [value], goal });
  return [
    one(`pairs of at least ${LEVEL} among ${CHECKED} functions`, pairs, null),
    one('recall of these pairs', recall, { atLeast: 0.999 }),
    one('functions in a group where they do not belong', wrong, { atMost: 0 }),
    one('functions that 4 tasks group otherwise than 1', others[0], { atMost: 0 }),
    one('functions that 64 tasks group otherwise than 1', others[1], { atMost: 0 }),
  ];
}

/** Clusters at 0.5, and a twentieth of them compared with all others: no pair at the level is left across. */
async function splitRows(file, size) {
  const command = [process.execPath, join(HERE, 'split.mjs'), file, '0.05'];
  const { clustering, comparing, highest, missed, memory } = await answerOf(command);
  return [
    row(`clusters, functions per CPU second, ${size}`, {
      unit: '1/s',
      samples: [size / clustering],
    }),
    row(`closest pair, functions per CPU second, ${size}`, {
      unit: '1/s',
      samples: [size / comparing],
    }),
    row(`clusters and closest pair, memory, ${size}`, { unit: 'MiB', samples: [memory / MIB] }),
    row(`highest similarity across, ${size}`, { unit: '', samples: [highest] }),
    row(`pairs across that only the comparison found, ${size}`, { unit: '', samples: [missed] }),
  ];
}

async function speed(folder, sizes, { similarity, say }) {
  const files = sizes.map((size) => writeTexts(folder, functions(size, similarity)));
  // A machine that is busy for a while is so for all sizes.
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const answers = [];
    for (const [at, size] of sizes.entries()) {
      say(`${size} functions, round ${round + 1} of ${ROUNDS}`);
      answers.push(await ours(files[at], 1));
    }
    rounds.push(answers);
  }
  const rows = [];
  const rate = (answers, at) => sizes[at] / answers[at].seconds;
  for (const [at, size] of sizes.entries()) {
    const memory = rounds.map((answers) => answers[at].memory / MIB);
    rows.push(
      row(`functions per CPU second, ${size}`, {
        ...{ unit: '1/s', samples: rounds.map((answers) => rate(answers, at)) },
      }),
      row(`memory, ${size}`, { unit: 'MiB', samples: memory }),
      ...(await splitRows(files[at], size)),
    );
  }
  rows.push(
    row('rate of the largest over that of the smallest', {
      unit: '',
      samples: rounds.map((answers) => rate(answers, sizes.length - 1) / rate(answers, 0)),
      goal: { atLeast: 0.7 },
    }),
  );
  return rows;
}

async function againstPeer(file, { HASHES, BANDS, say }) {
  const venv = await ensureVenv('bench-dedup', PEER, say);
  const command = [join(venv, 'bin', 'python'), join(HERE, 'peer.py'), file];
  const rounds = [];
  for (let round = 0; round < 3; round += 1) {
    say(`datasketch and this, round ${round + 1}`);
    const peer = await answerOf([...command, String(HASHES), String(BANDS), String(LEVEL)]);
    rounds.push({ peer, own: await ours(file, 1) });
  }
  const over = (pick) => rounds.map(pick);
  return [
    row('datasketch, functions per CPU second', {
      unit: '1/s',
      samples: over((r) => CHECKED / r.peer.seconds),
    }),
    row('this, functions per CPU second', {
      unit: '1/s',
      samples: over((r) => CHECKED / r.own.seconds),
    }),
    row('this over datasketch, end to end', {
      unit: '',
      samples: over((r) => r.peer.seconds / r.own.seconds),
      goal: { atLeast: 5 },
    }),
    row('groups of datasketch over groups of this', {
      unit: '',
      samples: over((r) => r.peer.groups / r.own.groups),
    }),
  ];
}

await bench('dedup', async (say) => {
  await prepare(say);
  const { shinglesOf, jaccard } = await built('src/unique/shingles.js');
  const { HASHES, BANDS } = await built('src/unique/minhash.js');
  const similarity = (a, b) => jaccard(shinglesOf(a), shinglesOf(b));
  const folder = mkdtempSync(join(tmpdir(), 'tracemill-dedup-'));
  try {
    const largest = numberArgument('largest', SIZES.at(-1));
    say(`every pair of ${CHECKED} functions`);
    const checked = await quality(folder, { shinglesOf, similarity });
    return [
      ...qualityRows(checked),
      ...(await againstPeer(checked.file, { HASHES, BANDS, say })),
      ...(await speed(
        folder,
        SIZES.filter((size) => size <= largest),
        { similarity, say },
      )),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
