// Conformance vectors of the CWM text: length and digest of the whole text.
import { expect, it } from 'vitest';
import { sha256 } from '../../../src/identity/digest.ts';
import { renderCwm } from '../../../src/render/cwm.ts';
import { goldenRow } from './golden-rows.ts';
import { rowOf } from './rows.ts';

it.each([
  ['loop', 1119, 'a30a44b544ca5d8dc38b49bc040000c298e0828279d6c72d00876ad7b6f674e7'],
  ['uncaught', 716, 'a0ca778165e63db305e542ee93d9a904016e0127c356a9b20a0c90e281849379'],
  ['escapes', 572, 'ca55871b82a361960e92800b792a84381aa26bca8349fe8a72a6b5bd9d72b6a9'],
  ['recursion', 902, '8762c7edf0ecc53ad0c10d66368f67dab33ed12d198b09238940db63e15e3db2'],
  ['comprehension', 854, 'f95956677643a5b21da64610a051c7bf6925aed345984ea3a2a3922abf5b4658'],
  ['mutation', 695, '8f0f682b2c1b1bb11c4d2351b1ecb6d00eb8c08f1e493e4a04965b2e9f548b02'],
  ['caught', 899, 'b1a04161f572b1e21c432732bd81a75a125e79ed00f4cea89a5c90a3d9b68a12'],
] as const)('the vector %s has its bytes', (name, length, digest) => {
  const text = renderCwm(goldenRow(`cwm_${name}`));
  expect([Buffer.byteLength(text), sha256(text)], text).toEqual([length, digest]);
});

it('a call with a setup starts in the entry itself, whose line is marked', () => {
  const text = renderCwm(
    rowOf({
      setup: 'n = 3',
      call: 'f(n)',
      source: 'def f(n):\n    return n\n',
      events: [
        { kind: 'call', frame: 1, depth: 1, line: 1, name: 'f', set: { n: '3' } },
        { kind: 'line', frame: 1, depth: 1, line: 2 },
        { kind: 'return', frame: 1, depth: 1, line: 2, value: '3' },
      ],
    }),
  );
  expect(text).toContain(
    '\ndef f(n):  # << START_OF_TRACE\n    return n\n<|frame_sep|><|call_sep|>',
  );
  expect(text).not.toContain('main');
  expect(text.endsWith('<|arg_sep|>"3"<|frame_sep|><|end_of_text|>')).toBe(true);
});

it('a trace that a limit cut has no end of the text', () => {
  const row = { ...goldenRow('cwm_loop'), outcome: 'events-exceeded' } as const;
  expect(renderCwm(row).endsWith('<|frame_sep|>')).toBe(true);
});
