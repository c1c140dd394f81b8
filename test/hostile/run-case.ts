// One hostile case in one sandbox of a slot, and what came of it.
import type { Execution } from '../../src/contract/execution.ts';
import { DEFAULT_LIMITS } from '../../src/contract/limits.ts';
import { endingOf } from '../../src/core/outcome.ts';
import type { Ended } from '../../src/core/outcome.ts';
import type { SandboxSlot } from '../../src/sandbox/port.ts';
import { endOf, invocation } from '../support/invocations.ts';
import type { HostileCase } from './cases.ts';

export type Role = 'trace' | 'confirm';
export const ROLES: readonly Role[] = ['trace', 'confirm'];

/** Far below the default: what never ends comes to it sooner, and as surely. */
const FUEL = 200_000;

const signal = new AbortController().signal;

export function endOfExecution(execution: Execution, limits = DEFAULT_LIMITS): Ended {
  const none = new Uint8Array();
  const { exit, stdoutRest, stderrRest } = execution;
  const end = endOf(execution);
  return endingOf({ exit, end, stdout: none, stderr: none, stdoutRest, stderrRest, limits });
}

/** Every byte that an execution left, as one text. */
export function songOf(execution: Execution): string {
  return [execution.stream, execution.stdoutRest, execution.stderrRest]
    .map((bytes) => Buffer.from(bytes).toString('latin1'))
    .join('\n');
}

export async function runCase(slot: SandboxSlot, role: Role, hostile: HostileCase): Promise<Ended> {
  const { cpuMs, wallMs, kind, source, name } = hostile;
  const limits = { ...DEFAULT_LIMITS, fuel: FUEL, cpuMs, wallMs };
  const request = invocation(source, { kind, limits, invocationId: name });
  return endOfExecution(await slot[role](request, signal), limits);
}
