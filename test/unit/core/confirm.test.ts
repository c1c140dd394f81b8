import { describe, expect, it } from 'vitest';
import type { Ending } from '../../../src/contract/outcome.ts';
import { confirmDiffers, confirmLabels } from '../../../src/core/confirm.ts';

const ending = (overrides: Partial<Ending> = {}): Ending => ({
  outcome: 'returned',
  limitHit: null,
  exceptionType: null,
  exceptionMessage: null,
  returnValue: '1',
  returnType: 'int',
  returnIsLiteral: true,
  argsAfter: '{"args":[]}',
  stdout: 'out',
  stderr: '',
  ...overrides,
});

describe('confirm', () => {
  it('finds nothing where two executions ended alike', () => {
    expect(confirmDiffers(ending(), ending())).toEqual([]);
    expect(confirmLabels([])).toEqual([]);
  });

  it.each([
    ['outcome', { outcome: 'raised' }],
    ['value', { returnValue: '2' }],
    ['value', { returnType: 'bool' }],
    ['exception', { exceptionType: 'ValueError' }],
    ['exception', { exceptionMessage: 'no' }],
    ['args-after', { argsAfter: '{"args":["1"]}' }],
    ['stdout', { stdout: 'other' }],
    ['stderr', { stderr: 'warning' }],
  ] as const)('names %s for %j', (fact, change) => {
    const differs = confirmDiffers(ending(), ending(change));
    expect(differs).toEqual([fact]);
    expect(confirmLabels(differs)).toEqual(['nondeterministic']);
  });

  it('names all facts in one order', () => {
    const other = ending({ outcome: 'raised', returnValue: null, returnType: null, stdout: '' });
    expect(confirmDiffers(ending(), other)).toEqual(['outcome', 'value', 'stdout']);
  });

  it.each(['events-exceeded', 'fuel-exceeded', 'bytes-exceeded', 'output-exceeded'] as const)(
    'compares the output up to the cut only where %s',
    (outcome) => {
      const cut = ending({ outcome, returnValue: null, returnType: null, stdout: 'abc' });
      expect(confirmDiffers(cut, ending({ stdout: 'abcdef' }))).toEqual([]);
      expect(confirmDiffers(cut, ending({ stdout: 'ab' }))).toEqual([]);
      expect(confirmDiffers(cut, ending({ stdout: 'abX' }))).toEqual(['stdout']);
    },
  );

  it.each(['cpu-exceeded', 'wall-exceeded', 'memory-exceeded'] as const)(
    'compares nothing where %s: such an end is confirmed alone',
    (outcome) => {
      expect(confirmDiffers(ending({ outcome }), ending())).toEqual([]);
    },
  );
});
