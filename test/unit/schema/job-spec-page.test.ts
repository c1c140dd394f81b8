// docs/job-spec.md says what the schema does: its blocks are parsed, its tables compared.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { RECORD_REASONS } from '../../../src/contract/outcome.ts';
import { parseJobSpec } from '../../../src/schema/job-spec.ts';
import { CORPUS_KINDS } from '../../../src/contract/spec.ts';
import { RECORD_FIELDS, specDocumentSchema } from '../../../src/schema/spec-shape.ts';
import { parseSpecText } from '../../../src/schema/spec-document.ts';

const page = readFileSync('docs/job-spec.md', 'utf8');
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
const [shortest = '', longest = ''] = blocks;

test('every spec on the page is accepted', () => {
  expect(blocks.length).toBeGreaterThanOrEqual(2);
  for (const block of blocks) expect(parseSpecText(block, 'page').specVersion).toBe(1);
});

test('the full spec on the page writes out the defaults', () => {
  const short = parse(shortest) as { readonly corpus: unknown };
  const written = parseJobSpec({ ...(parse(longest) as object), corpus: short.corpus });
  const { name, require, output, ...defaults } = parseJobSpec(short);
  expect(written).toMatchObject(defaults);
  expect([name, require.acceptedMin, output.set]).toEqual([null, null, null]);
});

test('the page has an example of every kind', () => {
  const specs = blocks.map((block) => parseSpecText(block, 'page'));
  const kinds = specs.flatMap(({ corpus }) => corpus.map(({ kind }) => kind));
  expect(CORPUS_KINDS.filter((kind) => !kinds.includes(kind))).toEqual([]);
});

test('the page names every key, kind, field and reason of a record', () => {
  const keys = Object.keys(specDocumentSchema.shape);
  const words = [...keys, ...CORPUS_KINDS, ...RECORD_FIELDS, ...RECORD_REASONS];
  for (const word of words) expect(page, word).toMatch(new RegExp(`\\b${word}\\b`));
});

test('the spec of the quickstart is accepted', () => {
  const spec = parseSpecText(readFileSync('examples/quickstart.yaml', 'utf8'), 'quickstart.yaml');
  expect(spec.corpus.map(({ kind }) => kind)).toEqual(['jsonl', 'files']);
});
