// One hostile case in the two sandboxes of a slot, as an activity runs it, and what came of it.
import type { Execution } from '../../src/contract/execution.ts';
import { DEFAULT_LIMITS } from '../../src/contract/limits.ts';
import { BACKSTOP_OUTCOMES } from '../../src/contract/outcome.ts';
import type { Ending } from '../../src/contract/outcome.ts';
import { canonicalLabels } from '../../src/core/trace-row.ts';
import type { SandboxSlot, SlotPool } from '../../src/sandbox/port.ts';
import { readExecution } from '../../activities/read-execution.ts';
import { invocation } from '../support/invocations.ts';
import { executeIn } from '../support/sandbox-pool.ts';
import { textOfEnd } from './cases.ts';
import type { HostileCase, HostileEnd } from './cases.ts';

export type Role = 'trace' | 'confirm';
export const ROLES: readonly Role[] = ['trace', 'confirm'];

/** Far below the default: what never ends comes to it sooner, and as surely. */
const FUEL = 200_000;

const signal = new AbortController().signal;

/** Every byte that an execution left, as one text. */
export function songOf(execution: Execution): string {
  return [execution.stream, execution.stdoutRest, execution.stderrRest]
    .map((bytes) => Buffer.from(bytes).toString('latin1'))
    .join('\n');
}

export const endingOfExecution = (execution: Execution): Ending =>
  readExecution(execution, DEFAULT_LIMITS).ending;

export interface HostileRow {
  readonly end: HostileEnd;
  readonly ending: Ending;
  /** What is not as the head of the case states it; null where all is. */
  readonly wrong: string | null;
}

/**
 * The row of a case: traced and confirmed, or once more alone where time or memory decided. Then the second sandbox has
 * not seen it yet, so it runs there too, to the same outcome.
 */
export async function runCase(
  pool: SlotPool,
  slot: SandboxSlot,
  hostile: HostileCase,
): Promise<HostileRow> {
  const { cpuMs, wallMs, kind, source, name } = hostile;
  const limits = { ...DEFAULT_LIMITS, fuel: FUEL, cpuMs, wallMs };
  const request = invocation(source, { kind, limits, invocationId: name });
  const row = await executeIn(pool, slot, request);
  if (row.kind === 'faulted') throw new Error(`${name} was faulted: ${row.code}`);
  const { ending } = row;
  const end = { outcome: ending.outcome, labels: canonicalLabels(row.labels) };
  const wrong: string[] = [];
  if (!hostile.expect.map(textOfEnd).includes(textOfEnd(end))) wrong.push(textOfEnd(end));
  if (hostile.value !== null && ending.returnValue !== hostile.value) {
    wrong.push(`value ${String(ending.returnValue)}`);
  }
  if (BACKSTOP_OUTCOMES.some((outcome) => outcome === end.outcome)) {
    const { outcome } = readExecution(await slot.confirm(request, signal), limits).ending;
    if (outcome !== end.outcome) wrong.push(`${outcome} in the sandbox that confirms`);
  }
  return { end, ending, wrong: wrong.length === 0 ? null : wrong.join('; ') };
}
