// What is said of activities that have not ended.
import { expect, it } from 'vitest';
import type { PendingActivity } from '../../../src/contract/in-flight.ts';
import { inFlightOf } from '../../../src/core/in-flight.ts';

const pending = (change: Partial<PendingActivity> = {}): PendingActivity => ({
  activity: 'traceBatch',
  isStarted: true,
  attempt: 1,
  attemptsMax: 10,
  beat: null,
  lastFault: null,
  ...change,
});

it('parts of batches, outcomes and busy slots are summed by pass', () => {
  const beat = {
    v: 1,
    done: 50,
    total: 200,
    durable: 25,
    outcomes: { returned: 90, faulted: 1 },
  } as const;
  const report = inFlightOf([
    pending({ beat }),
    pending({ beat }),
    pending({ isStarted: false }),
    pending({ activity: 'refineBatch' }),
    pending({ activity: 'commitJob' }),
  ]);
  expect(report).toMatchObject({ activities: 5, slotsBusy: 4, retrying: [], faults: {} });
  expect(report.passes).toEqual([
    {
      pass: 'trace',
      batches: 0.5,
      functions: 100,
      invocations: 182,
      outcomes: { returned: 180, faulted: 2 },
    },
    { pass: 'refine', batches: 0, functions: 0, invocations: 0, outcomes: {} },
  ]);
});

it('a beat of a worker that does not count yet is no less a part of its batch', () => {
  const beat = { v: 1, done: 5, total: 10, durable: 0 } as const;
  expect(inFlightOf([pending({ beat })]).passes).toMatchObject([{ batches: 0.5, invocations: 0 }]);
});

it('what is tried again comes with its code, most attempts first, and all of it is counted', () => {
  const again = (attempt: number, code: string): PendingActivity =>
    pending({ attempt, isStarted: false, lastFault: { code, message: 'why' } });
  const many = [2, 5, 3, 2, 2, 2].map((attempt) => again(attempt, 'store-unreachable'));
  const report = inFlightOf([...many, again(9, 'docker-unreachable')]);
  expect(report.retrying.map(({ attempt }) => attempt)).toEqual([9, 5, 3, 2, 2]);
  expect(report.faults).toEqual({ 'docker-unreachable': 1, 'store-unreachable': 6 });
});

it('kinds of failures are told once each', () => {
  const failing = (example: string): PendingActivity =>
    pending({
      beat: {
        v: 1,
        done: 1,
        total: 2,
        durable: 0,
        failures: [{ cause: 'fuel-exceeded', example }],
      },
    });
  expect(inFlightOf([failing('a.py::f#0'), failing('a.py::g#0')]).failures).toEqual([
    { cause: 'fuel-exceeded', example: 'a.py::f#0' },
  ]);
});
