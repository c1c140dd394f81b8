// What a batch of the trace pass is to do: its kept functions with their kept inputs, as unique decided, or the last of
// the passes that looked for inputs.
import type { FunctionId, InputId } from '../src/contract/ids.ts';
import type { BatchInput } from '../src/contract/job.ts';
import type { InputPayload, ProbeRow } from '../src/contract/sealed-rows.ts';
import type { SearchPass } from '../src/core/plan.ts';
import type { TraceItem } from '../src/core/trace-row.ts';
import { canonicalJson, digestOf } from '../src/identity/digest.ts';
import { readPage } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { openStored } from '../src/store/stored-table.ts';
import { PROBED } from '../src/store/tables.ts';
import { readFoundFunctions } from './found-functions.ts';
import type { FoundFunction } from './found-functions.ts';

/** A kept function and what it is run with, in order of input index. */
export interface FunctionItems {
  readonly functionId: FunctionId;
  readonly items: readonly TraceItem[];
}

type Inputs = FoundFunction['found'];

/** By function, in order of input index. */
async function probedInputs(
  store: ObjectStore,
  input: BatchInput,
  pass: SearchPass,
): Promise<ReadonlyMap<string, Inputs>> {
  const { batchIndex } = input;
  const { key } = await readPage(store, input, { pass, batchIndex });
  const rows: readonly ProbeRow[] = await (await openStored(store, PROBED, key)).read();
  const byFunction = new Map<string, { inputId: InputId; input: InputPayload }[]>();
  for (const { function_id, unit, id, input_index, payload } of rows) {
    if (unit !== 'input' || input_index === null || payload === null) continue;
    const inputs = byFunction.get(function_id) ?? [];
    inputs[input_index] = { inputId: id as InputId, input: JSON.parse(payload) as InputPayload };
    byFunction.set(function_id, inputs);
  }
  return byFunction;
}

/** Sorted by functionId, as the rows are. Functions without a kept input are left out. */
export async function readFunctionItems(
  store: ObjectStore,
  input: BatchInput,
  searchPass: SearchPass | null,
): Promise<readonly FunctionItems[]> {
  const functions = await readFoundFunctions(store, input);
  const probed = searchPass === null ? null : await probedInputs(store, input, searchPass);
  return functions
    .map(({ functionId, function: payload, found }) => {
      const inputs = probed === null ? found : (probed.get(functionId) ?? []);
      const items = inputs.map((each, inputIndex) => ({
        functionId,
        function: payload,
        ...each,
        inputIndex,
      }));
      return { functionId, items };
    })
    .filter(({ items }) => items.length > 0);
}

/** Covers all that reaches a row: verbatim texts and provenance too, which the ids leave out. */
export function digestOfItems({ functionId, items }: FunctionItems): string {
  return digestOf('trace-items', [
    functionId,
    canonicalJson(items[0]?.function ?? null),
    ...items.flatMap(({ inputId, input }) => [inputId, canonicalJson(input)]),
  ]);
}
