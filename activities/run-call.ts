// One call of a function in the sandbox for what it returns: no events are kept and nothing is confirmed.
import type { FunctionPayload } from '../src/contract/sealed-rows.ts';
import { DEFAULT_LIMITS } from '../src/contract/limits.ts';
import { functionIdOf, inputIdOf, invocationIdOf } from '../src/identity/digest.ts';
import type { SandboxSlot } from '../src/sandbox/port.ts';
import type { ActivityDeps } from './deps.ts';
import { executeInvocation } from './execute-invocation.ts';
import { poolOf } from './probe-environment.ts';
import { readExecution } from './read-execution.ts';

export interface CallContext {
  readonly deps: ActivityDeps;
  readonly slot: SandboxSlot;
  readonly signal: AbortSignal;
}

/** The value as a Python literal; null where the call ended otherwise, or returned what no literal says. */
export async function returnedBy(
  { deps, slot, signal }: CallContext,
  { kind, source, entry }: Pick<FunctionPayload, 'kind' | 'source' | 'entry'>,
  call: string,
): Promise<string | null> {
  const how = { granularity: 'call', scope: 'record', limits: DEFAULT_LIMITS } as const;
  const input = { setup: '', call, stdin: '' };
  const invocationId = invocationIdOf({
    ...how,
    functionId: functionIdOf(kind, source, entry),
    inputId: inputIdOf(input),
  });
  const end = await executeInvocation(
    {
      slot,
      alone: (run) => poolOf(deps).alone(run, signal),
      read: readExecution,
      confirm: 'none',
      signal,
      log: deps.log,
    },
    { ...how, ...input, invocationId, kind, source, entry, backend: 'core' },
  );
  if (end.kind === 'faulted' || end.ending.outcome !== 'returned') return null;
  return end.ending.returnIsLiteral === true ? end.ending.returnValue : null;
}
