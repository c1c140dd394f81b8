// Invocation requests for tests that run real sandboxes: one obvious default, and the end record without the decoder.
import type { Execution, InvocationRequest } from '../../src/contract/execution.ts';
import type { EndRecord } from '../../src/contract/trace.ts';
import { DEFAULT_LIMITS } from '../../src/contract/limits.ts';

/** A source function `f` called without arguments, unless told otherwise. */
export function invocation(
  source: string,
  changes: Partial<InvocationRequest> = {},
): InvocationRequest {
  return {
    invocationId: 'f'.repeat(64),
    kind: 'source',
    source,
    entry: 'f',
    setup: '',
    call: 'f()',
    stdin: '',
    granularity: 'line',
    scope: 'record',
    limits: DEFAULT_LIMITS,
    backend: 'core',
    ...changes,
  };
}

/** The JSON of the end record, which is the last thing in a stream; null where there is none. */
export function endOf(execution: Execution): EndRecord | null {
  const text = Buffer.from(execution.stream).toString('utf8');
  const at = text.lastIndexOf('{"outcome"');
  return at < 0 ? null : (JSON.parse(text.slice(at)) as EndRecord);
}
