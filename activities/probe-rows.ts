// From the answer of a search to the rows of a probe object: pure. Every input that was found before is kept or dropped
// with a reason, and every input that the search found and that is kept has a row.
import type { InputReason } from '../src/contract/outcome.ts';
import type { InputId } from '../src/contract/ids.ts';
import type { BatchCounts } from '../src/contract/job.ts';
import type { InputPayload, ProbeRow } from '../src/contract/sealed-rows.ts';
import type { Spent } from '../src/core/llm-budget.ts';
import { canonicalJson, inputIdOf } from '../src/identity/digest.ts';
import type { ProbeAnswer } from '../src/schema/probe.ts';
import type { Probed } from './probe-function.ts';

export interface FoundInput {
  /** Null for what a language model wrote: its canonical form only the sandbox can tell. */
  readonly inputId: InputId | null;
  readonly input: InputPayload;
}

interface Decided {
  readonly inputId: InputId;
  readonly input: InputPayload;
  readonly reason: InputReason | 'input-failed' | null;
}

/** What was found before, with what is known of it without its run. */
interface Identified extends Decided {
  readonly reason: InputReason | null;
}

type KeptInput = ProbeAnswer['inputs'][number];

function payloadOf(input: InputPayload, kept: KeptInput, answer: ProbeAnswer): InputPayload {
  return {
    ...input,
    probed: {
      labels: kept.labels,
      sliceVerified: kept.slice_verified,
      lineCoverage: answer.line_coverage,
      branchCoverage: answer.branch_coverage,
    },
  };
}

type Offered = ProbeAnswer['offered'][number];

/** Of what a model wrote and of its verbatim text where it has no canonical form, as of any other input. */
function idOfOffered({ setup, call }: InputPayload, offered: Offered | undefined): InputId {
  return inputIdOf({
    setup: offered?.canonical_setup ?? setup,
    call: offered?.canonical_call ?? call,
    stdin: '',
  });
}

/** Of equal inputs the first one is one. */
function identified(found: readonly FoundInput[], offered: readonly Offered[]): Identified[] {
  const byIndex = new Map(offered.map((each) => [each.index, each]));
  const known = new Set<string>();
  return found.map(({ inputId, input }, index) => {
    const own = byIndex.get(index);
    const id = inputId ?? idOfOffered(input, own);
    const isKnown = known.has(id);
    known.add(id);
    const reason = own?.reason ?? (isKnown ? 'duplicate-input' : null);
    return { inputId: id, input, reason };
  });
}

/** Inputs that the search found; one whose canonical form was there already is none. */
function addedInputs(answer: ProbeAnswer, found: readonly Identified[]): Decided[] {
  const known = new Set<string>(found.map(({ inputId }) => inputId));
  const added: Decided[] = [];
  for (const kept of answer.inputs) {
    if (kept.index !== null) continue;
    const { canonical_setup: setup, canonical_call: call } = kept;
    const inputId = inputIdOf({ setup, call, stdin: '' });
    if (known.has(inputId)) continue;
    known.add(inputId);
    const input = { setup: kept.setup, call: kept.call, stdin: '', origin: kept.origin };
    added.push({
      inputId,
      input: payloadOf({ ...input, llmModel: null }, kept, answer),
      reason: null,
    });
  }
  return added;
}

/** Without an answer: what was found, in order, as far as there is room; nothing that no sandbox has read. */
function withoutAnswer(found: readonly Identified[], keep: number): Decided[] {
  return found.map((each, index) => {
    const isRead = each.input.origin !== 'llm';
    const reason = !isRead ? 'input-failed' : index < keep ? null : 'over-keep';
    return { ...each, reason: each.reason ?? reason };
  });
}

function decide(probed: Probed, inputs: readonly FoundInput[], keep: number): Decided[] {
  if (probed.kind === 'lost' || probed.answer.reason !== null) {
    return withoutAnswer(identified(inputs, []), keep);
  }
  const { answer } = probed;
  const found = identified(inputs, answer.offered);
  const kept = new Map(
    answer.inputs.flatMap((each) => (each.index === null ? [] : [[each.index, each] as const])),
  );
  const isFull = answer.inputs.length >= keep;
  const before = found.map((each, index): Decided => {
    if (each.reason !== null) return each;
    const own = kept.get(index);
    if (own !== undefined) {
      return { inputId: each.inputId, input: payloadOf(each.input, own, answer), reason: null };
    }
    // What a user gave is traced whatever it does.
    if (each.input.origin === 'given') return { ...each, reason: null };
    const reason = answer.failed.includes(index)
      ? 'input-failed'
      : isFull
        ? 'over-keep'
        : 'adds-nothing';
    return { ...each, reason };
  });
  return [...before, ...addedInputs(answer, found)];
}

export interface RowsGiven {
  readonly found: readonly FoundInput[];
  readonly keep: number;
  /** What a language model is to be asked, by what is kept; without it none is. */
  readonly wish?: (answer: ProbeAnswer, kept: readonly InputPayload[]) => object | null;
}

/** The rows of one function, in their order. */
export function probeRows(functionId: string, probed: Probed, given: RowsGiven): ProbeRow[] {
  const decided = decide(probed, given.found, given.keep);
  const kept: InputPayload[] = [];
  let next = 0;
  const inputs = decided.map(({ inputId, input, reason }, index): ProbeRow => {
    const isKept = reason === null && next < given.keep;
    const input_index = isKept ? next : null;
    if (isKept) next = kept.push(input);
    return {
      function_id: functionId,
      position: index + 1,
      unit: 'input',
      id: inputId,
      decision: isKept ? 'kept' : 'dropped',
      reasons: isKept ? [] : [reason ?? 'over-keep'],
      input_index,
      origin: input.origin,
      payload: isKept ? canonicalJson(input) : null,
    };
  });
  const counts = probed.kind === 'lost' ? { lost: 1 } : (probed.answer.tally ?? {});
  const prompt = probed.kind === 'lost' ? null : (given.wish?.(probed.answer, kept) ?? null);
  const row: ProbeRow = {
    function_id: functionId,
    position: 0,
    unit: 'function',
    id: functionId,
    decision: 'kept',
    reasons: next === 0 ? ['no-inputs'] : [],
    input_index: null,
    origin: null,
    payload: canonicalJson({ ...counts, ...(prompt === null ? {} : { prompt }) }),
  };
  return [row, ...inputs];
}

interface FunctionFacts {
  readonly candidates?: number;
  readonly prompt?: Spent;
}

/** Counts of a sealed object; `inputsAdded` are those that the search found and that have a row. */
export function probeCounts(rows: readonly ProbeRow[], found: number): BatchCounts {
  const counts: Record<string, number> = {
    functionsWithInputs: 0,
    functionsWithoutInputs: 0,
    inputsAdded: -found,
    inputsKept: 0,
    inputsDropped: 0,
    candidates: 0,
  };
  const add = (name: string, by = 1): void => {
    counts[name] = (counts[name] ?? 0) + by;
  };
  for (const row of rows) {
    for (const reason of row.reasons) add(`reason.${reason}`);
    if (row.unit === 'function') {
      add('functionsProbed');
      add(row.reasons.length === 0 ? 'functionsWithInputs' : 'functionsWithoutInputs');
      const { candidates, prompt } = JSON.parse(row.payload ?? '{}') as FunctionFacts;
      add('candidates', candidates ?? 0);
      if (prompt === undefined) continue;
      add('functionsToAsk');
      add('promptNanoUsd', prompt.nanoUsd);
      add('promptTokens', prompt.tokens);
      continue;
    }
    add('inputsAdded');
    add(row.decision === 'kept' ? 'inputsKept' : 'inputsDropped');
    if (row.decision !== 'kept') continue;
    const { origin } = JSON.parse(row.payload ?? '{}') as { readonly origin: string };
    add(`origin.${origin}`);
  }
  return counts;
}
