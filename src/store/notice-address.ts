// Who is told of the end of a revision. The address may hold a secret, as those of chat services do: it lies beside the
// data and is in no manifest, no spec and no history.
import { z } from 'zod';
import { noticeAddressKey } from '../core/keys.ts';
import { AppError } from '../errors.ts';
import type { ObjectStore } from './object-store.ts';
import { jsonBytes, readJsonIfThere } from './seal.ts';

interface Revision {
  readonly jobId: string;
  readonly revision: number;
}

const addressSchema = z.object({ v: z.literal(1), url: z.url() });

/** Create-if-absent: a second launch that starts nothing changes nothing. */
export async function writeNoticeAddress(
  store: ObjectStore,
  { jobId, revision, url }: Revision & { readonly url: string },
): Promise<void> {
  const key = noticeAddressKey(jobId, revision);
  await store.putIfAbsent(key, jsonBytes({ v: 1, url }), { contentType: 'application/json' });
}

/** Null where nobody is told. Throws AppError `object-damaged`. */
export async function readNoticeAddress(
  store: ObjectStore,
  { jobId, revision }: Revision,
): Promise<string | null> {
  const key = noticeAddressKey(jobId, revision);
  const document = await readJsonIfThere(store, key);
  if (document === null) return null;
  const parsed = addressSchema.safeParse(document);
  if (parsed.success) return parsed.data.url;
  throw new AppError('object-damaged', `object ${JSON.stringify(key)} names no address`, {
    context: { key },
  });
}
