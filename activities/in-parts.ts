// Batches whose items are worked off one after another, a run of them at a time: what is durable is adopted, what is not is made and
// made durable. So a worker that drains, or is lost, costs one run at most.
import type { PartAddress } from '../src/core/keys.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { listParts, readPart, writePart } from '../src/store/parts.ts';
import type { Part } from '../src/store/parts.ts';
import type { Table } from '../src/store/tables.ts';

/** What the beats of such a batch tell, in items; `make` may count `done` up within its run. */
export interface PartedBeat {
  done: number;
  total: number;
  durable: number;
}

export const noParts = (): PartedBeat => ({ done: 0, total: 0, durable: 0 });

export interface PartedBatch<Row> {
  readonly store: ObjectStore;
  readonly table: Table<Row>;
  readonly at: PartAddress;
  /** Items of the batch, and of a part at most. */
  readonly count: number;
  readonly size: number;
  readonly beat: PartedBeat;
}

export interface PartRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/**
 * Gives every part in order. `make` returns a part of the range, and a shorter one where the worker drains. Resolves to false where
 * that was before the last item.
 */
export async function inParts<Row extends object>(
  { count, size, beat, ...durable }: PartedBatch<Row>,
  make: (range: PartRange) => Promise<Part<Row>>,
  onPart: (part: Part<Row>) => void,
): Promise<boolean> {
  // The only part of a batch would be written twice.
  const isParted = count > size;
  const starts = new Set(isParted ? await listParts(durable) : []);
  beat.total = count;
  for (let start = 0; start < count;) {
    const end = Math.min(count, start + size);
    const isDurable = starts.has(start);
    let part = isDurable ? await readPart<Row>(durable, start) : await make({ start, end });
    if (part.end === start) return false;
    if (isParted && !isDurable) part = await writePart(durable, part);
    onPart(part);
    start = part.end;
    beat.done = start;
    if (isParted) beat.durable = start;
  }
  return true;
}
