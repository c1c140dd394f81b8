// The strict write of sealed objects and documents: what is there must be what we would have written.
import type { Digest } from '../contract/ids.ts';
import { AppError, isAppError } from '../errors.ts';
import { sha256 } from '../identity/digest.ts';
import type { ObjectStore, SealObject } from './object-store.ts';

/** Throws AppError `shard-conflict` where the key holds other bytes. */
export const sealObject: SealObject = async (store, key, body) => {
  const put = await store.putIfAbsent(key, body);
  if (put.kind === 'created') return;
  const digest: Digest = put.digest ?? sha256(await store.get(key));
  if (digest !== sha256(body)) {
    throw new AppError(
      'shard-conflict',
      `object ${JSON.stringify(key)} is there already and holds other bytes`,
      { context: { key, found: digest, made: sha256(body) } },
    );
  }
};

/** Reads a JSON document; its shape is the caller's to check. Throws AppError `object-missing`, `object-damaged`. */
export async function readJson(store: ObjectStore, key: string): Promise<unknown> {
  const text = new TextDecoder().decode(await store.get(key));
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new AppError('object-damaged', `object ${JSON.stringify(key)} is not JSON`, {
      cause,
      context: { key },
    });
  }
}

async function ifThere<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (isAppError(error) && error.code === 'object-missing') return null;
    throw error;
  }
}

/** Null where there is no such object: one request where it is there and where it is not. */
export function getIfThere(store: ObjectStore, key: string): Promise<Uint8Array | null> {
  return ifThere(store.get(key));
}

/** As `readJson`; null where there is no such object. */
export function readJsonIfThere(store: ObjectStore, key: string): Promise<unknown> {
  return ifThere(readJson(store, key));
}

export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}
