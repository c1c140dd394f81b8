// docs/hostile-cases.md is made of the heads of the corpus; `vitest -u` writes it anew.
import { expect, test } from 'vitest';
import { LABELS } from '../../../src/contract/outcome.ts';
import { readCases } from '../../hostile/cases.ts';

/** The study that the corpus follows: how many cases each group has. */
const GROUPS = { t: 24, m: 14, p: 20, o: 16, x: 20, f: 17, n: 8, d: 6 } as const;
const HEAD = `# Hostile cases

Each case of the hostile suite, the outcomes that it may have, and the labels that it must get in both sandboxes. A case
that ends otherwise fails the suite. How cases run is in [sandbox.md](sandbox.md) §8. This page is made of \`test/hostile/corpus\`; \`npx vitest run
test/unit/docs -u\` writes it anew.

| case | outcomes | labels | what it does |
| --- | --- | --- | --- |
`;

const cases = await readCases();
const rows = cases.map((hostile) => {
  const cells = [hostile.name, hostile.expect.join(' '), hostile.labels.join(' '), hostile.attack];
  return `| ${cells.join(' | ')} |\n`.replaceAll('|  |', '| |');
});

test('every case of the study has a file', () => {
  const wanted = Object.entries(GROUPS).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, at) => `${letter}${String(at + 1).padStart(2, '0')}`),
  );
  expect(wanted).toHaveLength(125);
  const found = new Set(cases.map(({ name }) => name.split('/')[1]?.split('-')[0]));
  expect(wanted.filter((id) => !found.has(id))).toEqual([]);
});

test('the heads name known labels only', () => {
  const named = cases.flatMap(({ labels }) => labels);
  expect(named.filter((name) => !LABELS.some((label) => label === name))).toEqual([]);
});

test('docs/hostile-cases.md is the table of the corpus', async () => {
  await expect(HEAD + rows.join('')).toMatchFileSnapshot('../../../docs/hostile-cases.md');
});
