// tracemill fleet: what it asks for, and what it prints.
import { expect, test } from 'vitest';
import { tracemill } from './fake-gateway.ts';
import { fleetReport } from './samples.ts';

const given = { fleet: fleetReport };

test('fleet status lists the machines, what is left, what was spent, and what is waited out', async () => {
  const { out, code, asked } = await tracemill(['fleet', 'status', '--fleet', 'a.yaml'], given);
  expect(code).toBe(0);
  expect(asked.calls).toEqual(['fleet report a.yaml']);
  expect(out).toContain('main: 2 machines of 3, 3 of 4 slots busy');
  expect(out).toContain(
    '1,200 batches left, 40.0 h of slot time; 8 wait, the oldest for 20.0 s; 1.25 spent',
  );
  expect(out).toContain('waits out no-capacity: there are none of these machines now');
  expect(out).toMatch(/vm-2 +starting/);
});

test('fleet explain gives the reasons of the last decision', async () => {
  const { out } = await tracemill(['fleet', 'explain'], given);
  expect(out).toContain('    work: 40.0 h of slot time are left');
  expect(out).toContain('4 machines gone, 1 of them taken away');
});

test('a fleet that no loop drives says so', async () => {
  const { out } = await tracemill(['fleet', 'status'], {
    fleet: { ...fleetReport, isInCharge: false },
  });
  expect(out).toContain('no loop runs (the last was heard of');
});

test('fleet run, scale and drain ask the gateway', async () => {
  expect((await tracemill(['fleet', 'run', '--until-done'], given)).asked.calls).toEqual([
    'fleet run fleet.yaml true',
    'fleet report fleet.yaml',
  ]);
  expect((await tracemill(['fleet', 'scale', '5'], given)).asked.calls).toEqual([
    'fleet scale fleet.yaml 5',
  ]);
  expect((await tracemill(['fleet', 'scale', 'auto'], given)).asked.calls).toEqual([
    'fleet scale fleet.yaml null',
  ]);
  expect((await tracemill(['fleet', 'drain', 'vm-1'], given)).asked.calls).toEqual([
    'fleet drain fleet.yaml vm-1',
  ]);
});

test.each([
  [['fleet', 'grow'], 'is not one of run, status, explain, scale, drain'],
  [['fleet', 'scale'], 'needs a number of machines'],
  [['fleet', 'scale', '-3'], 'needs a number of machines'],
  [['fleet', 'scale', '1e3'], 'needs a number of machines'],
  [['fleet', 'drain'], 'needs the name of a machine'],
  [['fleet', 'status', 'x'], 'takes nothing more'],
])('%j is refused with one sentence', async (argv, sentence) => {
  const { code, err } = await tracemill(argv, given);
  expect(code).toBe(2);
  expect(err).toContain(sentence);
});
