// An object store in memory that speaks the port, for tests that need no server.
import type { Digest } from '../../src/contract/ids.ts';
import { AppError } from '../../src/errors.ts';
import { sha256 } from '../../src/identity/digest.ts';
import { blockDigestsOf } from '../../src/store/block-digests.ts';
import type { BlockDigests } from '../../src/store/block-digests.ts';
import { checkedStream } from '../../src/store/checked-body.ts';
import type {
  ListedObject,
  ObjectHead,
  ObjectStore,
  PutResult,
  StreamBody,
} from '../../src/store/object-store.ts';

interface Entry {
  readonly body: Uint8Array;
  readonly digest: Digest;
  readonly blocks: BlockDigests | null;
  readonly modifiedAtMs: number;
}

export class MemoryStore implements ObjectStore {
  readonly bucket = 'memory';
  /** Requests so far, but for lists, and bytes of bodies that were read. */
  requests = 0;
  bytesRead = 0;
  readonly #objects = new Map<string, Entry>();

  putIfAbsent(key: string, body: Uint8Array): Promise<PutResult> {
    this.requests += 1;
    const there = this.#objects.get(key);
    if (there !== undefined) return Promise.resolve({ kind: 'present', digest: there.digest });
    this.#objects.set(key, {
      body: body.slice(),
      digest: sha256(body),
      blocks: blockDigestsOf(body),
      modifiedAtMs: Date.now(),
    });
    return Promise.resolve({ kind: 'created' });
  }

  async putStreamIfAbsent(key: string, body: StreamBody): Promise<PutResult> {
    const pieces: Uint8Array[] = [];
    for await (const piece of checkedStream(key, body)) pieces.push(piece);
    return await this.putIfAbsent(key, Buffer.concat(pieces));
  }

  get(key: string): Promise<Uint8Array> {
    this.requests += 1;
    const entry = this.#objects.get(key);
    if (entry === undefined) {
      return Promise.reject(new AppError('object-missing', `object "${key}" is not there`));
    }
    if (sha256(entry.body) !== entry.digest) {
      return Promise.reject(new AppError('object-damaged', `object "${key}" is damaged`));
    }
    this.bytesRead += entry.body.length;
    return Promise.resolve(entry.body.slice());
  }

  getRange(key: string, from: number, to: number): Promise<Uint8Array> {
    this.requests += 1;
    const entry = this.#objects.get(key);
    if (entry === undefined) {
      return Promise.reject(new AppError('object-missing', `object "${key}" is not there`));
    }
    const body = entry.body.slice(from, to);
    this.bytesRead += body.length;
    return Promise.resolve(body);
  }

  head(key: string): Promise<ObjectHead | null> {
    this.requests += 1;
    const entry = this.#objects.get(key);
    if (entry === undefined) return Promise.resolve(null);
    const { body, digest, blocks } = entry;
    return Promise.resolve({ bytes: body.length, digest, blocks });
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix));
    for (const key of keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
      const entry = this.#objects.get(key);
      if (entry === undefined) continue;
      const { body, modifiedAtMs } = entry;
      yield await Promise.resolve({ key, bytes: body.length, modifiedAtMs });
    }
  }

  delete(key: string): Promise<void> {
    this.#objects.delete(key);
    return Promise.resolve();
  }

  /** Another store with the same objects. */
  copy(): MemoryStore {
    const copy = new MemoryStore();
    for (const [key, entry] of this.#objects) copy.#objects.set(key, entry);
    return copy;
  }

  /** For damage done behind the store's back: the digest in the metadata stays. */
  overwrite(key: string, change: (body: Uint8Array) => Uint8Array): void {
    const entry = this.#objects.get(key);
    if (entry !== undefined) {
      this.#objects.set(key, { ...entry, body: change(entry.body.slice()) });
    }
  }
}
