// A store that reads through to another one and keeps what is written to itself: for looking at what a job would do.
// Documents are kept in memory, streams in files of a spool.
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asId } from '../contract/ids.ts';
import type { Digest } from '../contract/ids.ts';
import { AppError } from '../errors.ts';
import { sha256 } from '../identity/digest.ts';
import { checkedStream } from './checked-body.ts';
import type {
  ListedObject,
  ObjectHead,
  ObjectStore,
  PutResult,
  StreamBody,
} from './object-store.ts';

type Kept = { readonly bytes: number; readonly digest: Digest } & (
  | { readonly kind: 'memory'; readonly body: Uint8Array }
  | { readonly kind: 'file'; readonly path: string }
);

async function rangeOf(kept: Kept, from: number, to: number): Promise<Uint8Array> {
  if (kept.kind === 'memory') return kept.body.subarray(from, to);
  const file = await open(kept.path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

export class OverlayStore implements ObjectStore {
  readonly bucket: string;
  readonly #below: ObjectStore | null;
  readonly #spool: string;
  readonly #kept = new Map<string, Kept>();
  readonly #deleted = new Set<string>();

  /** Over nothing where no store is there to be read. */
  constructor(below: ObjectStore | null, own: { readonly bucket: string; readonly spool: string }) {
    this.#below = below;
    this.bucket = own.bucket;
    this.#spool = own.spool;
  }

  async putIfAbsent(key: string, body: Uint8Array): Promise<PutResult> {
    const there = await this.head(key);
    if (there !== null) return { kind: 'present', digest: there.digest };
    this.#kept.set(key, { kind: 'memory', bytes: body.length, body, digest: sha256(body) });
    return { kind: 'created' };
  }

  async putStreamIfAbsent(key: string, body: StreamBody): Promise<PutResult> {
    const there = await this.head(key);
    if (there !== null) return { kind: 'present', digest: there.digest };
    const path = join(this.#spool, `overlay-${String(this.#kept.size)}`);
    const file = await open(path, 'wx', 0o600);
    try {
      for await (const piece of checkedStream(key, body)) await file.writeFile(piece);
    } finally {
      await file.close();
    }
    this.#kept.set(key, { kind: 'file', path, bytes: body.bytes, digest: asId(body.digest) });
    return { kind: 'created' };
  }

  async get(key: string): Promise<Uint8Array> {
    const kept = this.#kept.get(key);
    if (kept?.kind === 'memory') return kept.body;
    if (kept !== undefined) return await readFile(kept.path);
    return await this.#through(key).get(key);
  }

  async getRange(key: string, from: number, to: number): Promise<Uint8Array> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) return await rangeOf(kept, from, to);
    return await this.#through(key).getRange(key, from, to);
  }

  async head(key: string): Promise<ObjectHead | null> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) return { bytes: kept.bytes, digest: kept.digest, blocks: null };
    if (this.#below === null || this.#deleted.has(key)) return null;
    return await this.#below.head(key);
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    for (const [key, { bytes }] of this.#kept) {
      if (key.startsWith(prefix)) yield { key, bytes, modifiedAtMs: 0 };
    }
    if (this.#below === null) return;
    for await (const object of this.#below.list(prefix)) {
      if (!this.#deleted.has(object.key) && !this.#kept.has(object.key)) yield object;
    }
  }

  delete(key: string): Promise<void> {
    this.#kept.delete(key);
    this.#deleted.add(key);
    return Promise.resolve();
  }

  #through(key: string): ObjectStore {
    if (this.#below !== null && !this.#deleted.has(key)) return this.#below;
    throw new AppError('object-missing', `object ${JSON.stringify(key)} is not there`, {
      context: { key },
    });
  }
}
