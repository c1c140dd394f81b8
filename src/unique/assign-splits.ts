// Into which split each component goes. A component is what must not be torn apart: functions that share a repository or a
// cluster, over any number of steps. Components are taken by a rank that the seed draws, and each goes into the first split
// that has room for all of it, and into train where none has: so a component that is larger than what a split should have
// is never in it.
import { createHash } from 'node:crypto';
import { HELD_OUT } from '../contract/split.ts';
import type { HeldOut, Split } from '../contract/split.ts';

export interface Component {
  /** Smallest functionId of its members. */
  readonly id: string;
  readonly size: number;
  /** The split that an earlier set put members of it into; null where it is free. */
  readonly fixed: Split | null;
}

export interface Assignment {
  /** By component, in the order given. */
  readonly splits: readonly Split[];
  /** Functions of components that are larger than every share. */
  readonly functionsTooLarge: number;
}

function rankOf(id: string, seed: number): string {
  return createHash('sha256')
    .update(`${String(seed)} ${id}`)
    .digest('hex');
}

/** Functions that a share of all is, to the nearest whole one. */
export function roomFor(share: number, functions: number): number {
  return Math.floor(share * functions + 0.5);
}

/** The same for components in any order. */
export function assignSplits(
  components: readonly Component[],
  by: { readonly shares: Readonly<Record<HeldOut, number>>; readonly seed: number },
): Assignment {
  const functions = components.reduce((sum, { size }) => sum + size, 0);
  const room = new Map(HELD_OUT.map((split) => [split, roomFor(by.shares[split], functions)]));
  const most = Math.max(...room.values());
  const splits: Split[] = components.map(({ fixed }) => fixed ?? 'train');
  for (const { size, fixed } of components) {
    if (fixed === 'test' || fixed === 'validation') room.set(fixed, (room.get(fixed) ?? 0) - size);
  }
  const free = components.flatMap(({ id, fixed }, index) =>
    fixed === null ? [{ index, rank: rankOf(id, by.seed) }] : [],
  );
  free.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  let functionsTooLarge = 0;
  for (const { index } of free) {
    const size = components[index]?.size ?? 0;
    if (size > most) functionsTooLarge += size;
    const split = HELD_OUT.find((each) => (room.get(each) ?? 0) >= size);
    if (split === undefined) continue;
    splits[index] = split;
    room.set(split, (room.get(split) ?? 0) - size);
  }
  return { splits, functionsTooLarge };
}
