// Before the passes probe and trace: which of their searches and invocations have a result already, from whatever job. The
// index is read once for some hundred thousand of them at a time, in the order of the batches; never once for each.
import type { FindInput, StepInput } from '../src/contract/job.ts';
import type { ResolvedSpec } from '../src/contract/spec.ts';
import { DigestIndex } from '../src/core/digest-index.ts';
import type { ResultSpace } from '../src/core/keys.ts';
import { searchPassOf } from '../src/core/plan.ts';
import type { SearchPass } from '../src/core/plan.ts';
import { decisionsOfBatch, openDecisions } from '../src/store/decisions.ts';
import type { Decisions } from '../src/store/decisions.ts';
import { writeFound } from '../src/store/found-results.ts';
import type { FoundRow } from '../src/store/found-results.ts';
import { readPage } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { hasResultIndex, indexedRows, mergeResultIndex } from '../src/store/result-index.ts';
import { openStored } from '../src/store/stored-table.ts';
import { PROBED } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';
import { loadSpec } from './load-spec.ts';
import { resultSpaceOf, searchKeyOf, searchSpaceOf, rowIdFor } from './result-space.ts';
import { readSearchItems } from './search-items.ts';

/** Ids that are looked up at once: some 72 bytes each, and as much for what is found. */
const WANTED_MAX = 250_000;

interface Lookup {
  readonly store: ObjectStore;
  readonly input: FindInput;
  readonly spec: ResolvedSpec;
  readonly space: ResultSpace;
}

/** A result key, and the batch that would make what it stands for. */
interface Wish {
  readonly id: string;
  readonly batch: number;
}

/** Of some batches that lie side by side; of equal keys the first batch has it. */
class Wanted {
  readonly ids = new DigestIndex();
  readonly #batchOf: number[] = [];

  add({ id, batch }: Wish): void {
    const before = this.ids.size;
    const number = this.ids.add(id);
    if (number === before) this.#batchOf[number] = batch;
  }

  batchOf(number: number): number {
    return this.#batchOf[number] ?? 0;
  }
}

/** Writes what was found, batch by batch; returns how many results that is. */
async function lookUp(lookup: Lookup, wanted: Wanted, piece: number): Promise<number> {
  const { store, input, space } = lookup;
  const found = new Map<number, FoundRow[]>();
  const seen = new Uint8Array(wanted.ids.size);
  let count = 0;
  for await (const row of indexedRows(store, space)) {
    const number = wanted.ids.find(row.id);
    if (number === null || seen[number] === 1) continue;
    seen[number] = 1;
    count += 1;
    const batch = wanted.batchOf(number);
    const rows = found.get(batch);
    if (rows === undefined) found.set(batch, [row]);
    else rows.push(row);
  }
  for (const [batchIndex, rows] of found) {
    await writeFound(store, { ...input, batchIndex, piece }, rows);
  }
  return count;
}

async function findAll(lookup: Lookup, wishes: AsyncIterable<readonly Wish[]>): Promise<number> {
  let wanted = new Wanted();
  let count = 0;
  let piece = 0;
  for await (const some of wishes) {
    for (const wish of some) wanted.add(wish);
    piece += 1;
    if (wanted.ids.size < WANTED_MAX) continue;
    count += await lookUp(lookup, wanted, piece);
    wanted = new Wanted();
  }
  return count + (wanted.ids.size === 0 ? 0 : await lookUp(lookup, wanted, piece + 1));
}

const madeAt = ({ spec: { limits }, input: { environment } }: Lookup) => ({ limits, environment });

/**
 * The batch that runs an input is that of the function's keeper, which may be another one than the input was found in. So
 * the places of kept functions are gathered first: 40 bytes for each.
 */
async function batchOfFunctions(
  decisions: Decisions,
  batches: number,
): Promise<(id: string) => number> {
  const functions = new DigestIndex();
  const places: number[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    for (const { unit, id, decision } of await decisionsOfBatch(decisions, batch)) {
      if (unit === 'function' && decision === 'kept') places[functions.add(id)] = batch;
    }
  }
  return (id) => places[functions.find(id) ?? -1] ?? 0;
}

/** Invocations where unique decides which inputs are kept, batch by batch. */
async function* keptInputs(lookup: Lookup): AsyncGenerator<readonly Wish[]> {
  const { store, input } = lookup;
  const decisions = await openDecisions(store, input);
  const batchOf = await batchOfFunctions(decisions, input.planBatchCount);
  for (let batch = 0; batch < input.planBatchCount; batch += 1) {
    const rows = await decisionsOfBatch(decisions, batch);
    const inputs = rows.filter(({ unit, decision }) => unit === 'input' && decision === 'kept');
    yield inputs.map(({ id, parent_id }) => ({
      id: rowIdFor(lookup.spec, madeAt(lookup), { functionId: parent_id, inputId: id }),
      batch: batchOf(parent_id),
    }));
  }
}

/** Invocations where a search decides, batch by batch. */
async function* searchedInputs(lookup: Lookup, pass: SearchPass): AsyncGenerator<readonly Wish[]> {
  const { store, input } = lookup;
  for (let batch = 0; batch < input.planBatchCount; batch += 1) {
    const { key } = await readPage(store, input, { pass, batchIndex: batch });
    const file = await openStored(store, PROBED, key);
    const rows = await file.readColumns(['function_id', 'id', 'unit', 'decision']);
    yield rows
      .filter(({ unit, decision }) => unit === 'input' && decision === 'kept')
      .map(({ function_id, id }) => ({
        id: rowIdFor(lookup.spec, madeAt(lookup), { functionId: function_id, inputId: id }),
        batch,
      }));
  }
}

/** The first searches of all functions, batch by batch. */
async function* searches({ store, input, spec }: Lookup): AsyncGenerator<readonly Wish[]> {
  for (let batch = 0; batch < input.planBatchCount; batch += 1) {
    const at = { ...input, pass: 'probe', batchIndex: batch } as const;
    const items = await readSearchItems(store, at, spec);
    yield items.map((item) => ({ id: searchKeyOf(spec, item), batch }));
  }
}

function wishesOf(lookup: Lookup): AsyncIterable<readonly Wish[]> {
  if (lookup.input.pass === 'probe') return searches(lookup);
  const searched = searchPassOf(lookup.spec.inputs);
  return searched === null ? keptInputs(lookup) : searchedInputs(lookup, searched);
}

/** Finds and writes down what a pass need not make; returns how many searches or invocations that is. */
export async function findInIndex(
  store: ObjectStore,
  input: FindInput,
  spec: ResolvedSpec,
): Promise<number> {
  // A retry runs what it takes up again although there is a result of it.
  if (spec.retry !== undefined) return 0;
  const space =
    input.pass === 'probe'
      ? searchSpaceOf(spec, input.environment)
      : resultSpaceOf(spec, input.environment);
  const lookup: Lookup = { store, input, spec, space };
  await mergeResultIndex(store, space);
  return (await hasResultIndex(store, space)) ? await findAll(lookup, wishesOf(lookup)) : 0;
}

/** The activity, for jobs that look for inputs; for others the pass unique does it. Idempotent: the first answer holds. */
export async function findResults(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: FindInput,
): Promise<{ readonly v: 1; readonly found: number }> {
  const store = deps.storeOf(input.bucket);
  const spec = await loadSpec(store, input satisfies StepInput);
  return { v: 1, found: await findInIndex(store, input, spec) };
}
