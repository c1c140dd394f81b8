// npm run bench:sandbox [-- --rounds N]: what an invocation costs here and elsewhere, all measured in turn in one run.
import { row } from '../lib/report.mjs';
import { bench, numberArgument } from '../lib/run.mjs';
import { built, openSandboxes } from '../lib/services.mjs';
import { dockerExec, dockerRun, forkedChildren, freshInterpreter } from './baselines.mjs';
import { longInvocations, smallInvocations, withEndless } from './programs.mjs';
import { openSlot } from './slot.mjs';

const MIB = 1024 * 1024;
/** Counts of one round: each a second or so where it was measured, so that rounds alternate quickly. */
const COUNTS = { run: 6, exec: 10, fresh: 60, empty: 2_000, bare: 1_000, small: 180, long: 60 };
/** How often one in n waits for ever, and how many invocations a round then has. */
const MIXES = [
  { every: 100, count: 100 },
  { every: 10, count: 60 },
  { every: 2, count: 12 },
];
const WAIT_MS = 200;

const perSecond = ({ count, wallMs }) => (count * 1000) / wallMs;
/** Trace and confirm. */
const CHILDREN = 2;

async function oneRound(open, limits) {
  const { run, exec, fresh, forked, slot } = open;
  const waiting = { ...limits, wallMs: WAIT_MS };
  const round = {
    run: await run(COUNTS.run),
    exec: await exec.run(COUNTS.exec),
    fresh: await fresh.run(COUNTS.fresh),
    empty: await forked.empty(COUNTS.empty),
    bare: await forked.bare(COUNTS.bare),
    one: await slot.run(smallInvocations(COUNTS.small, 1, limits)),
    six: await slot.run(smallInvocations(COUNTS.small, 6, limits)),
    long: await slot.run(longInvocations(COUNTS.long, limits)),
    bareAgain: await forked.bare(COUNTS.bare),
    emptyAgain: await forked.empty(COUNTS.empty),
    mixes: [],
  };
  for (const { every, count } of MIXES) {
    const mixed = withEndless(smallInvocations(count, 6, limits), every, waiting);
    round.mixes.push(await slot.run(mixed));
  }
  return round;
}

function requireOutcomes({ ends }, wanted) {
  const odd = ends.find(({ kind, ending }) => kind !== 'ended' || !wanted.includes(ending.outcome));
  if (odd !== undefined) throw new Error(`an invocation ended as ${JSON.stringify(odd.ending)}`);
}

/** What the waits of a mix cost over those that they cannot avoid: first under the limit, then alone under four times. */
function waitFactor(round, at, backstopFactor) {
  const { every, count } = MIXES[at];
  const waits = Math.floor(count / every);
  const good = ((count - waits) * round.six.wallMs) / round.six.count;
  return (round.mixes[at].wallMs - good) / (waits * WAIT_MS * (1 + backstopFactor));
}

function compareRows(rounds) {
  const over = (pick) => rounds.map(pick);
  const rate = (name, key) => row(name, { unit: '1/s', samples: over((r) => perSecond(r[key])) });
  const emptyRate = (r) => (perSecond(r.empty) + perSecond(r.emptyAgain)) / 2;
  const bareRate = (r) => (perSecond(r.bare) + perSecond(r.bareAgain)) / 2;
  const children = (r, key) => CHILDREN * perSecond(r[key]);
  const sandboxCpu = (r, key) => r[key].sandboxMs / (CHILDREN * r[key].count);
  return [
    rate('container for each function', 'run'),
    rate('exec for each function', 'exec'),
    rate('interpreter for each function, warm container', 'fresh'),
    row('empty children of the same PID 1', { unit: '1/s', samples: over(emptyRate) }),
    row('bare children, which load a function, call it and end', {
      unit: '1/s',
      samples: over(bareRate),
    }),
    rate('invocations, 1 input for each function', 'one'),
    rate('invocations, 6 inputs for each function', 'six'),
    rate('invocations of 1,000 line events', 'long'),
    row('children, 6 inputs', { unit: '1/s', samples: over((r) => children(r, 'six')) }),
    row('children over empty children, by time', {
      unit: '',
      samples: over((r) => children(r, 'six') / emptyRate(r)),
      goal: { atLeast: 0.6 },
    }),
    row('bare children over empty children, by time', {
      unit: '',
      samples: over((r) => bareRate(r) / emptyRate(r)),
    }),
    row('children over bare children, by time', {
      unit: '',
      samples: over((r) => children(r, 'six') / bareRate(r)),
    }),
    row('children over empty children, by CPU time', {
      unit: '',
      samples: over((r) => r.empty.cpuMs / r.empty.count / sandboxCpu(r, 'six')),
    }),
    row('children over containers', {
      unit: 'x',
      samples: over((r) => children(r, 'six') / perSecond(r.run)),
      goal: { atLeast: 100 },
    }),
  ];
}

function costRows(rounds) {
  const over = (pick) => rounds.map(pick);
  const all = ({ sandboxMs, shimMs, workerMs, count }) => (sandboxMs + shimMs + workerMs) / count;
  return [
    row('invocations per second and core, 6 inputs', {
      unit: '1/s',
      samples: over((r) => 1000 / all(r.six)),
    }),
    row('CPU of an invocation, all', { unit: 'ms', samples: over((r) => all(r.six)) }),
    ...['sandboxMs', 'shimMs', 'workerMs'].map((part) =>
      row(`CPU of an invocation, ${part.slice(0, -2)}`, {
        unit: 'ms',
        samples: over((r) => r.six[part] / r.six.count),
      }),
    ),
    row('CPU of an empty child', {
      unit: 'ms',
      samples: over((r) => r.empty.cpuMs / r.empty.count),
    }),
    row('CPU of an invocation of 1,000 line events, all', {
      unit: 'ms',
      samples: over((r) => all(r.long)),
    }),
  ];
}

const memoryRow = (when, bytes) =>
  row(`memory of an idle slot of two, shims included, ${when}`, {
    unit: 'MiB',
    samples: [bytes / MIB],
    goal: { atMost: 60 },
  });

async function work(say) {
  const rounds = [];
  const services = await openSandboxes(say);
  const { DEFAULT_LIMITS, BACKSTOP_FACTOR } = await built('src/contract/limits.js');
  const open = {
    run: await dockerRun(services),
    exec: await dockerExec(services),
    fresh: await freshInterpreter(services),
    forked: await forkedChildren(services),
    slot: await openSlot(services),
  };
  // PID 1 settles after its greeting: it has when it has answered.
  await open.slot.run(smallInvocations(1, 1, DEFAULT_LIMITS));
  const fresh = await open.slot.idle();
  let used = fresh;
  try {
    for (let at = 0; at < numberArgument('rounds', 3); at += 1) {
      const round = await oneRound(open, DEFAULT_LIMITS);
      requireOutcomes(round.six, ['returned', 'raised']);
      requireOutcomes(round.mixes[1], ['returned', 'raised', 'wall-exceeded']);
      rounds.push(round);
      say(`round ${at + 1}: ${(CHILDREN * perSecond(round.six)).toFixed(0)} children a second`);
    }
    used = await open.slot.idle();
  } finally {
    for (const one of [open.exec, open.fresh, open.forked]) one.close();
    await open.slot.close();
    services.close();
  }
  const mixRows = MIXES.map(({ every }, at) =>
    row(`${100 / every} % time-outs, over their own wait`, {
      unit: 'x',
      samples: rounds.map((round) => waitFactor(round, at, BACKSTOP_FACTOR)),
      goal: every === 10 ? { atMost: 1.2 } : null,
    }),
  );
  return [
    ...compareRows(rounds),
    ...costRows(rounds),
    ...mixRows,
    memoryRow('fresh', fresh.bytes),
    memoryRow('after the rounds', used.bytes),
    row('sandboxes then, with those that wait for their turn', {
      unit: '',
      samples: [used.sandboxes],
    }),
  ];
}

await bench('sandbox', work);
