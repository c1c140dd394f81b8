// Before the pass trace: which of its invocations have a result already, from whatever job. The index is read once for
// some hundred thousand invocations at a time, in the order of the batches; never once for an invocation.
import type { EnvironmentId, FunctionId, InputId } from '../src/contract/ids.ts';
import type { StepInput } from '../src/contract/job.ts';
import type { UniqueRow } from '../src/contract/sealed-rows.ts';
import type { ResolvedSpec } from '../src/contract/spec.ts';
import { DigestIndex } from '../src/core/digest-index.ts';
import { invocationIdOf, rowIdOf } from '../src/identity/digest.ts';
import { decisionsOfBatch, openDecisions } from '../src/store/decisions.ts';
import type { Decisions } from '../src/store/decisions.ts';
import { writeFound } from '../src/store/found-results.ts';
import type { FoundRow } from '../src/store/found-results.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { hasResultIndex, indexedRows, mergeResultIndex } from '../src/store/result-index.ts';
import { resultSpaceOf } from './result-space.ts';

/** Ids that are looked up at once: some 72 bytes each, and as much for what is found. */
const WANTED_MAX = 250_000;

interface Lookup {
  readonly store: ObjectStore;
  readonly input: StepInput;
  readonly spec: ResolvedSpec;
  readonly space: string;
}

/** The ids of the rows that a batch will make, from the decisions on its functions. */
function rowIdsOf({ spec, input }: Lookup, inputs: readonly UniqueRow[]): string[] {
  const { granularity, scope } = spec.trace;
  const environment = input.environment as EnvironmentId;
  return inputs.map(({ id, parent_id }) => {
    const of = { functionId: parent_id as FunctionId, inputId: id as InputId };
    return rowIdOf(invocationIdOf({ ...of, granularity, scope, limits: spec.limits }), environment);
  });
}

/** Invocations of some batches that lie side by side: an id belongs to the batch whose decisions keep its input. */
class Wanted {
  readonly ids = new DigestIndex();
  readonly #batchOf: number[] = [];

  add(id: string, batch: number): void {
    const before = this.ids.size;
    const number = this.ids.add(id);
    if (number === before) this.#batchOf[number] = batch;
  }

  batchOf(number: number): number {
    return this.#batchOf[number] ?? 0;
  }
}

/** Writes what was found, batch by batch; returns how many invocations that is. */
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

/** Finds and writes down what the pass trace need not run; returns how many invocations that is. */
export async function findResults(
  store: ObjectStore,
  input: StepInput,
  spec: ResolvedSpec,
): Promise<number> {
  // A retry runs what it takes up again although there is a result of it; and where inputs are looked for, what is kept is
  // not known yet, and rows say what the search saw.
  if (spec.retry !== undefined || spec.inputs.fuzz !== undefined) return 0;
  const space = resultSpaceOf(spec, input.environment);
  const lookup: Lookup = { store, input, spec, space };
  await mergeResultIndex(store, space);
  return (await hasResultIndex(store, space)) ? await findAll(lookup) : 0;
}

async function findAll(lookup: Lookup): Promise<number> {
  const { store, input } = lookup;
  const decisions = await openDecisions(store, input);
  const batchOf = await batchOfFunctions(decisions, input.planBatchCount);
  let wanted = new Wanted();
  let count = 0;
  for (let batch = 0; batch < input.planBatchCount; batch += 1) {
    const rows = await decisionsOfBatch(decisions, batch);
    const inputs = rows.filter(({ unit, decision }) => unit === 'input' && decision === 'kept');
    for (const [at, id] of rowIdsOf(lookup, inputs).entries()) {
      wanted.add(id, batchOf(inputs[at]?.parent_id ?? ''));
    }
    if (wanted.ids.size < WANTED_MAX) continue;
    count += await lookUp(lookup, wanted, batch);
    wanted = new Wanted();
  }
  return count + (wanted.ids.size === 0 ? 0 : await lookUp(lookup, wanted, input.planBatchCount));
}
