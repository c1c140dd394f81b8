import { expect, it } from 'vitest';
import { CauseCount } from '../../../src/core/causes.ts';

it('causes are told by how often they occur, with the first few that they befell', () => {
  const causes = new CauseCount();
  for (let index = 0; index < 9; index += 1) {
    const reasons = index % 3 === 0 ? ['fuel-exceeded', 'threads'] : ['fuel-exceeded'];
    causes.add({ reasons, name: `a.py::f${String(index)}#0` });
  }
  causes.add({ reasons: [], name: 'a.py::good#0' });
  expect(causes.report()).toEqual({
    v: 1,
    invocations: 10,
    causes: [
      {
        cause: 'fuel-exceeded',
        count: 9,
        examples: ['a.py::f0#0', 'a.py::f1#0', 'a.py::f2#0'],
      },
      { cause: 'threads', count: 3, examples: ['a.py::f0#0', 'a.py::f3#0', 'a.py::f6#0'] },
    ],
  });
});

it('a report fits a failure of Temporal, whatever the names', () => {
  const causes = new CauseCount();
  for (let index = 0; index < 40; index += 1) {
    causes.add({ reasons: [`reason-${String(index)}`], name: 'n'.repeat(10_000) });
  }
  expect(JSON.stringify(causes.report()).length).toBeLessThan(2_000);
});
