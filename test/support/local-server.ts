// Servers of tests on this machine: at a port that nobody had, and open for as long as the test needs them.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LocalServer {
  readonly port: number;
  /** Ends all connections too. */
  readonly close: () => Promise<void>;
}

/**
 * Listens at `host`. Idle connections stay open until it is closed: a server that closes one in the moment in which a
 * client uses it again costs a request that no test asked for.
 */
export async function listenLocally(server: Server, host = '127.0.0.1'): Promise<LocalServer> {
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
