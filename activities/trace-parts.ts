// The parts of a batch of the pass trace, from the first function to the last: what is durable is adopted, what is not is
// traced and made durable.
import type { SealedTraceRow } from '../src/contract/sealed-rows.ts';
import { listParts, readPart, writePart } from '../src/store/parts.ts';
import type { Part } from '../src/store/parts.ts';
import { SEALED_TRACES } from '../src/store/tables.ts';
import { poolOf } from './probe-environment.ts';
import { lostPart, tracePart } from './trace-part.ts';
import type { Range, TraceWork } from './trace-part.ts';

function partsAt({ store, input, contentKey }: TraceWork) {
  const at = { jobId: input.jobId, pass: 'trace', contentKey } as const;
  return { store, table: SEALED_TRACES, at } as const;
}

/** Without what lies before `from`: a part may begin inside an older one. */
function trimmed(work: TraceWork, part: Part<SealedTraceRow>, from: number): Part<SealedTraceRow> {
  if (part.start >= from) return part;
  const first = work.functions[from]?.functionId ?? '';
  return { start: from, end: part.end, rows: part.rows.filter((row) => row.function_id >= first) };
}

/** Walks parts by place; knows where the next one that it has not read begins. */
class DurableParts {
  readonly #work: TraceWork;
  readonly #starts: readonly number[];
  #next = 0;

  constructor(work: TraceWork, starts: readonly number[]) {
    this.#work = work;
    this.#starts = starts;
  }

  /** The durable part that covers a function, from that function on; null where none does. */
  async covering(at: number): Promise<Part<SealedTraceRow> | null> {
    for (let start = this.#starts[this.#next]; start !== undefined && start <= at;) {
      this.#next += 1;
      const part = await readPart<SealedTraceRow>(partsAt(this.#work), start);
      if (part.end > at) return trimmed(this.#work, part, at);
      start = this.#starts[this.#next];
    }
    return null;
  }

  /** Where a gap that begins at `at` ends. */
  gapEnd(to: number): number {
    return Math.min(to, this.#starts[this.#next] ?? to);
  }
}

type OnPart = (part: Part<SealedTraceRow>) => Promise<void>;

/**
 * Gives every part of the range in order, each durable when it is given; resolves to false where the worker drains
 * before the last function.
 */
export async function throughParts(
  work: TraceWork,
  { from, to }: Range,
  onPart: OnPart,
): Promise<boolean> {
  const { deps, signal } = work;
  const durable = new DurableParts(work, await listParts(partsAt(work)));
  const adopt = async (part: Part<SealedTraceRow>): Promise<number> => {
    await onPart(part);
    work.tally.reach({ done: part.end, durable: part.end });
    return part.end;
  };
  for (let at = from; at < to;) {
    const there = await durable.covering(at);
    if (there !== null) {
      work.tally.add(there.rows);
      at = await adopt(there);
      continue;
    }
    if (deps.drain.aborted) return false;
    const gap = { from: at, to: durable.gapEnd(to) };
    const made = await poolOf(deps).use((slot) => tracePart(work, slot, gap), signal);
    if (made.part.end > at) at = await adopt(await writePart(partsAt(work), made.part));
    if (made.failure !== null) throw made.failure;
  }
  return true;
}

/** How many functions from the first are durable without a gap. */
export async function durableFunctions(work: TraceWork): Promise<number> {
  const durable = new DurableParts(work, await listParts(partsAt(work)));
  for (let at = 0; ;) {
    const part = await durable.covering(at);
    if (part === null) return at;
    at = part.end;
  }
}

/** Makes faults of a range durable, unless an attempt has made rows of it by then. */
export async function giveUp(work: TraceWork, range: Range): Promise<void> {
  await writePart(partsAt(work), lostPart(work, range));
}
