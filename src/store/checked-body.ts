// The check of a body against what its metadata says, shared by the stores.
import { createHash } from 'node:crypto';
import { asId } from '../contract/ids.ts';
import type { Digest } from '../contract/ids.ts';
import { AppError } from '../errors.ts';
import { sha256 } from '../identity/digest.ts';
import type { ObjectStore, StreamBody } from './object-store.ts';

/** Null where the text is no digest, as in objects of other programs. */
export function digestOrNull(text: string | undefined): Digest | null {
  return text !== undefined && /^[0-9a-f]{64}$/.test(text) ? asId<Digest>(text) : null;
}

/** Throws AppError `object-damaged`; null facts are not known and not checked. */
export function checkBody(
  key: string,
  body: Uint8Array,
  expected: { readonly bytes: number | null; readonly digest: Digest | null },
): void {
  const context = { key };
  if (expected.bytes !== null && body.length !== expected.bytes) {
    throw new AppError(
      'object-damaged',
      `object ${JSON.stringify(key)} has ${String(body.length)} bytes instead of ${String(expected.bytes)}`,
      { context },
    );
  }
  if (expected.digest !== null && sha256(body) !== expected.digest) {
    throw new AppError(
      'object-damaged',
      `object ${JSON.stringify(key)} does not have the digest that was stored with it`,
      { context },
    );
  }
}

/**
 * The stream of a body, which ends only if it was what its digest says: the last piece is held back until that is known, so
 * that no request with other bytes is ever complete. Throws AppError `object-damaged`.
 */
export async function* checkedStream(key: string, body: StreamBody): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let held: Uint8Array | null = null;
  let bytes = 0;
  for await (const piece of body.open()) {
    if (held !== null) yield held;
    hash.update(piece);
    bytes += piece.length;
    held = piece;
    if (bytes > body.bytes) break;
  }
  if (bytes !== body.bytes || hash.digest('hex') !== body.digest) {
    throw new AppError(
      'object-damaged',
      `what is stored as ${JSON.stringify(key)} changed while it was read`,
      { context: { key } },
    );
  }
  if (held !== null) yield held;
}

/** What one request reads: a connection that breaks loses no more. */
const PIECE_BYTES = 8 * 1024 * 1024;

/** An object of any size, piece by piece, as `checkedStream` gives it. */
export function checkedObject(
  store: Pick<ObjectStore, 'getRange'>,
  key: string,
  { bytes, digest }: Pick<StreamBody, 'bytes' | 'digest'>,
): AsyncGenerator<Uint8Array> {
  const open = async function* (): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < bytes; from += PIECE_BYTES) {
      yield await store.getRange(key, from, Math.min(bytes, from + PIECE_BYTES));
    }
  };
  return checkedStream(key, { bytes, digest, open });
}
