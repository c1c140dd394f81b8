// How a client reaches Temporal, and what it means when it cannot. Workers connect in worker-connection.ts, since the
// worker's package weighs 150 MB that no command needs.
import { Client, Connection } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';
import type { TemporalSecurity } from '../config/temporal-security.ts';
import { AppError, isAppError } from '../errors.ts';
import { denialOf } from './denial.ts';
import { readCredentials } from './credentials.ts';
import type { TemporalCredentials } from './credentials.ts';
import { tlsTrouble } from './tls-trouble.ts';

export interface TemporalAddress {
  /** host:port of a frontend. */
  readonly address: string;
  readonly namespace: string;
  /** Null is a plain connection. */
  readonly security: TemporalSecurity | null;
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

/** For both packages of the SDK. */
export function tlsOptions({ ca, serverName, client }: TemporalCredentials) {
  return {
    ...(serverName === null ? {} : { serverNameOverride: serverName }),
    ...(ca === null ? {} : { serverRootCACertificate: ca }),
    ...(client === null ? {} : { clientCertPair: { crt: client.certificate, key: client.key } }),
  };
}

function securityOptions(credentials: TemporalCredentials | null): Partial<ConnectionOptions> {
  if (credentials === null) return {};
  const { apiKey } = credentials;
  return { tls: tlsOptions(credentials), ...(apiKey === null ? {} : { apiKey }) };
}

async function connectFault(
  at: TemporalAddress,
  credentials: TemporalCredentials | null,
  cause: unknown,
): Promise<AppError> {
  const denial = denialOf(cause, at.namespace);
  if (denial !== null) return denial;
  const trouble = await tlsTrouble(at.address, credentials);
  if (trouble === null) return temporalUnreachable(at, cause);
  return new AppError('temporal-denied', `no connection to Temporal at ${at.address}: ${trouble}`, {
    context: { address: at.address },
  });
}

/**
 * Asks for the namespace too, so that a wrong one is said at once. Throws AppError `temporal-unreachable`, `temporal-denied`
 * and `config-invalid`. The caller closes `client.connection`.
 */
export async function connectClient(at: TemporalAddress): Promise<Client> {
  const credentials = readCredentials(at.security);
  const { namespace } = at;
  const connection = Connection.lazy({
    address: at.address,
    connectTimeout: CONNECT_TIMEOUT_MS,
    ...securityOptions(credentials),
  });
  try {
    await connection.ensureConnected();
    await connection.withDeadline(Date.now() + CONNECT_TIMEOUT_MS, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return new Client({ connection, namespace });
  } catch (cause) {
    await connection.close();
    throw isAppError(cause) ? cause : await connectFault(at, credentials, cause);
  }
}
