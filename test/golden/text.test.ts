// Every example of thirty programs in every format, to the letter. `npx vitest run --project golden -u test/golden/text.test.ts`
// writes the files anew.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXAMPLE_FORMATS, PAIR_FORMATS } from '../../src/contract/text.ts';
import type { RenderSpec } from '../../src/contract/text.ts';
import { proposals } from '../../src/render/examples.ts';
import { textRow } from '../../src/render/text-rows.ts';
import { goldenRow } from '../unit/render/golden-rows.ts';

const NAMES = [
  ...['aliases', 'calls_only', 'classes', 'closures', 'comprehensions', 'control', 'cuts'],
  ...['corner_calls', 'corner_containers', 'corner_exceptions', 'corner_flow', 'corner_iteration'],
  ...['cwm_caught', 'cwm_comprehension', 'cwm_escapes', 'cwm_loop', 'cwm_mutation'],
  ...['cwm_recursion', 'cwm_uncaught', 'dict_changes', 'exceptions', 'generators', 'instructions'],
  ...['iterators', 'list_changes', 'nested_loops', 'nye_doubling', 'output', 'recursion', 'scalars'],
];
const CONTEXT = 1_000_000;
/** Two pairs of each direction show the form; which pairs there are is tested elsewhere. */
const SPECS: readonly RenderSpec[] = EXAMPLE_FORMATS.map((format) => ({
  format,
  context: CONTEXT,
  ...(PAIR_FORMATS.includes(format) ? { pairs: 2, ahead: [1, 4] } : {}),
}));

it('there are thirty programs', () => {
  expect(new Set(NAMES).size).toBe(30);
});

it.each(NAMES)('the examples of %s are as they were', async (name) => {
  const row = goldenRow(name);
  const texts = [...proposals(row, SPECS)].map((example) => {
    expect(example).not.toBeNull();
    if (example === null) return '';
    const { format, text, loss_spans, step_from, step_to, ahead, tokens } = textRow(row, example);
    const [span] = loss_spans;
    const head = JSON.stringify({ format, step_from, step_to, ahead, tokens, ...span });
    return `######## ${head}\n${text}\n`;
  });
  await expect(texts.join('')).toMatchFileSnapshot(join(import.meta.dirname, 'text', `${name}.txt`));
});
