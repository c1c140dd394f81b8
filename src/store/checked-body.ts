// The check of a body against what its metadata says, shared by the stores.
import { asId } from '../contract/ids.ts';
import type { Digest } from '../contract/ids.ts';
import { AppError } from '../errors.ts';
import { sha256 } from '../identity/digest.ts';

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
