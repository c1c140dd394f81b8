// Pools of real sandboxes for tests, and whole executions in them: traced, confirmed, decoded and judged.
import { executeInvocation } from '../../activities/execute-invocation.ts';
import type { ExecuteContext } from '../../activities/execute-invocation.ts';
import { readExecution } from '../../activities/read-execution.ts';
import type { InvocationRequest } from '../../src/contract/execution.ts';
import type { InvocationEnd } from '../../src/core/trace-row.ts';
import { createSlotPool } from '../../src/sandbox/pool.ts';
import type { SlotPoolOptions } from '../../src/sandbox/pool.ts';
import type { SandboxSlot, SlotPool } from '../../src/sandbox/port.ts';
import { sandboxServices } from './sandbox.ts';
import { testLog } from './services.ts';

/** One slot with fixed addresses, unless told otherwise. */
export async function openPool(
  workerId: string,
  changes: Partial<SlotPoolOptions> = {},
): Promise<SlotPool> {
  const services = await sandboxServices();
  return createSlotPool({
    socketPath: services.docker.socketPath,
    image: services.sandboxImage.reference,
    slots: 1,
    workerId,
    aslr: false,
    log: testLog(),
    ...changes,
  });
}

/** As the activity does it: confirmed, and once more alone where time or the sandbox decided. */
export function executeIn(
  pool: SlotPool,
  slot: Pick<SandboxSlot, 'trace' | 'confirm'>,
  request: InvocationRequest,
): Promise<InvocationEnd> {
  const { signal } = new AbortController();
  const context: ExecuteContext = {
    slot,
    alone: (work) => pool.alone(work, signal),
    read: readExecution,
    confirm: 'all',
    signal,
    log: testLog(),
  };
  return executeInvocation(context, request);
}
