// Tables that lie in the object store: read whole and checked, unless they are too large for that.
import type { AsyncBuffer } from 'hyparquet';
import { AppError } from '../errors.ts';
import { blockDigestOf } from './block-digests.ts';
import type { BlockDigests } from './block-digests.ts';
import type { ObjectStore } from './object-store.ts';
import { openTable, openTableBytes } from './table-file.ts';
import type { TableFile } from './table-file.ts';
import type { Table } from './tables.ts';

interface BlocksAt {
  readonly key: string;
  readonly bytes: number;
  readonly blocks: BlockDigests;
}

/** Blocks of one object that are kept: a row group lies in one to three. */
const BLOCKS_KEPT = 4;

/** Reads whole blocks, each checked against its digest before anything of it is decoded. */
class CheckedBlocks {
  readonly #store: ObjectStore;
  readonly #at: BlocksAt;
  readonly #kept = new Map<number, Promise<Uint8Array>>();

  constructor(store: ObjectStore, at: BlocksAt) {
    this.#store = store;
    this.#at = at;
  }

  async read(from: number, to: number): Promise<ArrayBuffer> {
    const { blockBytes } = this.#at.blocks;
    const bytes = new Uint8Array(to - from);
    for (let index = Math.floor(from / blockBytes); index * blockBytes < to; index += 1) {
      const block = await this.#block(index);
      const begin = index * blockBytes;
      const piece = block.subarray(Math.max(0, from - begin), Math.min(block.length, to - begin));
      bytes.set(piece, Math.max(0, begin - from));
    }
    return bytes.buffer;
  }

  #block(index: number): Promise<Uint8Array> {
    const there = this.#kept.get(index);
    if (there !== undefined) return there;
    const block = this.#fetch(index);
    this.#kept.set(index, block);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > BLOCKS_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return block;
  }

  async #fetch(index: number): Promise<Uint8Array> {
    const { key, bytes, blocks } = this.#at;
    const from = index * blocks.blockBytes;
    const block = await this.#store.getRange(key, from, Math.min(bytes, from + blocks.blockBytes));
    if (blockDigestOf(block) === blocks.digests[index]) return block;
    throw new AppError(
      'object-damaged',
      `bytes ${String(from)} to ${String(from + block.length)} of object ${JSON.stringify(key)} ` +
        'do not have the digest that was stored with it',
      { context: { key } },
    );
  }
}

function rangeBuffer(store: ObjectStore, at: BlocksAt): AsyncBuffer {
  const blocks = new CheckedBlocks(store, at);
  const { bytes } = at;
  return {
    byteLength: bytes,
    slice: (start, end = bytes) =>
      blocks.read(start < 0 ? bytes + start : start, Math.min(end, bytes)),
  };
}

/** Throws AppError `object-missing`, `object-damaged`, `store-*`. */
export async function openStored<Row>(
  store: ObjectStore,
  table: Table<Row>,
  key: string,
): Promise<TableFile<Row>> {
  const head = await store.head(key);
  if (head === null) {
    throw new AppError('object-missing', `object ${JSON.stringify(key)} is not there`, {
      context: { key },
    });
  }
  const { bytes, blocks } = head;
  // Without digests of its blocks an object can only be checked whole.
  if (bytes <= table.wholeBytesMax || blocks === null) {
    return await openTableBytes(table, await store.get(key), key);
  }
  return await openTable(table, rangeBuffer(store, { key, bytes, blocks }), key);
}

/** First index of the sorted texts that is not below `bound`. */
export function lowerBound(sorted: readonly string[], bound: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const text = sorted[middle];
    if (text !== undefined && text < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
