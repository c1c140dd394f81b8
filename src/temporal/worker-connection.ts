// How a worker reaches Temporal.
import { NativeConnection } from '@temporalio/worker';
import { temporalUnreachable } from './connection.ts';
import type { TemporalAddress } from './connection.ts';

/** Throws AppError `temporal-unreachable`. The caller closes it. */
export async function connectWorker(at: TemporalAddress): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect({ address: at.address });
  } catch (cause) {
    throw temporalUnreachable(at, cause);
  }
}
