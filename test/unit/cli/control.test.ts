// The commands that steer, repeat and remove jobs, over a gateway of plain values.
import { expect, test } from 'vitest';
import { tracemill } from './fake-gateway.ts';
import { entry, running, runningReport } from './samples.ts';

test('retry names what it takes up again, what stays, and the set that it publishes', async () => {
  const line = 'retry @last --outcome fuel-exceeded --reason worker-lost --limits fuel=400000';
  const { code, out, asked } = await tracemill(line.split(' '), { entries: [entry] });
  expect(code).toBe(0);
  expect(asked.calls).toEqual([
    `retry ${entry.workflowId} ${JSON.stringify({
      selection: { faulted: false, outcomes: ['fuel-exceeded'], reasons: ['worker-lost'] },
      limits: ['fuel=400000'],
      dryRun: false,
    })}`,
  ]);
  expect(out).toContain(
    'revision 2 takes up 12 invocations of 9 functions in 1 batch again (fuel-exceeded 10, sandbox-died 2).',
  );
  expect(out).toContain('All other rows stay as they are in revision 1; it publishes examples@v2.');
});

test('a dry run of retry starts nothing and says so', async () => {
  const { out } = await tracemill(['retry', '@last', '--faulted', '--dry-run'], {
    entries: [entry],
  });
  expect(out).toContain('revision 2 would take up 12 invocations');
  expect(out).not.toContain('--watch');
});

test.each([
  ['retry @last', 'say what to retry: --faulted, --outcome A,B or --reason R'],
  ['retry @last --outcome slow', '--outcome "slow" is no outcome; write returned, raised'],
  ['scale @last --slots 0', '--slots "0" is not a whole number from 1 to 10000'],
  ['scale @last --slots 4', 'is published already; there is nothing to scale'],
  ['sweep --grace soon', '--grace "soon" is no time; write for example 24h'],
])('tracemill %s is refused with exit code 2', async (line, message) => {
  const { code, err } = await tracemill(line.split(' '), { entries: [entry] });
  expect(code).toBe(2);
  expect(err).toContain(message);
});

test('scale tells how many batches are in flight from now on', async () => {
  const { out, asked } = await tracemill(['scale', '@last', '--slots', '8'], {
    entries: [running],
  });
  expect(asked.calls).toEqual([`scale ${running.workflowId} 8`]);
  expect(out).toContain('keeps 16 batches in flight, for 8 slots.');
});

test('workers lists queues and who polls them; status of a running job shows the queues too', async () => {
  const line = 'queue trace   4 slots of 2 workers, 14 waiting, the oldest for 3.2 s';
  const told = await tracemill(['workers']);
  expect(told.out).toContain(line);
  expect(told.out).toContain('queue job     no worker polls, nothing waits');
  expect(told.out).toMatch(/trace +4711@host;slots=4 +4 +/);
  const status = await tracemill(['status'], { entries: [running], reports: [runningReport] });
  expect(status.out).toContain(line);
});

test('delete keeps published sets unless told otherwise, and refuses a job that runs', async () => {
  const kept = await tracemill(['delete', '@last'], { entries: [entry] });
  expect(kept.out).toContain('is deleted: 12 objects, 4.0 KiB.');
  expect(kept.out).toContain('Kept: examples@v1.');
  const gone = await tracemill(['delete', '@last', '--sets'], { entries: [entry] });
  expect(gone.out).toContain('Removed: examples@v1.');
  const refused = await tracemill(['delete', '@last'], { entries: [running] });
  expect(refused.code).toBe(2);
  expect(refused.asked.calls).toEqual([]);
});

test('sweep tells what it removed and what it left alone', async () => {
  const { out, asked } = await tracemill(['sweep', '--grace', '1h']);
  expect(asked.calls).toEqual(['sweep 3600000 false']);
  expect(out).toContain('Removed 12 parts (4.0 KiB) and 12 sealed objects (4.0 KiB).');
  expect(out).toContain('A job runs, so sealed objects were left alone.');
});
