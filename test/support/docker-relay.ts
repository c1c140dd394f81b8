// A socket in front of the Docker Engine that passes everything and remembers which containers were created through it,
// so that a test lays hands on the sandboxes of its own worker and on no others.
import { execFile } from 'node:child_process';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface DockerRelay extends AsyncDisposable {
  readonly socketPath: string;
  /** Names of the containers that were created through it and live, oldest first. */
  living(): Promise<string[]>;
  /** Runs a command of the `docker` client against the engine itself. */
  docker(...args: readonly string[]): Promise<string>;
  /** While off, connections are refused and those that are open are cut. */
  turn(how: 'on' | 'off'): Promise<void>;
}

/** `socketPath` is where it listens; `engine` is the socket of the real one. */
export async function startDockerRelay(socketPath: string, engine: string): Promise<DockerRelay> {
  const names: string[] = [];
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
  };
  const join = (client: Socket): void => {
    const server = connect({ path: engine, allowHalfOpen: true });
    keep(client);
    keep(server);
    client.on('data', (chunk: Buffer) => {
      const created = /^POST [^ ]*\/containers\/create\?name=([\w.-]+)/.exec(
        chunk.subarray(0, 300).toString('latin1'),
      );
      if (created?.[1] !== undefined) names.push(created[1]);
    });
    client.pipe(server).pipe(client);
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
  };
  const server = createServer({ allowHalfOpen: true }, join);
  const listen = (): Promise<void> =>
    new Promise((resolve) => {
      server.listen(socketPath, resolve);
    });
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of open) socket.destroy();
    await closed;
  };
  const docker = async (...args: readonly string[]): Promise<string> =>
    (await run('docker', ['--host', `unix://${engine}`, ...args])).stdout;
  await listen();
  return {
    socketPath,
    docker,
    async living() {
      const listed = (await docker('ps', '--format', '{{.Names}}')).split('\n');
      return names.filter((name) => listed.includes(name));
    },
    async turn(how) {
      await (how === 'on' ? listen() : close());
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await close();
    },
  };
}
