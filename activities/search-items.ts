// What a batch of probe or reprobe is to search: its functions with the inputs that are there already. For reprobe these
// are what was found, what the first search kept, and what a language model wrote.
import type { BatchInput } from '../src/contract/job.ts';
import type { InputId } from '../src/contract/ids.ts';
import type { LlmOrigin } from '../src/contract/function.ts';
import type { InputPayload, ProbeRow, PromptRow } from '../src/contract/sealed-rows.ts';
import type { LlmSpec, ResolvedSpec } from '../src/contract/spec.ts';
import type { OfferedInput } from '../src/schema/reply.ts';
import { readPage } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { openStored } from '../src/store/stored-table.ts';
import { PROBED, PROMPTED } from '../src/store/tables.ts';
import { PROMPT_VERSION, samplingOf } from '../src/synthesis/prompt.ts';
import { readFoundFunctions } from './found-functions.ts';
import type { FoundFunction } from './found-functions.ts';
import type { FoundInput } from './probe-rows.ts';

export interface SearchItem extends Pick<FoundFunction, 'functionId' | 'function'> {
  readonly inputs: readonly FoundInput[];
  /** How many of these were found before any search. */
  readonly found: number;
  /** The rows of the first search, where there is nothing to search for again. */
  readonly rows: readonly ProbeRow[] | null;
}

/** Sorted by functionId, as the rows are. */
export async function readSearchItems(
  store: ObjectStore,
  input: BatchInput,
  spec: ResolvedSpec,
): Promise<readonly SearchItem[]> {
  const functions = await readFoundFunctions(store, input);
  const { llm } = spec.inputs;
  if (input.pass !== 'reprobe' || llm === undefined) {
    return functions.map((each) => ({
      ...each,
      inputs: each.found,
      found: each.found.length,
      rows: null,
    }));
  }
  const { batchIndex } = input;
  const probed = await readPage(store, input, { pass: 'probe', batchIndex });
  const prompted = await readPage(store, input, { pass: 'prompt', batchIndex });
  const rows = await (await openStored(store, PROBED, probed.key)).read();
  const replies = await (await openStored(store, PROMPTED, prompted.key)).read();
  const first = { rows: byFunction(rows), replies: byFunction(replies), llm };
  return functions.map((each) => againOf(each, first));
}

interface FirstRound {
  readonly rows: ReadonlyMap<string, readonly ProbeRow[]>;
  readonly replies: ReadonlyMap<string, readonly PromptRow[]>;
  readonly llm: LlmSpec;
}

function byFunction<Row extends { readonly function_id: string }>(rows: readonly Row[]) {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const own = found.get(row.function_id);
    if (own === undefined) found.set(row.function_id, [row]);
    else own.push(row);
  }
  return found;
}

function againOf(each: FoundFunction, { rows, replies, llm }: FirstRound): SearchItem {
  const { functionId, function: payload, found } = each;
  const own = rows.get(functionId) ?? [];
  const offered = (replies.get(functionId) ?? []).flatMap((row) => offeredInputs(row, llm));
  const item = { functionId, function: payload, found: found.length };
  // Its candidates were counted by the first search.
  const isDone = offered.length === 0;
  if (isDone) return { ...item, inputs: found, rows: own.map(withoutCounts) };
  return { ...item, inputs: [...found, ...own.flatMap(fuzzedInput), ...offered], rows: null };
}

function withoutCounts(row: ProbeRow): ProbeRow {
  return row.unit === 'function' ? { ...row, payload: '{}' } : row;
}

function fuzzedInput({ unit, id, payload }: ProbeRow): FoundInput[] {
  if (unit !== 'input' || payload === null) return [];
  const { probed: _probed, ...input } = JSON.parse(payload) as InputPayload;
  return input.origin === 'fuzz' ? [{ inputId: id as InputId, input }] : [];
}

function offeredInputs({ inputs, reply, request }: PromptRow, llm: LlmSpec): FoundInput[] {
  if (inputs === null || reply === null || request === null) return [];
  const origin: LlmOrigin = {
    model: llm.model,
    promptVersion: PROMPT_VERSION,
    sampling: samplingOf(llm),
    reply,
    request,
  };
  const texts = JSON.parse(inputs) as readonly OfferedInput[];
  return texts.map(({ setup, call }) => ({
    inputId: null,
    input: {
      ...{ setup: setup.trim(), call: call.trim(), stdin: '' },
      ...{ origin: 'llm', llmModel: llm.model, llm: origin },
    },
  }));
}
