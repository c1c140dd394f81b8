// npm run bench:render [-- --rounds N --traces FOLDER]: how fast each text format is made, and how long it is, on the traces of CRUXEval. The
// lengths stand beside those that independent renderers gave on the same programs (CPython 3.13, settrace).
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tracesOfCruxeval } from '../lib/cruxeval.mjs';
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { built, openServices } from '../lib/services.mjs';

const MB = 1_000_000;
/** Characters of a program: mean, median and largest, measured once with settrace renderers of the same formats. */
const ELSEWHERE = {
  cwm: { mean: 1_764, median: 906, max: 83_877 },
  scratchpad: { mean: 2_216, median: 576, max: 637_568 },
  compact: { mean: 808, median: 405, max: 39_936 },
};

async function rowsIn(folder) {
  const { readTable } = await built('src/store/table-file.js');
  const { TRACES } = await built('src/store/tables.js');
  const rows = [];
  for (const name of readdirSync(folder).sort()) {
    rows.push(...(await readTable(TRACES, readFileSync(join(folder, name)))));
  }
  return rows;
}

/** What each format writes of a row, without what a model is given. */
async function renderers() {
  const { renderText, TEXT_FORMATS } = await built('src/render/formats.js');
  const { cwmPrompt } = await built('src/render/cwm.js');
  const { proposals } = await built('src/render/examples.js');
  const pairs = { context: 8_192, pairs: 32, ahead: [1, 2, 4, 8] };
  const example = (format) => (row) =>
    [...proposals(row, [{ format, ...pairs }])].map((each) => each?.learned ?? '').join('');
  return {
    ...Object.fromEntries(TEXT_FORMATS.map((format) => [format, (row) => renderText(row, format)])),
    cwm: (row) => renderText(row, 'cwm').slice(cwmPrompt(row).length),
    'pairs of dynamic': example('dynamic'),
  };
}

function timed(render, rows) {
  const before = process.cpuUsage();
  let bytes = 0;
  // Of a row that was rendered before the events are parsed already.
  for (const each of rows) bytes += Buffer.byteLength(render({ ...each }));
  const { user, system } = process.cpuUsage(before);
  return { bytes, seconds: (user + system) / 1e6 };
}

function lengthRows(name, lengths, steps) {
  const sorted = [...lengths].sort((a, b) => a - b);
  const sum = lengths.reduce((total, length) => total + length, 0);
  const middle = sorted.length >> 1;
  const found = {
    mean: sum / lengths.length,
    median: (sorted[middle - 1] + sorted[middle]) / 2,
    max: sorted.at(-1),
  };
  const beside = ELSEWHERE[name];
  return [
    row(`${name}: characters of a step`, { unit: '', samples: [sum / steps] }),
    ...Object.entries(found).map(([what, value]) => {
      const other = beside === undefined ? '' : ` (elsewhere ${beside[what]})`;
      return row(`${name}: characters of a program, ${what}${other}`, {
        unit: '',
        samples: [value],
      });
    }),
  ];
}

/** Traces that are there already, or those of CRUXEval. */
async function tracesOf(say) {
  if (process.argv.includes('--traces')) return await rowsIn(await tracesOfCruxeval(null, say));
  const services = await openServices(say);
  try {
    return await rowsIn(await tracesOfCruxeval(services, say));
  } finally {
    await services.close();
  }
}

async function work(say) {
  const rounds = numberArgument('rounds', 5);
  const rows = await tracesOf(say);
  const formats = Object.entries(await renderers());
  const steps = rows.reduce((sum, each) => sum + each.n_lines, 0);
  const speeds = new Map(formats.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}`);
    for (const [name, render] of formats) {
      const { bytes, seconds } = timed(render, rows);
      speeds.get(name).push(bytes / MB / seconds);
    }
  }
  return [
    row('programs', { unit: '', samples: [rows.length] }),
    row('line events', { unit: '', samples: [steps] }),
    ...formats.flatMap(([name, render]) => [
      row(`${name}: text of a second of CPU`, { unit: 'MB/s', samples: speeds.get(name) }),
      ...lengthRows(
        name,
        rows.map((each) => render(each).length),
        steps,
      ),
    ]),
  ];
}

await bench('render', work);
