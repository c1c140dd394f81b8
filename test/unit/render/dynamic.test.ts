import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/identity/digest.ts';
import { dynamicStates, renderDynamic, stateText } from '../../../src/render/dynamic.ts';
import { parseState } from '../../../src/render/parse-dynamic.ts';
import { goldenRow } from './golden-rows.ts';

const NAMES = readdirSync(join(import.meta.dirname, '..', '..', 'golden', 'programs'))
  .filter((name) => name.endsWith('.py'))
  .map((name) => name.slice(0, -'.py'.length));

describe('a dynamic state', () => {
  it.each(NAMES)('of %s is read back as it was', (name) => {
    for (const state of dynamicStates(goldenRow(name))) {
      const text = stateText(state);
      expect(parseState(text), text).toEqual({ kind: 'state', state });
    }
  });

  it.each(NAMES)('of %s stands for itself: what follows it is always the same', (name) => {
    const next = new Map<string, string>();
    let before: string | null = null;
    for (const state of dynamicStates(goldenRow(name))) {
      const text = stateText(state);
      if (before !== null) {
        const known = next.get(before);
        if (known !== undefined) expect(text, `after\n${before}`).toBe(known);
        next.set(before, text);
      }
      before = text;
    }
  });

  it('has the text that the reader in Python makes too: these are its digests', async () => {
    const digests = NAMES.map((name) => [name, sha256(renderDynamic(goldenRow(name)))] as const);
    const file = join(import.meta.dirname, '..', '..', 'golden', 'dynamic-states.json');
    const text = `${JSON.stringify(Object.fromEntries(digests), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(file);
  });

  it('holds where each iterator is, so that rounds over equal items differ', () => {
    const texts = [...dynamicStates(goldenRow('nested_loops'))].map(stateText);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('is refused with its place where it is none', () => {
    expect(parseState('')).toMatchObject({ kind: 'refused', line: 1 });
    expect(parseState('line\nin f line 2\n  x = [\n')).toMatchObject({ kind: 'refused', line: 3 });
    expect(parseState('line\nin f line 2\n@2 list items []\n')).toMatchObject({ line: 3 });
    expect(parseState('line\nin f line 2\n@1 list items [1, 2\n')).toMatchObject({ line: 3 });
    expect(parseState('line\nin f line x\n')).toMatchObject({ line: 2 });
  });
});
