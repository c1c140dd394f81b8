// How the work of publishing is cut: small jobs straight from the objects of their batches; large ones by way of runs, so
// that the number of requests grows with the corpus and not with its square.
import type { Split } from '../contract/split.ts';
import type { SetTable } from './keys.ts';

/** As many objects are merged side by side without more ado: some 4 MiB of each. */
const FAN_IN = 32;

export interface Gathering {
  /** Batches of a group, whose rows become one sorted run for each bucket. */
  readonly groupSize: number;
  readonly groups: number;
  /** A power of two: parts of the id space that are published one by one. */
  readonly buckets: number;
}

/** The largest power of two that is not above a number of at least 1. */
function powerOfTwoUpTo(number: number): number {
  let power = 1;
  while (power * 2 <= number) power *= 2;
  return power;
}

/**
 * Null where the batches are few enough to be read by every file. With groups of about √batches and as many buckets,
 * there are about as many runs as batches, and none is merged with more than √batches others.
 */
export function gatheringOf(batches: number): Gathering | null {
  if (batches <= FAN_IN) return null;
  const groupSize = Math.max(FAN_IN, Math.ceil(Math.sqrt(batches)));
  return { groupSize, groups: Math.ceil(batches / groupSize), buckets: powerOfTwoUpTo(groupSize) };
}

export const SET_TABLES: readonly SetTable[] = ['traces', 'rejected', 'ledger'];

/** The files of one table and one split. */
export interface Shelf {
  readonly table: SetTable;
  readonly split: Split;
  readonly files: number;
}

/** Files of one shelf, `from` inclusive, `to` exclusive, that one publish batch makes. */
export interface FileRange extends Shelf {
  readonly from: number;
  readonly to: number;
}

/** The publish batches: a file each, or where runs were gathered the files of a bucket. */
export function publishBatches(
  shelves: readonly Shelf[],
  gathering: Gathering | null,
): readonly FileRange[] {
  return shelves.flatMap((shelf) => {
    const { files } = shelf;
    const batches = gathering === null ? files : Math.min(files, gathering.buckets);
    const each = files / batches;
    return Array.from({ length: batches }, (_, index) => ({
      ...shelf,
      from: index * each,
      to: (index + 1) * each,
    }));
  });
}
