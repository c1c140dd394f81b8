// Each value of the golden program has the text that Python's own repr gave it there.
import { expect, it } from 'vitest';
import { parseLiteral } from '../../../src/render/python-literal.ts';
import { pythonText } from '../../../src/render/python-text.ts';
import { walk } from '../../../src/render/steps.ts';
import { goldenRow } from './golden-rows.ts';

it('values have the text of repr', () => {
  const walked = walk(goldenRow('render_values'));
  const heap = walked.machine.heap;
  let values: readonly string[] = [];
  let texts: readonly string[] = [];
  for (const { event, activation } of walked.steps()) {
    if (event.kind !== 'return' || activation.name !== 'run') continue;
    const items = heap.get(activation.names.get('values') ?? '')?.items ?? [];
    values = items.map((value) => pythonText(heap, value));
    texts = (heap.get(event.value)?.items ?? []).map((value) => {
      const literal = typeof value === 'string' ? parseLiteral(value) : null;
      return literal?.kind === 'str' ? literal.value : '';
    });
  }
  expect(values.length).toBeGreaterThan(20);
  expect(values).toEqual(texts);
});
