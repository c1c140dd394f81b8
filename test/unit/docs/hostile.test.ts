// docs/hostile-cases.md is made of the heads of the corpus; `vitest -u` writes it anew.
import { expect, test } from 'vitest';
import { readCases, textOfEnd } from '../../hostile/cases.ts';

/** The study that the corpus follows: how many cases each group has. */
const GROUPS = { t: 24, m: 14, p: 20, o: 16, x: 20, f: 17, n: 8, d: 6 } as const;
const HEAD = `# Hostile cases

Each case of the hostile suite with its outcome and, in brackets, all labels of its row: no other, and none fewer. A row that differs fails the suite.
Where a race decides, each end that it may have stands there, and what the race is. How cases run is in [sandbox.md](sandbox.md) §8. This page is made of
\`test/hostile/corpus\`; \`npx vitest run test/unit/docs -u\` writes it anew.

| case | ends as | what it does |
| --- | --- | --- |
`;

const cases = await readCases();
const rows = cases.map(({ name, expect: ends, attack, race }) => {
  const what = race === null ? attack : `${attack}. A race: ${race}`;
  return `| ${[name, ends.map(textOfEnd).join('; '), what].join(' | ')} |\n`;
});

test('every case of the study has a file', () => {
  const wanted = Object.entries(GROUPS).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, at) => `${letter}${String(at + 1).padStart(2, '0')}`),
  );
  expect(wanted).toHaveLength(125);
  const found = new Set(cases.map(({ name }) => name.split('/')[1]?.split('-')[0]));
  expect(wanted.filter((id) => !found.has(id))).toEqual([]);
});

test('docs/hostile-cases.md is the table of the corpus', async () => {
  await expect(HEAD + rows.join('')).toMatchFileSnapshot('../../../docs/hostile-cases.md');
});
