// Client calls with a deadline, and what the server's refusals mean.
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { AppError } from '../errors.ts';
import { denialOf, grpcErrorOf } from './denial.ts';

/** One call without a worker's part in it takes milliseconds; the rest is room for a busy machine. */
const CALL_TIMEOUT_MS = 20_000;

// Status codes of gRPC (grpc.io/docs/guides/status-codes): the client package does not export them.
const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const FAILED_PRECONDITION = 9;
const UNAVAILABLE = 14;

/** True where no worker answered a query or an update in time, or none polls the queue. */
export function isUnanswered(error: unknown): boolean {
  const code = grpcErrorOf(error)?.code;
  // At the deadline the server may reset the stream before our own clock says so.
  return code === DEADLINE_EXCEEDED || code === FAILED_PRECONDITION || code === CANCELLED;
}

/** Throws AppError `temporal-unreachable`, `temporal-denied` and `job-not-found`; other errors as they are. */
export async function calling<T>(
  client: Client,
  call: () => Promise<T>,
  timeoutMs: number = CALL_TIMEOUT_MS,
): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + timeoutMs, call);
  } catch (cause) {
    if (cause instanceof WorkflowNotFoundError) {
      throw new AppError(
        'job-not-found',
        `Temporal knows no job ${JSON.stringify(cause.workflowId)}`,
        {
          context: { workflowId: cause.workflowId },
          cause,
        },
      );
    }
    const denial = denialOf(cause, client.options.namespace);
    if (denial !== null) throw denial;
    if (grpcErrorOf(cause)?.code === UNAVAILABLE) {
      throw new AppError(
        'temporal-unreachable',
        'Temporal does not answer; start it with `tracemill up`',
        {
          retryable: true,
          cause,
        },
      );
    }
    throw cause;
  }
}
