import { expect, it } from 'vitest';
import { tracemill } from './fake-gateway.ts';
import { doneReport, entry, launchPlan, pilotReport, published, running } from './samples.ts';

const launch = () => Promise.resolve({ how: 'started', entry: running } as const);
const ended = { entries: [entry], reports: [doneReport], published, launch, pilot: pilotReport };

it('a pilot is launched with its sample, followed, and tells of the whole', async () => {
  const told = await tracemill(
    ['launch', 'spec.yaml', '--pilot', '500', '--seed', '7', '--price-per-core-hour', '0.05'],
    ended,
  );
  expect(told.code).toBe(0);
  const request = {
    specPath: 'spec.yaml',
    corpora: [],
    name: null,
    records: 500,
    seed: 7,
    fleet: null,
  };
  expect(told.asked.calls).toEqual([
    `pilot ${JSON.stringify(request)}`,
    `estimate ${entry.workflowId} 500 7 0.05`,
  ]);
  expect(told.out).toContain('The pilot traced 500 records of 100,000');
  expect(told.out).toMatch(/accepted traces +301,000 +271,000 to 331,000/);
  expect(told.out).toMatch(/accepted share +73\.1% +70\.0% to 76\.0%/);
  expect(told.out).toMatch(/not accepted: crashed +1,230 /);
  expect(told.out).toMatch(/size of the traces +1\.0 GiB +921\.6 MiB to 1\.1 GiB/);
  expect(told.out).toMatch(/time with 4 slots +3 h 00 min +2 h 42 min to 3 h 18 min/);
  expect(told.out).toMatch(/money +0\.60 /);
});

it('a pilot without known times says so and gives no hours', async () => {
  const pilot = { ...pilotReport, slotHours: null, hours: null, money: null };
  const { out } = await tracemill(['launch', 'spec.yaml', '--pilot', '500'], { ...ended, pilot });
  expect(out).toContain('Times are not known');
  expect(out).not.toContain('time with');
});

const about = (value: number) => ({ value, low: value * 0.9, high: value * 1.1 });
const fleet = {
  ...{ fleet: 'main', slotsPerVm: 4, bootSeconds: 120, pricePerVmHour: 0.07, machines: 3 },
  ...{ vmHours: about(10), money: about(0.7), hours: about(4) },
};

it('a pilot and a dry run say what the machines of a fleet would cost, and by which price', async () => {
  const flags = ['--fleet', 'fleet.yaml'];
  const pilot = { ...pilotReport, fleet };
  const piloted = await tracemill(['launch', 's.yaml', '--pilot', '5', ...flags], {
    ...ended,
    pilot,
  });
  expect(piloted.out).toMatch(/machine hours of main +10\.00 +9\.00 to 11\.00/);
  expect(piloted.out).toMatch(/money for main +0\.70/);
  expect(piloted.out).toContain("4 slots, costs 0.07 an hour by the fleet's document");
  const plan = { ...launchPlan, fleet: { ...fleet, rateOf: 'job-1', slotMsPerRecord: 144 } };
  const planned = await tracemill(['launch', 's.yaml', '--dry-run', ...flags], { plan });
  expect(planned.asked.calls.at(-1)).toContain('fleet.yaml');
  expect(planned.out).toContain('costs about 0.70: 10.00 hours of 3 machines');
  expect(planned.out).toContain('a record takes 144.0 ms of a slot by job-1');
  const alone = await tracemill(['launch', 's.yaml', ...flags], ended);
  expect(alone.code).toBe(2);
});

it('a pilot that fails ends like any job and estimates nothing', async () => {
  const failed = { ...doneReport, entry: { ...entry, state: 'failed' as const }, failure: 'why' };
  const told = await tracemill(['launch', 'spec.yaml', '--pilot', '5'], {
    ...ended,
    reports: [failed],
  });
  expect(told.code).toBe(1);
  expect(told.asked.calls.some((call) => call.startsWith('estimate'))).toBe(false);
});

it('a dry run says what would be done and what is there, and launches nothing', async () => {
  const told = await tracemill(['launch', 'spec.yaml', '--dry-run'], { plan: launchPlan });
  expect(told.code).toBe(0);
  expect(told.asked.calls).toEqual([
    `plan ${JSON.stringify({ specPath: 'spec.yaml', corpora: [], name: null })} null`,
  ]);
  expect(told.out).toBe(
    [
      'unit-aaaaaaaaaaaa would be started, revision 1. Nothing was started.',
      '  1,200 records in 5 batches; 2.0 KiB to upload',
      '  all records were read before; 48 of 4,800 invocations would run, 3 of 5 batches are sealed',
      '  publishes unit@v1',
      '',
    ].join('\n'),
  );
  const fresh = { ...launchPlan, isSetFree: false, uploadBytes: 0, ingestSealed: 2, trace: null };
  const { out } = await tracemill(['launch', 'spec.yaml', '--dry-run'], { plan: fresh });
  expect(out).toContain('nothing to upload');
  expect(out).toContain('records of 3 of 5 batches would be read');
  expect(out).toContain('which another job has published');
  const unlisted = { ...fresh, records: null, batches: null, ingestSealed: 0 };
  const library = await tracemill(['launch', 'spec.yaml', '--dry-run'], { plan: unlisted });
  expect(library.out).toContain('  the library is listed in a sandbox first; nothing to upload\n');
  expect(library.out).toContain('  what of its functions has a result is known after that\n');
});

it('a dry run says what a language model would cost', async () => {
  const llm = { model: 'm-1', budgetUsd: 50, functions: 12, atMostUsd: 0.02, likelyUsd: 0.005 };
  const dry = ['launch', 'spec.yaml', '--dry-run'];
  const known = await tracemill(dry, { plan: { ...launchPlan, llm } });
  expect(known.out).toContain(
    'asks m-1 about 12 functions at most: about $0.0050, never more than $0.0200 of a budget of $50.00',
  );
  const early = { ...llm, functions: null, atMostUsd: null, likelyUsd: null };
  const unread = await tracemill(dry, { plan: { ...launchPlan, llm: early } });
  expect(unread.out).toContain('asks m-1 within a budget of $50.00; more');
});

it.each([
  ['--pilot 0', /from 1 to/],
  ['--pilot 1.5', /whole number/],
  ['--pilot 5 --seed x', /whole number/],
  ['--pilot 5 --price-per-core-hour -1', /number/],
  ['--pilot 5 --dry-run', /not both/],
])('%s is a mistake that is told before anything is done', async (flags, message) => {
  const told = await tracemill(['launch', 'spec.yaml', ...flags.split(' ')], ended);
  expect(told.code).toBe(2);
  expect(told.err).toMatch(message);
  expect(told.asked.calls).toEqual([]);
});
