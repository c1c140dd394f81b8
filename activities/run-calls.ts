// Calls of a function in the sandbox for what they return: many in one child, no events are kept and nothing is confirmed.
import { DEFAULT_LIMITS } from '../src/contract/limits.ts';
import type { FunctionPayload } from '../src/contract/sealed-rows.ts';
import type { SandboxSlot } from '../src/sandbox/port.ts';
import { CALLS_MAX, outputsAnswerSchema, outputsRequest } from '../src/schema/outputs.ts';
import type { Callable, Calls } from '../src/schema/outputs.ts';
import type { ActivityDeps } from './deps.ts';
import { askChild } from './ask-child.ts';

export interface CallContext {
  readonly deps: ActivityDeps;
  readonly slot: SandboxSlot;
  readonly signal: AbortSignal;
}

/**
 * What each call returns as a Python literal; null where it ended otherwise, or returned what no literal says. State of the program's own
 * (a global, a default that changes) is carried from call to call.
 */
export async function returnedBy(
  { deps, slot, signal }: CallContext,
  of: Callable,
  asks: Calls,
): Promise<readonly (string | null)[]> {
  const { calls } = asks;
  const none = calls.map(() => null);
  if (calls.length === 0) return none;
  if (calls.length > CALLS_MAX) throw new RangeError('more calls than a request takes');
  const { memoryBytes } = DEFAULT_LIMITS;
  const asked = await askChild(
    { slot, memoryBytes, signal, log: deps.log },
    {
      entry: of.entry,
      request: (skips) => outputsRequest(of, asks, skips),
      read: (answer) => {
        const values = outputsAnswerSchema.safeParse(answer).data?.values;
        return values?.length === calls.length ? values : null;
      },
    },
  );
  return asked.kind === 'lost' ? none : asked.answer;
}

/** The name by which a call reaches the function; null where it needs an object, or is no function. */
export function calledAs({ kind, entry }: Pick<FunctionPayload, 'kind' | 'entry'>): string | null {
  const name = kind === 'import' ? entry.slice(entry.indexOf(':') + 1) : entry;
  return kind === 'program' || name.includes('.') ? null : name;
}
