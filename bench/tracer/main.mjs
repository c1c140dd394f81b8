// npm run bench:tracer [-- --rounds N]: what a traced event costs, here and with other tracers, all measured in turn in one
// run, in a container made of the sandbox image.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { built, openSandboxes } from '../lib/services.mjs';
import { measured } from './container.mjs';

const GRANULARITIES = ['line', 'instruction'];
const OTHERS = ['reference', 'settrace + repr', 'PySnooper', 'hunter', 'snoop'];
const SMALL = '10';
const LARGE = '100000';

const geometricMean = (values) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** ns per event that a column adds to the untraced run. */
const added = ({ best, events }, column, granularity = 'line') =>
  (best[column] - best.untraced) / events[granularity];

function sizes(path, { events }, compress) {
  return GRANULARITIES.map((granularity) => {
    const stream = readFileSync(`${path}.${granularity}`);
    const count = events[granularity];
    return { granularity, raw: stream.length / count, zstd: compress(stream).length / count };
  });
}

function workloadRows(name, facts, bytes) {
  const ns = (what, value) => row(`${name}, ${what}`, { unit: 'ns', samples: [value] });
  const ofGranularity = (granularity) => {
    const own = added(facts, granularity, granularity);
    const floor = added(facts, `${granularity} floor`, granularity);
    const { raw, zstd } = bytes.find((one) => one.granularity === granularity);
    return [
      ns(`${granularity}: added`, own),
      ns(`${granularity}: floor`, floor),
      row(`${name}, ${granularity}: over its floor`, { unit: 'x', samples: [own / floor] }),
      row(`${name}, ${granularity}: stream`, { unit: 'B', samples: [raw] }),
      row(`${name}, ${granularity}: stream after zstd`, { unit: 'B', samples: [zstd] }),
    ];
  };
  return [
    ns('untraced, a line', facts.best.untraced / facts.events.line),
    ...GRANULARITIES.flatMap(ofGranularity),
    ...OTHERS.map((other) => ns(`${other}: added a line`, added(facts, other))),
  ];
}

function meanRows(all) {
  const mean = (pick) => [geometricMean(all.map(pick))];
  const over = (granularity) =>
    row(`${granularity} over its floor, mean`, {
      unit: 'x',
      samples: mean(
        ({ facts }) =>
          added(facts, granularity, granularity) /
          added(facts, `${granularity} floor`, granularity),
      ),
      goal: { atMost: 2 },
    });
  const times = (other, goal = null) =>
    row(`${other} over line, mean`, {
      unit: 'x',
      samples: mean(({ facts }) => added(facts, other) / added(facts, 'line')),
      goal,
    });
  return [
    ...GRANULARITIES.map(over),
    ...OTHERS.map((other) => times(other, other === 'settrace + repr' ? { atLeast: 100 } : null)),
    row('stream of a line event after zstd, mean', {
      unit: 'B',
      samples: mean(({ bytes }) => bytes[0].zstd),
      goal: { atMost: 2 },
    }),
  ];
}

function stateRows(states) {
  const rows = Object.entries(states).map(([size, value]) =>
    row(`line, one element of ${size} changes every third`, { unit: 'ns', samples: [value] }),
  );
  const growth = row(`line, ${LARGE} elements over ${SMALL}`, {
    unit: 'x',
    samples: [states[LARGE] / states[SMALL]],
    goal: { atMost: 1.3 },
  });
  return [...rows, growth];
}

/** A function that leaves at once costs what is worked out of its code object. */
const planRows = (plans) =>
  Object.entries(plans).map(([lines, ns]) =>
    row(`line, first call of a function of ${lines} lines`, { unit: 'us', samples: [ns / 1000] }),
  );

async function work(say) {
  const services = await openSandboxes(say);
  try {
    const { zstdCompress } = await built('src/store/zstd.js');
    const rounds = numberArgument('rounds', 15);
    const { found, folder, remove } = await measured(services, { rounds, say });
    try {
      const all = Object.entries(found.main).map(([name, facts]) => ({
        name,
        facts,
        bytes: sizes(join(folder, name), facts, zstdCompress),
      }));
      return [
        ...all.flatMap(({ name, facts, bytes }) => workloadRows(name, facts, bytes)),
        ...stateRows(found.states),
        ...planRows(found.plans),
        ...meanRows(all),
      ];
    } finally {
      remove();
    }
  } finally {
    services.close();
  }
}

await bench('tracer', work);
