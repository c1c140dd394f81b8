// Tables that lie in the object store: read whole and checked, unless they are too large for that.
import type { AsyncBuffer } from 'hyparquet';
import { AppError } from '../errors.ts';
import type { ObjectStore } from './object-store.ts';
import { openTable, openTableBytes, toArrayBuffer } from './table-file.ts';
import type { TableFile } from './table-file.ts';
import type { Table } from './tables.ts';

function rangeBuffer(store: ObjectStore, key: string, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    async slice(start, end = byteLength) {
      const from = start < 0 ? byteLength + start : start;
      return toArrayBuffer(await store.getRange(key, from, Math.min(end, byteLength)));
    },
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
  if (head.bytes <= table.wholeBytesMax) {
    return await openTableBytes(table, await store.get(key), key);
  }
  return await openTable(table, rangeBuffer(store, key, head.bytes), key);
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
