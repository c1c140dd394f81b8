// How a connection to Temporal is secured, as the environment says it: names of files, whose content nobody reads before
// a connection is made. Combinations that can mean nothing are refused here.
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';
import type { Environment } from './schema.ts';

/** Paths are absolute. */
export interface TemporalSecurity {
  /** PEM of who signed the server's certificate; null are the authorities that this machine trusts. */
  readonly caFile: string | null;
  /** Name that the server's certificate must have; null is the host of the address. */
  readonly serverName: string | null;
  /** PEM of the client's certificate (and those between it and its root) and of its key. */
  readonly client: { readonly certificateFile: string; readonly keyFile: string } | null;
  /** Holds an API key and nothing else. */
  readonly apiKeyFile: string | null;
}

function refuse(message: string): never {
  throw new AppError('config-invalid', message);
}

const pathOf = (file: string | undefined): string | null =>
  file === undefined ? null : resolve(file);

function clientOf(env: Environment): TemporalSecurity['client'] {
  const certificateFile = pathOf(env.TRACEMILL_TEMPORAL_TLS_CERT_FILE);
  const keyFile = pathOf(env.TRACEMILL_TEMPORAL_TLS_KEY_FILE);
  if (certificateFile !== null && keyFile !== null) return { certificateFile, keyFile };
  if (certificateFile === null && keyFile === null) return null;
  const [given, other] =
    certificateFile === null
      ? ['TRACEMILL_TEMPORAL_TLS_KEY_FILE', 'TRACEMILL_TEMPORAL_TLS_CERT_FILE']
      : ['TRACEMILL_TEMPORAL_TLS_CERT_FILE', 'TRACEMILL_TEMPORAL_TLS_KEY_FILE'];
  return refuse(`${given} is set without ${other}; a client certificate needs both files`);
}

/** Null is a plain connection. Throws AppError `config-invalid`. */
export function temporalSecurityOf(env: Environment): TemporalSecurity | null {
  const security: TemporalSecurity = {
    caFile: pathOf(env.TRACEMILL_TEMPORAL_TLS_CA_FILE),
    serverName: env.TRACEMILL_TEMPORAL_TLS_SERVER_NAME ?? null,
    client: clientOf(env),
    apiKeyFile: pathOf(env.TRACEMILL_TEMPORAL_API_KEY_FILE),
  };
  const isGiven = Object.values(security).some((value) => value !== null);
  const isOn = env.TRACEMILL_TEMPORAL_TLS ?? (isGiven ? 'on' : 'off');
  if (isOn === 'off') {
    if (!isGiven) return null;
    return refuse(
      'TRACEMILL_TEMPORAL_TLS is off, but certificates or an API key are given, which a plain connection ' +
        'would not protect; leave it out or set it to on',
    );
  }
  if (env.TRACEMILL_TEMPORAL_ADDRESS === undefined) {
    return refuse(
      'TLS or an API key for Temporal is configured, but no server; name it in TRACEMILL_TEMPORAL_ADDRESS',
    );
  }
  return security;
}

/** The variables of a process that is to connect in the same way, with these names of files. */
export function securityVariables(security: TemporalSecurity | null): Record<string, string> {
  if (security === null) return {};
  const given: readonly (readonly [string, string | null | undefined])[] = [
    ['TRACEMILL_TEMPORAL_TLS', 'on'],
    ['TRACEMILL_TEMPORAL_TLS_CA_FILE', security.caFile],
    ['TRACEMILL_TEMPORAL_TLS_SERVER_NAME', security.serverName],
    ['TRACEMILL_TEMPORAL_TLS_CERT_FILE', security.client?.certificateFile],
    ['TRACEMILL_TEMPORAL_TLS_KEY_FILE', security.client?.keyFile],
    ['TRACEMILL_TEMPORAL_API_KEY_FILE', security.apiKeyFile],
  ];
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] != null));
}
