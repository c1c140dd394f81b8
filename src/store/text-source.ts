// What the passes for training texts read: the published traces of a file, and what the passes before decided of them.
import type { StepInput } from '../contract/job.ts';
import type { TraceRow } from '../contract/row.ts';
import type { SelectRow } from '../contract/sealed-rows.ts';
import { invariant } from '../core/assert.ts';
import { setPrefix } from '../core/keys.ts';
import { publishBatches } from '../core/publish-cut.ts';
import { AppError } from '../errors.ts';
import { readPage } from './ledger-pages.ts';
import type { ObjectStore } from './object-store.ts';
import { fileOf, shelvesOf, traceFileAt } from './publish-plan.ts';
import type { PublishPlan } from './publish-plan.ts';
import { openStored } from './stored-table.ts';
import { SELECTED, TRACES, asRun } from './tables.ts';

/** The digest of a published file of traces, as its batch wrote it down. Throws AppError `object-missing`. */
export async function traceFileDigest(
  store: ObjectStore,
  step: StepInput,
  { plan, index }: { readonly plan: PublishPlan; readonly index: number },
): Promise<string> {
  const { shelf, part: at } = traceFileAt(plan, index);
  const batchIndex = publishBatches(shelvesOf(plan), plan.gathering).findIndex(
    ({ table, split, from, to }) =>
      table === 'traces' && split === shelf.split && from <= at && at < to,
  );
  const { files } = await readPage(store, step, { pass: 'publish', batchIndex });
  const key = fileOf(shelf, at);
  const entry = files?.find((file) => file.key === key);
  if (entry !== undefined) return entry.digest;
  throw new AppError('object-missing', `no publish batch wrote ${JSON.stringify(key)}`, {
    context: { key },
  });
}

/** The traces of one published file in their order. Holds a row group. */
export async function* publishedTraces(
  store: ObjectStore,
  plan: PublishPlan,
  index: number,
): AsyncGenerator<TraceRow> {
  const { shelf, part } = traceFileAt(plan, index);
  const key = `${setPrefix(plan.set)}${fileOf(shelf, part)}`;
  const file = await openStored(store, asRun(TRACES), key);
  for await (const rows of file.chunks()) yield* rows;
}

/** Which examples of a file are taken, in the order in which its render object has them. */
export class Kept {
  readonly #bits: Buffer;
  #at = 0;

  constructor({ kept }: SelectRow) {
    this.#bits = Buffer.from(kept, 'base64');
  }

  /** Of the next example. */
  next(): boolean {
    const byte = this.#bits[this.#at >> 3];
    invariant(byte !== undefined, 'each example has its bit');
    const bit = (byte >> (this.#at & 7)) & 1;
    this.#at += 1;
    return bit === 1;
  }
}

export async function keptExamples(store: ObjectStore, at: StepInput, part: number): Promise<Kept> {
  const { key } = await readPage(store, at, { pass: 'select', batchIndex: 0 });
  const file = await openStored(store, SELECTED, key);
  const [row] = await file.read({ from: part, to: part + 1 });
  invariant(row?.part === part, 'the object of the pass select has a row for each file');
  return new Kept(row);
}
