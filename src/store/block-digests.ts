// Digests of the blocks of a large object, in its metadata: what lets a reader of a range check what it got.
import { createHash } from 'node:crypto';

const MIB = 1024 * 1024;
/** An object of one block is checked whole. */
const BLOCK_BYTES_MIN = 4 * MIB;
/** S3 takes 2 KiB of metadata: 32 digests of 22 characters are 704. */
const BLOCKS_MAX = 32;
/** 128 bits of each digest: they are there against damage, and the whole object's digest against forgery. */
const DIGEST_BYTES = 16;

export interface BlockDigests {
  /** Of each block but the last, which may be shorter. */
  readonly blockBytes: number;
  /** The first 16 bytes of the SHA-256 of each block, as unpadded base64url. */
  readonly digests: readonly string[];
}

export function blockDigestOf(block: Uint8Array): string {
  const digest = createHash('sha256').update(block).digest();
  return digest.subarray(0, DIGEST_BYTES).toString('base64url');
}

function blockBytesOf(length: number): number {
  let size = BLOCK_BYTES_MIN;
  while (length > size * BLOCKS_MAX) size *= 2;
  return size;
}

/** Null for an object of one block. */
export function blockDigestsOf(body: Uint8Array): BlockDigests | null {
  if (body.length <= BLOCK_BYTES_MIN) return null;
  const blockBytes = blockBytesOf(body.length);
  const digests: string[] = [];
  for (let from = 0; from < body.length; from += blockBytes) {
    digests.push(blockDigestOf(body.subarray(from, from + blockBytes)));
  }
  return { blockBytes, digests };
}

/** `4194304 digest,digest,…` */
export function blocksToText({ blockBytes, digests }: BlockDigests): string {
  return `${String(blockBytes)} ${digests.join(',')}`;
}

/** Null where the text is none of ours, or does not cover an object of so many bytes. */
export function blocksFromText(text: string | undefined, bytes: number): BlockDigests | null {
  const match = /^(\d{1,12}) ([\w-]{22}(?:,[\w-]{22})*)$/.exec(text ?? '');
  if (match?.[1] === undefined || match[2] === undefined) return null;
  const blockBytes = Number(match[1]);
  const digests = match[2].split(',');
  const covers = blockBytes >= 1 && digests.length === Math.ceil(bytes / blockBytes);
  return covers ? { blockBytes, digests } : null;
}
