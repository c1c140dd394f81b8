import { expect, it } from 'vitest';
import type { RenderRow } from '../../../src/contract/sealed-rows.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import {
  exampleKey,
  packedSteps,
  sourceKey,
  stateHash,
  stepKey,
} from '../../../src/identity/text-keys.ts';
import { findShared, sharedSources } from '../../../src/store/shared-sources.ts';
import type { RenderObjects } from '../../../src/store/shared-sources.ts';

function steps(pairs: readonly (readonly [string, string])[]): string {
  return packedSteps(
    new Map(
      pairs.map(([state, next]) => {
        const key = stepKey(stateHash(state), stateHash(next));
        return [key.state, key.next] as const;
      }),
    ),
  );
}

function row(name: string, source: string, given: Partial<RenderRow>): RenderRow {
  return {
    trace_id: sha256(`trace of ${name}`),
    function_id: sha256(name),
    repository: null,
    raised: 0,
    source_key: sourceKey(source),
    examples: '',
    steps: '',
    ...given,
  };
}

const keys = (...given: readonly string[]): string =>
  given.map((each) => exampleKey('dynamic', each)).join('');

const ROWS = [
  row('even', 'both', { examples: keys('a', 'b'), steps: steps([['1', '2']]) }),
  row('alone', 'own', { examples: keys('a', 'c'), steps: steps([['1', '3']]) }),
  row('odd', 'both', {
    examples: keys('c', 'b', 'd'),
    steps: steps([
      ['1', '2'],
      ['2', '9'],
    ]),
  }),
  row('third', 'both', { examples: keys('d'), steps: steps([['2', '8']]) }),
];

const objects: RenderObjects = async function* objects() {
  for (const [part, each] of ROWS.entries()) yield await Promise.resolve({ part, rows: [each] });
};

it('functions of one text give an example once, and their steps are compared', async () => {
  const shared = await sharedSources(objects);
  expect(shared.has(sourceKey('both'))).toBe(true);
  expect(shared.has(sourceKey('own'))).toBe(false);
  const repeated: number[] = [];
  const found = await findShared(objects, shared, (example) => repeated.push(example));
  // Places among all examples: `b` of odd, and `d` of third.
  expect(repeated).toEqual([5, 7]);
  expect(found).toEqual({ repeated: 2, ambiguous: 1 });
});

it('nothing is looked at twice where no text is shared', async () => {
  const alone: RenderObjects = async function* alone() {
    yield await Promise.resolve({ part: 0, rows: ROWS.slice(1, 3) });
  };
  const shared = await sharedSources(alone);
  expect(shared.keys).toBe(0);
  const none = await findShared(alone, shared, () => expect.unreachable());
  expect(none).toEqual({ repeated: 0, ambiguous: 0 });
});
