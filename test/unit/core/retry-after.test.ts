import { expect, test } from 'vitest';
import { retryAfterMs } from '../../../src/core/retry-after.ts';

const NOW = Date.UTC(2026, 10, 6, 8, 49, 37);

test.each<[string | null | undefined, number | null]>([
  ['3', 3_000],
  [' 0.25 ', 250],
  ['0', 0],
  ['86400', 60_000],
  ['Fri, 06 Nov 2026 08:49:40 GMT', 3_000],
  ['Friday, 06-Nov-26 08:49:40 GMT', 3_000],
  ['Fri Nov  6 08:49:40 2026', 3_000],
  ['Fri, 06 Nov 2026 08:49:30 GMT', 0],
  ['Fri, 06 Nov 2099 08:49:40 GMT', 60_000],
  ['', null],
  ['-1', null],
  ['1e3', null],
  ['Infinity', null],
  ['soon', null],
  ['Nov', null],
  [null, null],
  [undefined, null],
])('%j asks for %j ms', (header, ms) => {
  expect(retryAfterMs(header, 60_000, NOW)).toBe(ms);
});
