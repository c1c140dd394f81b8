import { expect, it } from 'vitest';
import {
  blockDigestOf,
  blockDigestsOf,
  blocksFromText,
  blocksToText,
} from '../../../src/store/block-digests.ts';

const MIB = 1024 * 1024;

it('an object of one block has none, a larger one has the digest of each', () => {
  expect(blockDigestsOf(new Uint8Array(4 * MIB))).toBeNull();
  const body = new Uint8Array(9 * MIB).fill(7);
  const blocks = blockDigestsOf(body);
  expect(blocks?.blockBytes).toBe(4 * MIB);
  expect(blocks?.digests).toHaveLength(3);
  expect(blocks?.digests[2]).toBe(blockDigestOf(body.subarray(8 * MIB)));
});

it('the text fits the metadata of the largest object that one request may write, and is read back', () => {
  const blocks = blockDigestsOf(new Uint8Array(300 * MIB));
  if (blocks === null) throw new Error('no blocks');
  expect(blocks.blockBytes).toBe(16 * MIB);
  const text = blocksToText(blocks);
  expect(text.length).toBeLessThan(1_024);
  expect(blocksFromText(text, 300 * MIB)).toEqual(blocks);
});

it.each([undefined, '', 'x', '0 aaaaaaaaaaaaaaaaaaaaaa', '4194304 tooshort'])(
  'the text %o is none of ours',
  (text) => {
    expect(blocksFromText(text, 9 * MIB)).toBeNull();
  },
);

it('a text that does not cover the object is not believed', () => {
  const blocks = blockDigestsOf(new Uint8Array(9 * MIB));
  if (blocks === null) throw new Error('no blocks');
  expect(blocksFromText(blocksToText(blocks), 17 * MIB)).toBeNull();
});
