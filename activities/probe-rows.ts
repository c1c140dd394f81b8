// From the answer of a search to the rows of a probe object: pure. Every input that was found before is kept or dropped
// with a reason, and every input that the search found and that is kept has a row.
import type { InputReason } from '../src/contract/outcome.ts';
import type { InputId } from '../src/contract/ids.ts';
import type { BatchCounts } from '../src/contract/job.ts';
import type { InputPayload, ProbeRow } from '../src/contract/sealed-rows.ts';
import { canonicalJson, inputIdOf } from '../src/identity/digest.ts';
import type { ProbeAnswer } from '../src/schema/probe.ts';
import type { Probed } from './probe-function.ts';

export interface FoundInput {
  readonly inputId: InputId;
  readonly input: InputPayload;
}

interface Decided extends FoundInput {
  readonly reason: InputReason | 'input-failed' | null;
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

/** Inputs that the search found; one whose canonical form was there already is none. */
function addedInputs(answer: ProbeAnswer, found: readonly FoundInput[]): Decided[] {
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

/** Without an answer: what was found, in order, as far as there is room. */
function withoutAnswer(found: readonly FoundInput[], keep: number): Decided[] {
  return found.map((each, index) => ({ ...each, reason: index < keep ? null : 'over-keep' }));
}

function decide(probed: Probed, found: readonly FoundInput[], keep: number): Decided[] {
  if (probed.kind === 'lost' || probed.answer.reason !== null) return withoutAnswer(found, keep);
  const { answer } = probed;
  const kept = new Map(
    answer.inputs.flatMap((each) => (each.index === null ? [] : [[each.index, each] as const])),
  );
  const isFull = answer.inputs.length >= keep;
  const before = found.map((each, index): Decided => {
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

/** The rows of one function, in their order. */
export function probeRows(
  functionId: string,
  probed: Probed,
  given: { readonly found: readonly FoundInput[]; readonly keep: number },
): ProbeRow[] {
  const decided = decide(probed, given.found, given.keep);
  let next = 0;
  const inputs = decided.map(({ inputId, input, reason }, index): ProbeRow => {
    const isKept = reason === null && next < given.keep;
    const input_index = isKept ? next : null;
    if (isKept) next += 1;
    return {
      function_id: functionId,
      position: index + 1,
      unit: 'input',
      id: inputId,
      decision: isKept ? 'kept' : 'dropped',
      reasons: isKept ? [] : [reason ?? 'over-keep'],
      input_index,
      payload: isKept ? canonicalJson(input) : null,
    };
  });
  const counts = probed.kind === 'lost' ? { lost: 1 } : (probed.answer.tally ?? {});
  const row: ProbeRow = {
    function_id: functionId,
    position: 0,
    unit: 'function',
    id: functionId,
    decision: 'kept',
    reasons: next === 0 ? ['no-inputs'] : [],
    input_index: null,
    payload: canonicalJson(counts),
  };
  return [row, ...inputs];
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
      const tally = JSON.parse(row.payload ?? '{}') as { readonly candidates?: number };
      add('candidates', tally.candidates ?? 0);
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
