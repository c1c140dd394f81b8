// Objects that are numbered below a prefix, each created once: claims, terms, orders. Whoever creates the next number knows that nobody else did.
import type { ObjectStore } from './object-store.ts';

export interface NumberedKey {
  readonly number: number;
  readonly key: string;
}

/** `<prefix><number>.json`, in the order of their numbers; other keys below the prefix are left out. */
export async function numberedKeys(
  store: Pick<ObjectStore, 'list'>,
  prefix: string,
): Promise<readonly NumberedKey[]> {
  const found: NumberedKey[] = [];
  for await (const { key } of store.list(prefix)) {
    const match = /^(\d+)\.json$/.exec(key.slice(prefix.length));
    if (match !== null) found.push({ number: Number(match[1]), key });
  }
  return found.sort((a, b) => a.number - b.number);
}

/** Of `<prefix><number>.json` and of what lies in `<prefix><number>/`; 0 where there is neither. */
export async function highestNumber(
  store: Pick<ObjectStore, 'list'>,
  prefix: string,
): Promise<number> {
  let highest = 0;
  for await (const { key } of store.list(prefix)) {
    const match = /^(\d+)(?:\.json$|\/)/.exec(key.slice(prefix.length));
    highest = Math.max(highest, Number(match?.[1] ?? 0));
  }
  return highest;
}
