// docs/errors.md and the closed list of error codes say the same.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '../../../src/contract/error-code.ts';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
const sections = page.split(/^### /m).slice(1);

test('docs/errors.md has a heading for each error code, in the order of the list, and no other', () => {
  expect(sections.map((section) => section.split('\n', 1)[0])).toEqual([...ERROR_CODES]);
});

test('each heading of docs/errors.md is followed by what it means and what to do', () => {
  const bare = sections.filter((section) => section.split('\n').slice(1).join(' ').trim().length < 80);
  expect(bare).toEqual([]);
});
