// The port to object storage. Objects are immutable: a key is written once, by whoever comes first.
import type { Digest } from '../contract/ids.ts';
import type { BlockDigests } from './block-digests.ts';

export interface ObjectHead {
  readonly bytes: number;
  /** From our own metadata; null where another program wrote the object. */
  readonly digest: Digest | null;
  /** For readers of ranges; null where the object is one block, or another program wrote it. */
  readonly blocks: BlockDigests | null;
}

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  /** Milliseconds since the epoch, by the store's clock. */
  readonly modifiedAtMs: number;
}

export type PutResult =
  /** This request, or an earlier try of it, created the object. */
  | { readonly kind: 'created' }
  /** The key was taken before; the object there has this digest (null where its metadata names none). */
  | { readonly kind: 'present'; readonly digest: Digest | null };

/** A body that is read as a stream, from its beginning for each try. */
export interface StreamBody {
  readonly bytes: number;
  /** SHA-256 of what the stream gives, in hex. */
  readonly digest: string;
  open(): AsyncIterable<Uint8Array>;
}

export interface ObjectStore {
  readonly bucket: string;
  /** Create-if-absent (`If-None-Match: *`); safe to repeat after a lost answer. Throws AppError `store-*`. */
  putIfAbsent(
    key: string,
    body: Uint8Array,
    options?: { contentType?: string },
  ): Promise<PutResult>;
  /**
   * The same for a body of up to 5 GiB, which is never held whole. Throws AppError `object-damaged`, and leaves no object,
   * where the stream gives other bytes than its digest says.
   */
  putStreamIfAbsent(key: string, body: StreamBody): Promise<PutResult>;
  /** Throws AppError `object-missing` where there is none, `object-damaged` where bytes do not match their digest. */
  get(key: string): Promise<Uint8Array>;
  /** Bytes `from` (inclusive) to `to` (exclusive), checked by their number only: openStored checks them by block. */
  getRange(key: string, from: number, to: number): Promise<Uint8Array>;
  head(key: string): Promise<ObjectHead | null>;
  /** Keys in UTF-8 order. */
  list(prefix: string): AsyncIterable<ListedObject>;
  delete(key: string): Promise<void>;
}

/**
 * The strict form for sealed objects: present with the same digest is success, with another one a loud conflict
 * (AppError `shard-conflict`). Parts use putIfAbsent and adopt what is there.
 */
export type SealObject = (store: ObjectStore, key: string, body: Uint8Array) => Promise<void>;
