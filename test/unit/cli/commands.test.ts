// What each command prints and which exit code it ends with, over a gateway of plain values.
import { expect, test } from 'vitest';
import { AppError } from '../../../src/errors.ts';
import { renderText } from '../../../src/render/formats.ts';
import { EVENTS, rowOf } from '../render/rows.ts';
import { tracemill } from './fake-gateway.ts';
import { JOB_ID, chain, doneReport, entry, published, running, runningReport } from './samples.ts';

const launched = { entry: running, how: 'started' } as const;

test('launch says which job it started and how to follow it', async () => {
  const told = await tracemill(['launch', 'spec.yaml', '--name', 'n'], {
    launch: () => Promise.resolve(launched),
  });
  expect(told.asked.calls).toEqual(['launch {"specPath":"spec.yaml","corpora":[],"name":"n"}']);
  expect(told.out).toBe(
    `${entry.workflowId}: started\n  tracemill status ${entry.workflowId} --watch\n`,
  );
  expect(told.code).toBe(0);
});

test('launch takes several corpora and says that the same job was found', async () => {
  const told = await tracemill(['launch', '--corpus', 'jsonl:a.jsonl', 'files:src'], {
    launch: () => Promise.resolve({ ...launched, how: 'found' }),
  });
  expect(told.asked.calls[0]).toContain('"corpora":["jsonl:a.jsonl","files:src"]');
  expect(told.out).toContain('found: the same spec on the same corpus was launched before');
});

test('launch --watch prints counts by outcome and verdict, the place of the set and the balance', async () => {
  const told = await tracemill(['launch', 'spec.yaml', '--watch'], {
    launch: () => Promise.resolve(launched),
    reports: [doneReport],
    published,
  });
  expect(told.code).toBe(0);
  expect(told.err).toContain('ingest   1/1 batch     85 records, 84 functions, 240 inputs, 1.5 s');
  for (const said of [
    /returned +224 +94\.1%/,
    /fuel-exceeded +2 +0\.8%/,
    /accepted +230 +96\.6%/,
    /duplicate +6/,
    /Dropped or rejected because of: fuel-exceeded 2/,
    /Data set examples@v1: 232 rows in 3 objects, 402\.7 KiB/,
    /s3:\/\/tracemill\/sets\/examples\/v1\//,
    /The balance holds \(1 equation\)\./,
    /tracemill verify examples@v1/,
  ]) {
    expect(told.out).toMatch(said);
  }
});

test('launch --watch waits for the last numbers of a worker that has answered before', async () => {
  const told = await tracemill(['launch', 'spec.yaml', '--watch'], {
    launch: () => Promise.resolve(launched),
    reports: [{ ...runningReport, progress: null }, runningReport, doneReport],
    published,
  });
  expect(told.code).toBe(0);
  expect(told.asked.calls.filter((call) => call.startsWith('report'))).toEqual([
    `report of served ${entry.workflowId}`,
  ]);
});

test('launch --watch --example prints one readable trace and names it in the next commands', async () => {
  const told = await tracemill(['launch', 'spec.yaml', '--watch', '--example'], {
    launch: () => Promise.resolve(launched),
    reports: [doneReport],
    published,
    found: { row: rowOf({ events: EVENTS }), file: 'traces/a.parquet', index: 0 },
  });
  expect(told.out).toContain('     2     3  xs.append(n)\n                → xs = [3] @1');
  expect(told.out).toContain("npx tracemill show examples 'functions/f.py::f#0'");
});

test('launch --watch tells of an equation that does not hold', async () => {
  const broken = { name: 'records = parsed + rejected', left: 85, right: 84, holds: false };
  const told = await tracemill(['launch', 'spec.yaml', '--watch'], {
    launch: () => Promise.resolve(launched),
    reports: [doneReport],
    published: { ...published, balance: [broken] },
  });
  expect(told.out).toContain('The balance is broken: records = parsed + rejected: 85 is not 84.');
});

test('a job that failed ends launch --watch with exit code 1 and the reason', async () => {
  const failed = { ...entry, state: 'failed' } as const;
  const told = await tracemill(['launch', 'spec.yaml', '--watch'], {
    launch: () => Promise.resolve(launched),
    reports: [
      {
        entry: failed,
        progress: null,
        inFlight: null,
        failure: 'require-not-met: 10% accepted, 30% asked',
        causes: {
          v: 1,
          invocations: 40,
          causes: [{ cause: 'fuel-exceeded', count: 36, examples: ['a.py::f#0', 'a.py::g#1'] }],
        },
        cost: { coreHours: 1.5, fleets: [] },
      },
    ],
  });
  expect(told.code).toBe(1);
  expect(told.out).toContain('require-not-met: 10% accepted, 30% asked');
  expect(told.out).toContain('Nothing was published.');
  expect(told.out).toContain('It took 1.50 core-hours of slots.');
  expect(told.out).toContain('Most frequent causes among 40 invocations looked at:');
  expect(told.out).toMatch(/fuel-exceeded +36 +90\.0% +a\.py::f#0, a\.py::g#1/);
});

test('an interrupt of a watch ends with 130 and says that the job goes on', async () => {
  const abort = new AbortController();
  const told = tracemill(
    ['status', '--watch'],
    { entries: [running], reports: [runningReport] },
    { signal: abort.signal },
  );
  abort.abort();
  expect(await told).toMatchObject({ code: 130 });
  expect((await told).err).toContain('the job goes on');
});

test('status of a running job prints a line for each pass', async () => {
  const told = await tracemill(['status', 'exam'], {
    entries: [running],
    reports: [runningReport],
  });
  expect(told.out).toMatch(/examples-3fa1a1a1a1a1: running for/);
  expect(told.out).toMatch(
    /trace {4}4\/16 batches {2}1,499 invocations, 3 faulted, .*, about .* left/,
  );
  // Batches in flight count; what is tried again says why; a kind of failure has its example.
  for (const said of [
    'returned 1,470, raised 20, fuel-exceeded 9, faulted 3',
    '4 slots busy, 8 given out, 2 at a new attempt (store-unreachable 2)',
    'traceBatch is at attempt 3 of 10, after store-unreachable: no S3 server answers',
    'fuel-exceeded: a.py::loop#0',
  ]) {
    expect(told.out).toContain(said);
  }
  expect(told.code).toBe(0);
});

test('jobs lists the newest revision of each job, newest first', async () => {
  const older = {
    ...entry,
    jobId: `4b${'0'.repeat(62)}`,
    workflowId: 'older-4b0000000000',
    startedAtMs: 5,
  };
  const told = await tracemill(['jobs', '--json'], {
    entries: [older, { ...entry, revision: 1, state: 'cancelled' }, { ...entry, revision: 2 }],
  });
  const { jobs } = JSON.parse(told.out) as { jobs: (typeof entry)[] };
  expect(jobs.map((job) => [job.workflowId, job.revision])).toEqual([
    [entry.workflowId, 2],
    ['older-4b0000000000', 1],
  ]);
});

for (const how of ['pause', 'resume', 'cancel']) {
  test(`${how} tells the running job that its prefix names`, async () => {
    const told = await tracemill([how, JOB_ID.slice(0, 6)], { entries: [running] });
    expect(told.asked.calls).toEqual([`${how} ${entry.workflowId}`]);
    expect(told.code).toBe(0);
  });

  test(`${how} of a job that ended is a mistake`, async () => {
    const told = await tracemill([how, '@last'], { entries: [entry] });
    expect(told.err).toContain('is published already; there is nothing to');
    expect(told.code).toBe(2);
  });
}

test('why prints the chain from the record down with reasons and keeper', async () => {
  const told = await tracemill(['why', '@last', 'functions.jsonl:17'], {
    entries: [entry],
    chain: { links: chain, cut: false },
  });
  expect(told.asked.calls).toEqual(['why tracemill examples@v1 functions.jsonl:17']);
  expect(told.out).toBe(
    [
      'record functions.jsonl:17  parsed at ingest',
      '  function ffffffffffff    dropped at unique; because duplicate-ast; kept instead: dddddddddddd',
      '',
    ].join('\n'),
  );
});

test('show --format prints the text alone, so that it can be piped', async () => {
  const row = rowOf({ events: EVENTS });
  const told = await tracemill(['show', 'examples@v1', '--format', 'cwm'], {
    found: { row, file: 'traces/train-00000-of-00001.parquet', index: 0 },
  });
  expect(told.out).toBe(`${renderText(row, 'cwm')}\n`);
  expect(told.code).toBe(0);
  const wrong = await tracemill(['show', 'examples@v1', '--format', 'nye'], {});
  expect(wrong.err).toContain(
    'Allowed choices are direct, scratchpad, compact, dynamic, inline, tree, cwm',
  );
  expect(wrong.code).toBe(2);
});

test('a data command on a job that still runs says how to watch it', async () => {
  const told = await tracemill(['show', '@last'], { entries: [running] });
  expect(told.err).toContain('is running and has published no data set; watch it with');
  expect(told.code).toBe(2);
});

test('a job that Temporal still lists as running is taken as it is by now', async () => {
  const checks = [{ name: 'digest', holds: true, detail: '3 objects', object: null }];
  const told = await tracemill(['verify', '@last'], {
    entries: [running],
    current: entry,
    verification: { set: entry.set, objects: 3, rows: 232, checks },
  });
  expect(told.out).toContain(`${entry.set} is whole`);
  expect(told.code).toBe(0);
  const late = await tracemill(['pause', '@last'], { entries: [running], current: entry });
  expect(late.err).toContain('is published already; there is nothing to pause');
  expect(late.code).toBe(2);
});

test('verify of a whole set exits with 0, of a damaged one with 1 and the name of the object', async () => {
  const checks = [
    { name: 'digest of each object', holds: true, detail: '3 objects', object: null },
  ];
  const whole = { set: 'examples@v1', objects: 3, rows: 232, checks };
  const good = await tracemill(['verify', 'examples@v1'], { verification: whole });
  expect(good.asked.calls).toEqual(['verify tracemill examples@v1']);
  expect(good.out).toContain('examples@v1 is whole: 3 objects, 232 rows.');
  expect(good.code).toBe(0);
  const flipped = {
    name: 'digest of each object',
    holds: false,
    detail: 'bytes do not match the manifest',
    object: 'sets/examples/v1/traces/train-00000-of-00001.parquet',
  };
  const bad = await tracemill(['verify', 'examples@v1'], {
    verification: { ...whole, checks: [...checks, flipped] },
  });
  expect(bad.out).toContain(
    'FAILED  digest of each object  sets/examples/v1/traces/train-00000-of-00001.parquet: bytes do not match',
  );
  expect(bad.code).toBe(1);
});

test('many checks of one kind that hold are one line of verify, and a failed one keeps its own', async () => {
  const object = (index: number, holds: boolean) => ({
    name: 'object',
    holds,
    detail: holds ? '10 bytes' : 'bytes differ',
    object: `sets/examples/v1/traces/${String(index)}`,
  });
  const checks = [0, 1, 2, 3, 4, 5].map((index) => object(index, index !== 3));
  const verification = { set: 'examples@v1', objects: 6, rows: 60, checks };
  const { out } = await tracemill(['verify', 'examples@v1'], { verification });
  expect(out.split('\n').slice(0, 3)).toEqual([
    'ok      object  5 of them hold',
    'FAILED  object  sets/examples/v1/traces/3: bytes differ',
    'examples@v1 is damaged: 1 check failed.',
  ]);
});

test('doctor exits with 1 where something is missing and says what to do', async () => {
  const told = await tracemill(['doctor'], {
    services: [
      { service: 'temporal', state: 'found', detail: '127.0.0.1:7233', todo: null },
      {
        service: 'docker',
        state: 'missing',
        detail: 'no engine answers',
        todo: 'install docker.io',
      },
    ],
  });
  expect(told.out).toMatch(/temporal {2}found {4}127\.0\.0\.1:7233/);
  expect(told.out).toMatch(/→ install docker\.io/);
  expect(told.code).toBe(1);
});

test('worker runs the roles and slots that it is given', async () => {
  const told = await tracemill(['worker', '--roles', 'refine,trace', '--slots', '3']);
  expect(told.asked.worker).toEqual({ roles: ['trace', 'refine'], slots: 3 });
});

test('up prints each service and how it came to be', async () => {
  const told = await tracemill(['up'], {
    services: [
      { service: 'temporal', state: 'made', detail: 'Temporal at 127.0.0.1:1', todo: null },
    ],
  });
  expect(told.asked.calls).toEqual(['up']);
  expect(told.out).toBe('temporal  made  Temporal at 127.0.0.1:1\n');
});

test('a fault that stands behind a fault of the gateway is not swallowed by --watch', async () => {
  const fail = new AppError('temporal-unreachable', 'no Temporal server answers');
  expect(await tracemill(['status', '--watch'], { fail })).toMatchObject({ code: 3 });
});

test('colours are written to a terminal and nowhere else', async () => {
  const parts = { entries: [running], reports: [runningReport] };
  const escape = String.fromCharCode(27);
  expect((await tracemill(['status'], parts, { tty: true })).out).toContain(`${escape}[36mrunning`);
  expect((await tracemill(['status'], parts)).out).not.toContain(escape);
});

test('why puts each invocation below its input, and a published one says where it lies', async () => {
  const functionId = 'f'.repeat(64);
  const plain = { stage: 'unique', verdict: null, reasons: [], keeper_id: null } as const;
  const nowhere = { file: null, row: null };
  const input = (id: string) =>
    ({
      ...plain,
      ...nowhere,
      unit: 'input',
      id: `${functionId}/${id}`,
      parent_id: functionId,
      origin: 'doctest',
      outcome: 'kept',
    }) as const;
  const invocation = (id: string, of: string, row: number) =>
    ({
      unit: 'invocation',
      id,
      parent_id: `${functionId}/${of}`,
      stage: 'publish',
      outcome: 'returned',
      verdict: 'accepted',
      reasons: [],
      keeper_id: null,
      file: 'traces/a.parquet',
      row,
      origin: null,
    }) as const;
  const links = [input('i1'), input('i2'), invocation('r1', 'i1', 0), invocation('r2', 'i2', 1)];
  const told = await tracemill(['why', 'examples@v1', 'x'], { chain: { links, cut: false } });
  expect(told.out.split('\n').map((line) => line.trimEnd())).toEqual([
    'input ffffffffffff/i1  from doctest; kept at unique',
    '  invocation r1        returned; accepted; traces/a.parquet row 0',
    'input ffffffffffff/i2  from doctest; kept at unique',
    '  invocation r2        returned; accepted; traces/a.parquet row 1',
    '',
  ]);
});
