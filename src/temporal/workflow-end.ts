// The end of a workflow that somebody waits for.
import { WorkflowFailedError } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { ERROR_CODES } from '../contract/error-code.ts';
import { AppError } from '../errors.ts';

/** What ended it, under the code of the fault at its root; `pass-failed` where that has none. */
function faultOf(error: WorkflowFailedError, what: string): AppError {
  let root: Error = error;
  while (!(root instanceof ApplicationFailure) && root.cause instanceof Error) root = root.cause;
  const type = root instanceof ApplicationFailure ? root.type : 'pass-failed';
  const code = ERROR_CODES.find((known) => known === type) ?? 'internal';
  return new AppError(code, `the ${what} failed: ${root.message}`, { cause: error });
}

/** Its result. Throws AppError of what made it fail; `what` is its name in a sentence. */
export async function resultOf(handle: WorkflowHandle, what: string): Promise<unknown> {
  try {
    return await handle.result();
  } catch (error) {
    throw error instanceof WorkflowFailedError ? faultOf(error, what) : error;
  }
}
