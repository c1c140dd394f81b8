// npm run bench:fleet [-- --seeds N]: jobs on fleets as events, with the product's own policy: time, machine hours beside an
// ideal, idle share, changes of direction; whether deadlines and budgets are kept.
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { built } from '../lib/services.mjs';
import { boundsOf, openScenarios, plainScenarios, shortOf, sizesOf } from './scenarios.mjs';
import { idealHours, simulate, workOf } from './simulate.mjs';

const SEEDS = 2;
const HOUR = 3_600_000;
const RATIO_MAX = 1.15;

const cells = [
  ['functions', 10, (s) => s.functions],
  ['batch s', 8, (s) => s.batchMs / 1_000],
  ['max VMs', 8, (s) => s.max],
  ['boot s', 7, (s) => s.bootMs / 1_000],
  ['%/h', 4, (s) => s.ratePerHour * 100],
  ['used', 5, (_, r) => r.peak],
  ['hours', 7, (_, r) => (r.timeMs === null ? '-' : (r.timeMs / HOUR).toFixed(2))],
  ['VM hours', 9, (_, r) => r.vmHours.toFixed(1)],
  ['ideal', 8, (_, r) => r.idealHours.toFixed(1)],
  ['ratio', 6, (_, r) => r.ratio.toFixed(3)],
  ['idle %', 7, (_, r) => (r.idleShare * 100).toFixed(1)],
  ['lost VMs', 9, (_, r) => r.interruptions],
  ['reversals', 9, (_, r) => r.reversals],
];
const line = (of) => `${cells.map((cell) => String(of(cell)).padStart(cell[1])).join(' ')}\n`;

/** Runs one scenario; the ideal has as many machines as were there at once. */
function outcomeOf(scenario, work, policy) {
  const result = simulate(scenario, work, policy);
  const hours = idealHours(scenario, work, Math.max(1, result.peak));
  return { ...result, idealHours: hours, ratio: result.vmHours / hours };
}

/** The work of a scenario; the last one is kept, since many scenarios share it. */
function workCache() {
  let known = { key: '', work: null };
  return (scenario) => {
    const { functions, batchMs, sigma, seed } = scenario;
    const key = [functions, batchMs, sigma, seed].join();
    if (known.key !== key) known = { key, work: workOf(scenario) };
    return known.work;
  };
}

function runAll(scenarios, { work, policy }, print) {
  const all = [];
  for (const scenario of scenarios) {
    const result = outcomeOf(scenario, work(scenario), policy);
    if (scenario.seed === 1) print(line(([, , of]) => of(scenario, result)));
    all.push({ scenario, result });
  }
  return all;
}

function* boundScenarios(seeds, work) {
  for (const open of openScenarios(seeds)) {
    const of = work(open);
    for (const size of sizesOf(open, of)) yield boundsOf(open, of, size);
  }
}

function* shortScenarios(seeds, work) {
  for (const open of openScenarios(seeds)) {
    // A job of 10 million on one machine is weeks of ticks, and says the same.
    if (open.max === 1 && open.functions > 1e6) continue;
    for (const share of [0.3, 0.9]) yield shortOf(open, work(open), share);
  }
}

const most = (list, of) => list.reduce((max, entry) => Math.max(max, of(entry)), 0);
const count = (list, is) => list.filter(is).length;
const isOver = ({ scenario, result }) => scenario.budget !== null && result.spent > scenario.budget;
const isLate = ({ scenario, result }) =>
  result.timeMs === null || result.timeMs > scenario.deadlineMs;

function rowsOf({ open, plain, bound, short }) {
  const at = (rate) => open.filter(({ scenario }) => scenario.ratePerHour === rate);
  const ratio = ({ result }) => result.ratio;
  const all = [...open, ...plain, ...bound, ...short];
  return [
    ...[0, 0.1, 0.2].map((rate) =>
      row(`machine hours over the ideal at ${rate * 100} %/h, worst of ${at(rate).length}`, {
        unit: 'x',
        samples: [most(at(rate), ratio)],
        goal: rate === 0.1 ? { atMost: RATIO_MAX } : null,
      }),
    ),
    row('machine hours over the ideal at 10 %/h, middle', {
      unit: 'x',
      samples: at(0.1).map(ratio),
    }),
    row('idle share of slots, worst', {
      unit: '',
      samples: [most(open, ({ result }) => result.idleShare)],
    }),
    row('nothing known before, or one workflow: over the ideal, worst', {
      unit: 'x',
      samples: [most(plain, ratio)],
    }),
    row(`changes of direction within a boot, in ${all.length} runs`, {
      unit: '',
      samples: [all.reduce((sum, { result }) => sum + result.reversals, 0)],
      goal: { atMost: 0 },
    }),
    row(`budgets exceeded, of ${bound.length + short.length}`, {
      unit: '',
      samples: [count([...bound, ...short], isOver)],
      goal: { atMost: 0 },
    }),
    row(`deadlines missed, of ${bound.length} that the ideal meets with 15 % to spare`, {
      unit: '',
      samples: [count(bound, isLate)],
      goal: { atMost: 0 },
    }),
    row('deadline used, worst', {
      unit: '',
      samples: [
        most(bound, ({ scenario, result }) => (result.timeMs ?? Infinity) / scenario.deadlineMs),
      ],
    }),
    row('budget used by jobs that it does not suffice for, worst', {
      unit: '',
      samples: [most(short, ({ scenario, result }) => result.spent / scenario.budget)],
    }),
  ];
}

await bench('fleet', async (say) => {
  const { decideFleet } = await built('src/fleet/policy.js');
  const { estimateBatch } = await built('src/fleet/estimate.js');
  const given = { policy: { decideFleet, estimateBatch }, work: workCache() };
  const { work } = given;
  const seeds = Array.from({ length: numberArgument('seeds', SEEDS) }, (_, at) => at + 1);
  const print = (text) => process.stdout.write(text);
  const parts = {};
  print(line(([title]) => title));
  parts.open = runAll(openScenarios(seeds), given, print);
  say('nothing known before, or without lanes');
  parts.plain = runAll(plainScenarios(seeds), given, print);
  say('deadlines and budgets');
  const quiet = () => undefined;
  parts.bound = runAll(boundScenarios(seeds, work), given, quiet);
  parts.short = runAll(shortScenarios(seeds, work), given, quiet);
  for (const bad of [...parts.bound].filter((run) => isOver(run) || isLate(run)).slice(0, 20)) {
    const { timeMs, spent, peak } = bad.result;
    say(`missed: ${JSON.stringify({ ...bad.scenario, timeMs, spent, peak })}`);
  }
  for (const bad of Object.values(parts)
    .flat()
    .filter(({ result }) => result.reversals > 0)
    .slice(0, 10)) {
    say(`reversal: ${JSON.stringify(bad.scenario)}`);
  }
  return rowsOf(parts);
});
