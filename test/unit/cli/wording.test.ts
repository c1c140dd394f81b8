// Sentences that depend on a count or on an id: pure, no gateway.
import { expect, test } from 'vitest';
import { passLine } from '../../../src/cli/progress-text.ts';
import { costLines } from '../../../src/cli/summary.ts';
import { chainText } from '../../../src/cli/why.ts';
import { chain } from './samples.ts';

const plain = (_style: string, text: string): string => text;

test('batches that were reused are counted as one or as many', () => {
  const pass = { batchesDone: 2, batchesTotal: 2, startedAtMs: 0, endedAtMs: 500 };
  const line = (reused: number): string =>
    passLine({ ...pass, pass: 'trace', counts: { outcomes: 3, 'batches-reused': reused } }, 900);
  expect(line(0)).toBe('trace    2/2 batches   3 invocations, 500 ms');
  expect(line(1)).toBe('trace    2/2 batches   3 invocations, 1 batch reused, 500 ms');
  expect(line(2)).toBe('trace    2/2 batches   3 invocations, 2 batches reused, 500 ms');
});

test('a thing whose keeper is its equal is not said to be kept instead of itself', () => {
  const links = chain.map((link) =>
    link.unit === 'function'
      ? { ...link, reasons: ['duplicate-source'], keeper_id: link.id }
      : link,
  );
  expect(chainText(links, plain)).toContain(
    'dropped at unique; because duplicate-source; the equal one before it was kept',
  );
});

test('little time of slots is told in core-seconds', () => {
  const told = (coreHours: number) => costLines({ coreHours, fleets: null });
  expect(told(0.1)).toEqual(['It took 0.10 core-hours of slots.']);
  expect(told(0.0012)).toEqual(['It took 4.3 core-seconds of slots.']);
});
