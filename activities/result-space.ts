// What results have in common that may stand for one another, and the keys of single ones (CONTRACTS: the result key).
import type { EnvironmentId, FunctionId, InputId, RowId } from '../src/contract/ids.ts';
import type { Limits } from '../src/contract/limits.ts';
import type { ResolvedSpec } from '../src/contract/spec.ts';
import type { ResultSpace } from '../src/core/keys.ts';
import { canonicalJson, digestOf, invocationIdOf, rowIdOf } from '../src/identity/digest.ts';
import type { SearchItem } from './search-items.ts';

/** Rises with every change of what the pass trace records. */
export const TRACE_PASS_VERSION = 3;
/** Rises with every change of what the search finds for the same function, inputs and rules. */
export const PROBE_PASS_VERSION = 4;

/** The id of the row that an input makes under these limits. */
export function rowIdFor(
  { trace: { granularity, scope } }: Pick<ResolvedSpec, 'trace'>,
  at: { readonly limits: Limits; readonly environment: string },
  of: { readonly functionId: string; readonly inputId: string },
): RowId {
  const ids = { functionId: of.functionId as FunctionId, inputId: of.inputId as InputId };
  const invocationId = invocationIdOf({ ...ids, granularity, scope, limits: at.limits });
  return rowIdOf(invocationId, at.environment as EnvironmentId);
}

/** Invocations: confirmed in the same way in the same environment. The id of a row covers all else. */
export function resultSpaceOf({ confirm }: ResolvedSpec, environment: string): ResultSpace {
  const parts = [String(TRACE_PASS_VERSION), environment, canonicalJson(confirm)];
  return { pass: 'trace', digest: digestOf('result-space', parts) };
}

/** What of a spec a search reads. */
export function searchRules({ inputs, limits }: ResolvedSpec) {
  const { keep, fuzz, llm } = inputs;
  return { keep, fuzz, memoryBytes: limits.memoryBytes, llm };
}

/** First searches under the same rules in the same environment. */
export function searchSpaceOf(spec: ResolvedSpec, environment: string): ResultSpace {
  const parts = [String(PROBE_PASS_VERSION), environment, canonicalJson(searchRules(spec))];
  return { pass: 'probe', digest: digestOf('result-space', parts) };
}

/**
 * The search of one function, wherever it was found: its text and the inputs that were there before. What a language model
 * is asked names lines of its file.
 */
export function searchKeyOf(
  { inputs: { llm } }: ResolvedSpec,
  { functionId, function: of, inputs }: SearchItem,
): string {
  const { provenance, ...text } = of;
  const read = llm === undefined ? text : { ...text, provenance };
  return digestOf('search', [functionId, canonicalJson(read), canonicalJson(inputs)]);
}
