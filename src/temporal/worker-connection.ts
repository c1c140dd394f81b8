// How a worker reaches Temporal.
import { NativeConnection } from '@temporalio/worker';
import { connectClient, temporalUnreachable, tlsOptions } from './connection.ts';
import type { TemporalAddress } from './connection.ts';
import { API_KEY_FRESH_MS, readCredentials } from './credentials.ts';
import type { TemporalCredentials } from './credentials.ts';

export interface WorkerConnection extends AsyncDisposable {
  readonly connection: NativeConnection;
}

/** Throws the AppError that says why Temporal is no longer there for us; returns where it is. */
export async function checkTemporal(at: TemporalAddress): Promise<void> {
  await (await connectClient(at)).connection.close();
}

/** Hands a key that was replaced to the connection; returns how to stop. */
function keepKeyFresh(connection: NativeConnection, apiKey: () => string): () => void {
  let told = apiKey();
  const timer = setInterval(() => {
    const key = apiKey();
    if (key === told) return;
    told = key;
    void connection.setApiKey(key);
  }, API_KEY_FRESH_MS).unref();
  return () => {
    clearInterval(timer);
  };
}

function securityOptions(credentials: TemporalCredentials | null) {
  if (credentials === null) return {};
  const { apiKey } = credentials;
  return { tls: tlsOptions(credentials), ...(apiKey === null ? {} : { apiKey: apiKey() }) };
}

/**
 * A client connects first, which says clearly what is wrong. Throws AppError `temporal-unreachable`, `temporal-denied` and
 * `config-invalid`.
 */
export async function connectWorker(at: TemporalAddress): Promise<WorkerConnection> {
  await checkTemporal(at);
  const credentials = readCredentials(at.security);
  let connection: NativeConnection;
  try {
    connection = await NativeConnection.connect({
      address: at.address,
      ...securityOptions(credentials),
    });
  } catch (cause) {
    throw temporalUnreachable(at, cause);
  }
  const apiKey = credentials?.apiKey ?? null;
  const stop = apiKey === null ? null : keepKeyFresh(connection, apiKey);
  return {
    connection,
    async [Symbol.asyncDispose]() {
      stop?.();
      // Refused while a role that failed still holds it: the process ends then.
      await connection.close().catch(() => undefined);
    },
  };
}
