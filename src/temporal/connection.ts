// How a client reaches Temporal, and what it means when it cannot. Workers connect in worker-connection.ts, since the
// worker's package weighs 150 MB that no command needs.
import { Client, Connection } from '@temporalio/client';
import { AppError } from '../errors.ts';

export interface TemporalAddress {
  /** host:port of a frontend. */
  readonly address: string;
  readonly namespace: string;
}

/** A server that listens answers within milliseconds; five seconds leave room for one that is starting. */
const CONNECT_TIMEOUT_MS = 5_000;

export function temporalUnreachable(at: TemporalAddress, cause: unknown): AppError {
  return new AppError(
    'temporal-unreachable',
    `Temporal does not answer at ${at.address}; start it with \`tracemill up\` or correct TRACEMILL_TEMPORAL_ADDRESS`,
    { retryable: true, context: { address: at.address }, cause },
  );
}

/** Throws AppError `temporal-unreachable`. The caller closes `client.connection`. */
export async function connectClient(at: TemporalAddress): Promise<Client> {
  try {
    const connection = await Connection.connect({
      address: at.address,
      connectTimeout: CONNECT_TIMEOUT_MS,
    });
    return new Client({ connection, namespace: at.namespace });
  } catch (cause) {
    throw temporalUnreachable(at, cause);
  }
}
