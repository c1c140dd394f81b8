// Stored replies of a language model: `replies/<request>`. The first one for a request is the one, for every job.
import { replyKey } from '../core/keys.ts';
import { AppError } from '../errors.ts';
import { canonicalJson, sha256 } from '../identity/digest.ts';
import { storedReplySchema } from '../schema/reply.ts';
import type { StoredReply } from '../schema/reply.ts';
import type { ObjectStore } from './object-store.ts';
import { getIfThere } from './seal.ts';

export interface KeptReply {
  readonly reply: StoredReply;
  /** SHA-256 of the stored bytes. */
  readonly digest: string;
}

function read(key: string, bytes: Uint8Array): KeptReply {
  let document: unknown = null;
  try {
    document = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    // Told below, as any other damage.
  }
  const parsed = storedReplySchema.safeParse(document);
  if (parsed.success) return { reply: parsed.data, digest: sha256(bytes) };
  throw new AppError('object-damaged', `object ${JSON.stringify(key)} is not a stored reply`, {
    context: { key },
  });
}

/** Null where nothing was asked yet. Throws AppError `object-damaged`. */
export async function findReply(store: ObjectStore, request: string): Promise<KeptReply | null> {
  const key = replyKey(request);
  const bytes = await getIfThere(store, key);
  return bytes === null ? null : read(key, bytes);
}

/** The reply that holds from now on: this one, or the one that another attempt stored before. */
export async function keepReply(store: ObjectStore, reply: StoredReply): Promise<KeptReply> {
  const key = replyKey(reply.request);
  const body = Buffer.from(`${canonicalJson(reply)}\n`, 'utf8');
  const put = await store.putIfAbsent(key, body, { contentType: 'application/json' });
  return put.kind === 'created' ? { reply, digest: sha256(body) } : read(key, await store.get(key));
}
