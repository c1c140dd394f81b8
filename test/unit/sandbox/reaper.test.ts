import { expect, test } from 'vitest';
import { LABEL, OWNER } from '../../../src/sandbox/container-spec.ts';
import { isLeftOver } from '../../../src/sandbox/reaper.ts';

const self = { workerId: 'w', bootId: 'now', nowMs: 1_000 };

function container(changes: Readonly<Record<string, string>>) {
  const labels: Record<string, string> = {
    [LABEL.owner]: OWNER,
    [LABEL.worker]: 'w',
    [LABEL.boot]: 'now',
    [LABEL.deadline]: '2000',
    ...changes,
  };
  return { id: 'c', labels };
}

test.each([
  ['its own living one', {}, false],
  ['one of its earlier life', { [LABEL.boot]: 'before' }, true],
  ['one of another worker', { [LABEL.worker]: 'other', [LABEL.boot]: 'theirs' }, false],
  ['an overdue one of another worker', { [LABEL.worker]: 'other', [LABEL.deadline]: '999' }, true],
  ['one of another program', { [LABEL.owner]: 'someone', [LABEL.deadline]: '1' }, false],
  ['one whose deadline is no number', { [LABEL.worker]: 'o', [LABEL.deadline]: 'soon' }, false],
])('of containers a worker judges %s rightly', (_, changes, expected) => {
  expect(isLeftOver(container(changes), self)).toBe(expected);
});
