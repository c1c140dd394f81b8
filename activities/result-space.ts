// What results of invocations have in common that may stand for one another: the same pass in the same environment,
// confirmed in the same way. The id of a row covers all else (CONTRACTS: the result key of an invocation).
import type { ResolvedSpec } from '../src/contract/spec.ts';
import { canonicalJson, digestOf } from '../src/identity/digest.ts';

/** Rises with every change of what the pass trace records. */
export const TRACE_PASS_VERSION = 2;

export function resultSpaceOf({ confirm }: ResolvedSpec, environment: string): string {
  return digestOf('result-space', [
    String(TRACE_PASS_VERSION),
    environment,
    canonicalJson(confirm),
  ]);
}
