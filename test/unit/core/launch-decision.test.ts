import { expect, it } from 'vitest';
import { decideLaunch } from '../../../src/core/launch-decision.ts';
import type { LaunchFacts } from '../../../src/core/launch-decision.ts';

const decide = (facts: Partial<LaunchFacts>) =>
  decideLaunch({ run: null, publishedRevision: null, stoppedRevision: null, ...facts });

it('a job that nobody knows starts as revision 1', () => {
  expect(decide({})).toEqual({ kind: 'start', revision: 1 });
});

it('a running job is found, whatever ended before', () => {
  const run = { state: 'running', revision: 3 } as const;
  expect(decide({ run, stoppedRevision: 2 })).toEqual({ kind: 'found', revision: 3 });
});

it('a published job is found, even where Temporal has forgotten it', () => {
  expect(decide({ publishedRevision: 2 })).toEqual({ kind: 'found', revision: 2 });
  const run = { state: 'completed', revision: 2 } as const;
  expect(decide({ run, publishedRevision: 2 })).toEqual({ kind: 'found', revision: 2 });
});

it('a stopped job continues as its next revision, even where its marker could not be written', () => {
  const run = { state: 'stopped', revision: 2 } as const;
  expect(decide({ run })).toEqual({ kind: 'start', revision: 3 });
  expect(decide({ stoppedRevision: 4 })).toEqual({ kind: 'start', revision: 5 });
});

it('a completed job whose data was deleted runs again', () => {
  const run = { state: 'completed', revision: 1 } as const;
  expect(decide({ run })).toEqual({ kind: 'start', revision: 2 });
});
