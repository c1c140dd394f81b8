// A Docker Engine that misbehaves: forwards every call to the real one but those that a test names.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { ClientRequest, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `refuse`: answered without asking the engine. `lose`: done by the engine, the answer never arrives. */
export type Misdeed =
  | { readonly kind: 'refuse'; readonly status: number }
  | { readonly kind: 'lose' }
  | { readonly kind: 'cut' };

export class DockerProxy implements AsyncDisposable {
  readonly socketPath: string;
  /** How often a misdeed was done. */
  done = 0;
  private readonly folder: string;
  private readonly engine: string;
  private readonly server: Server;
  private readonly hijacked = new Set<Duplex>();
  private rules: { readonly path: RegExp; readonly misdeed: Misdeed }[] = [];

  private constructor(engine: string, folder: string) {
    this.engine = engine;
    this.folder = folder;
    this.socketPath = join(folder, 'docker.sock');
    this.server = createServer((call, answer) => {
      this.forward(call, answer);
    });
    this.server.on('upgrade', (call, socket) => {
      this.hijack(call, socket);
    });
  }

  static async open(engine: string): Promise<DockerProxy> {
    const proxy = new DockerProxy(engine, await mkdtemp(join(tmpdir(), 'tracemill-proxy-')));
    // As the engine, which closes no idle connection either.
    proxy.server.keepAliveTimeout = 0;
    await new Promise<void>((resolve) => proxy.server.listen(proxy.socketPath, resolve));
    return proxy;
  }

  /** From now on, calls whose `METHOD /path` matches, and those that were named before. */
  misbehave(path: RegExp, misdeed: Misdeed): void {
    this.rules.push({ path, misdeed });
  }

  behave(): void {
    this.rules = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    for (const socket of this.hijacked) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.folder, { recursive: true, force: true });
  }

  private misdeedOf({ method, url }: IncomingMessage): Misdeed | null {
    const rule = this.rules.find(({ path }) => path.test(`${method ?? ''} ${url ?? ''}`));
    if (rule === undefined) return null;
    this.done += 1;
    return rule.misdeed;
  }

  private upstream(call: IncomingMessage): ClientRequest {
    const { method, url, headers } = call;
    return request({ socketPath: this.engine, method, path: url, headers });
  }

  private forward(call: IncomingMessage, answer: ServerResponse): void {
    const misdeed = this.misdeedOf(call);
    if (misdeed?.kind === 'refuse') {
      call.resume();
      answer.writeHead(misdeed.status, { 'Content-Type': 'application/json' });
      answer.end(JSON.stringify({ message: 'refused by the test' }));
      return;
    }
    if (misdeed?.kind === 'cut') {
      call.socket.destroy();
      return;
    }
    const up = this.upstream(call);
    up.on('error', () => call.socket.destroy());
    up.on('response', (found) => {
      if (misdeed?.kind === 'lose') {
        found.resume();
        found.on('end', () => call.socket.destroy());
        return;
      }
      answer.writeHead(found.statusCode ?? 500, found.headers);
      found.pipe(answer);
    });
    call.pipe(up);
  }

  private hijack(call: IncomingMessage, socket: Duplex): void {
    if (this.misdeedOf(call) !== null) {
      socket.destroy();
      return;
    }
    this.hijacked.add(socket);
    const up = this.upstream(call);
    up.on('error', () => socket.destroy());
    up.on('upgrade', (_answer, peer: Duplex, head: Buffer) => {
      socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      socket.write(head);
      for (const [one, other] of [
        [peer, socket],
        [socket, peer],
      ] as const) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
        one.pipe(other);
      }
    });
    up.end();
  }
}
